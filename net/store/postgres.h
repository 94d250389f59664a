// Postgres: libpq, and the only place that calls it. Statements are prepared once and sent in a
// pipeline: many go out before the first answer is waited for.
// Thread: one at a time. Owns: the connection.
// Invariant: so few answers are outstanding that the server never has to wait for us to read, so
// that sending cannot block for ever; and nothing is waited for longer than kWaitMsMax.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"

struct pg_conn;
struct pg_result;

namespace perseid {

// A statement's argument: a number as its digits, a text as it is.
class PgValue {
 public:
  PgValue(u64 number);             // NOLINT(google-explicit-constructor): as in a call
  PgValue(std::string_view text);  // NOLINT(google-explicit-constructor)
  PgValue(const std::string& text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class PgRows {
 public:
  explicit PgRows(pg_result* result = nullptr) : result_(result, &clear) {}
  explicit operator bool() const { return result_ != nullptr; }
  bool is_good() const;
  bool is_sync() const;
  std::string message() const;
  int size() const;
  u64 number(int row, int column) const;
  std::string_view text(int row, int column) const;

 private:
  static void clear(pg_result* result);
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_;
};

class Postgres {
 public:
  Postgres() = default;
  ~Postgres() { close(); }
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  bool open(const std::string& uri);
  void close();
  bool is_open() const { return connection_ != nullptr; }
  const std::string& message() const { return message_; }  // of the first error since begin()

  // One after the other, before the pipeline.
  PgRows execute(const char* sql);
  bool prepare(const char* name, const char* sql);
  bool begin_pipeline();

  // In the pipeline. What a statement sent returns is dropped; whether it went well is told by
  // finish(), or by the next ask().
  bool send(const char* statement, std::initializer_list<PgValue> values);
  PgRows ask(const char* statement, std::initializer_list<PgValue> values);
  // Waits for all; false if any of them failed. The pipeline is then empty.
  bool finish();

 private:
  static constexpr int kWaitMsMax = 30'000;
  static constexpr u32 kUnansweredMax = 256;
  bool send_only(const char* statement, std::initializer_list<PgValue> values);
  bool collect();
  void note(const PgRows& rows);
  pg_result* result();
  bool fail();
  void break_off();

  pg_conn* connection_ = nullptr;
  u32 unanswered_ = 0;
  bool failed_ = false;
  std::string message_;
};

}  // namespace perseid
