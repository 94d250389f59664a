// Sqlite, SqliteStatement: libsqlite3, and the only place that calls it. Results are SQLite's own
// codes; what an error means is decided by who asked.
// Thread: one at a time. Owns: the connection; a statement does not outlive its connection.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "codec/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace perseid {

class Sqlite {
 public:
  Sqlite() = default;
  ~Sqlite() { close(); }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  enum class Mode : u8 { create, existing, read_only };
  bool open(const std::string& path, Mode mode);
  void close();
  bool is_open() const { return db_ != nullptr; }
  // Whether close() copies the log back into the file; not unless asked to, so that a file that
  // is only looked at stays as it is.
  void set_tidy_close(bool tidy);
  // Runs one or more statements; rows are dropped.
  bool execute(const char* sql);
  // The first column of the first row; empty if there is none.
  std::string text(const char* sql, bool& ok);
  bool in_transaction() const;
  std::string message() const;  // of the last error
  bool is_busy() const;         // it was that another process has the file
  bool is_damaged() const;      // or that its bytes make no sense
  bool is_full() const;         // or that the disk has no room
  i64 last_row() const;
  sqlite3* handle() const { return db_; }

 private:
  sqlite3* db_ = nullptr;
  int opened_ = 0;  // result of open()
};

// Prepared once. Usage: statement.bind(1, x).bind(2, y); while (statement.row()) …; its reset()
// says whether all went well.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  ~SqliteStatement();
  SqliteStatement(SqliteStatement&& other) noexcept { swap(other); }
  SqliteStatement& operator=(SqliteStatement&& other) noexcept {
    swap(other);
    return *this;
  }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  bool prepare(const Sqlite& db, const char* sql);
  void finalize();
  SqliteStatement& bind(int index, u64 number);
  // The text must live until reset().
  SqliteStatement& bind(int index, std::string_view text);
  bool row();    // false at the end, or at an error
  bool reset();  // false if there was an error
  bool run() {
    (void)row();
    return reset();
  }
  u64 number(int column) const;
  std::string_view text(int column) const;  // lives until the next row() or reset()

 private:
  void swap(SqliteStatement& other) noexcept { std::swap(statement_, other.statement_); }
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace perseid
