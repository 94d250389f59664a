#include "net/store/sqlite.h"

#include <sqlite3.h>

namespace perseid {

bool Sqlite::open(const std::string& path, Mode mode) {
  close();
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
  opened_ = ::sqlite3_open_v2(path.c_str(), &db_, flags, nullptr);
  if (db_ != nullptr) set_tidy_close(false);
  return opened_ == SQLITE_OK;
}

void Sqlite::set_tidy_close(bool tidy) {
  ::sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, tidy ? 0 : 1, nullptr);
}

void Sqlite::close() {
  if (db_ != nullptr) ::sqlite3_close_v2(db_);
  db_ = nullptr;
}

bool Sqlite::execute(const char* sql) {
  return ::sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::string Sqlite::text(const char* sql, bool& ok) {
  SqliteStatement statement;
  std::string out;
  ok = statement.prepare(*this, sql);
  if (ok && statement.row()) out = statement.text(0);
  ok = ok && statement.reset();
  return out;
}

bool Sqlite::in_transaction() const {
  return ::sqlite3_get_autocommit(db_) == 0;
}

std::string Sqlite::message() const {
  return db_ == nullptr ? "not open" : ::sqlite3_errmsg(db_);
}

bool Sqlite::is_busy() const {
  const int code = ::sqlite3_errcode(db_) & 0xff;
  return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

bool Sqlite::is_damaged() const {
  const int code = ::sqlite3_errcode(db_) & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

bool Sqlite::is_full() const {
  const int code = ::sqlite3_errcode(db_) & 0xff;
  return code == SQLITE_FULL || code == SQLITE_IOERR;
}

i64 Sqlite::last_row() const {
  return ::sqlite3_last_insert_rowid(db_);
}

SqliteStatement::~SqliteStatement() {
  finalize();
}

bool SqliteStatement::prepare(const Sqlite& db, const char* sql) {
  finalize();
  return ::sqlite3_prepare_v3(db.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_,
                              nullptr) == SQLITE_OK;
}

void SqliteStatement::finalize() {
  ::sqlite3_finalize(statement_);
  statement_ = nullptr;
}

SqliteStatement& SqliteStatement::bind(int index, u64 number) {
  ::sqlite3_bind_int64(statement_, index, static_cast<sqlite3_int64>(number));
  return *this;
}

SqliteStatement& SqliteStatement::bind(int index, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();
  ::sqlite3_bind_text64(statement_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

bool SqliteStatement::row() {
  return ::sqlite3_step(statement_) == SQLITE_ROW;
}

bool SqliteStatement::reset() {
  return ::sqlite3_reset(statement_) == SQLITE_OK;
}

u64 SqliteStatement::number(int column) const {
  return static_cast<u64>(::sqlite3_column_int64(statement_, column));
}

std::string_view SqliteStatement::text(int column) const {
  const void* data = ::sqlite3_column_text(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column))};
}

}  // namespace perseid
