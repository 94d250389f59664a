#include "net/store/postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include <cstdlib>
#include <utility>

namespace perseid {

PgValue::PgValue(u64 number) : text_(std::to_string(static_cast<i64>(number))) {}
PgValue::PgValue(std::string_view text) : text_(text) {}

void PgRows::clear(pg_result* result) {
  ::PQclear(result);
}

int PgRows::size() const {
  return ::PQntuples(result_.get());
}

bool PgRows::is_good() const {
  const ExecStatusType status = ::PQresultStatus(result_.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || is_sync();
}

bool PgRows::is_sync() const {
  return ::PQresultStatus(result_.get()) == PGRES_PIPELINE_SYNC;
}

std::string PgRows::message() const {
  return ::PQresultErrorMessage(result_.get());
}

u64 PgRows::number(int row, int column) const {
  return static_cast<u64>(std::strtoll(::PQgetvalue(result_.get(), row, column), nullptr, 10));
}

std::string_view PgRows::text(int row, int column) const {
  return {::PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(::PQgetlength(result_.get(), row, column))};
}

bool Postgres::open(const std::string& uri) {
  close();
  failed_ = false;
  const char* keys[] = {"dbname", "connect_timeout", "fallback_application_name", nullptr};
  const char* values[] = {uri.c_str(), "5", "perseid", nullptr};
  connection_ = ::PQconnectdbParams(keys, values, 1);
  if (::PQstatus(connection_) != CONNECTION_OK) {
    fail();
    close();
    return false;
  }
  ::PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  return true;
}

void Postgres::close() {
  if (connection_ != nullptr) ::PQfinish(connection_);
  connection_ = nullptr;
  unanswered_ = 0;
}

bool Postgres::fail() {
  if (!failed_) message_ = connection_ == nullptr ? "not open" : ::PQerrorMessage(connection_);
  while (!message_.empty() && message_.back() == '\n') message_.pop_back();
  failed_ = true;
  return false;
}

PgRows Postgres::execute(const char* sql) {
  PGresult* result = ::PQexec(connection_, sql);
  const ExecStatusType status = ::PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return PgRows(result);
  fail();
  ::PQclear(result);
  return PgRows();
}

bool Postgres::prepare(const char* name, const char* sql) {
  const PgRows rows(::PQprepare(connection_, name, sql, 0, nullptr));
  return rows.is_good() ? true : fail();
}

bool Postgres::begin_pipeline() {
  return ::PQenterPipelineMode(connection_) == 1 ? true : fail();
}

// The next result, or null at a statement's end, when the wait is over, or when the connection is.
pg_result* Postgres::result() {
  while (::PQisBusy(connection_) == 1) {
    (void)::PQflush(connection_);
    pollfd socket{.fd = ::PQsocket(connection_), .events = POLLIN, .revents = 0};
    if (::poll(&socket, 1, kWaitMsMax) <= 0 || ::PQconsumeInput(connection_) == 0) {
      break_off();
      return nullptr;
    }
  }
  PGresult* const got = ::PQgetResult(connection_);
  if (got == nullptr && ::PQstatus(connection_) != CONNECTION_OK) break_off();
  return got;
}

void Postgres::break_off() {
  fail();
  close();
}

bool Postgres::send_only(const char* statement, std::initializer_list<PgValue> values) {
  if (connection_ == nullptr || failed_) return fail();
  constexpr std::size_t kValuesMax = 12;
  const char* texts[kValuesMax];
  int count = 0;
  for (const PgValue& value : values) texts[count++] = value.text().c_str();
  const int sent = ::PQsendQueryPrepared(connection_, statement, count, texts, nullptr, nullptr, 0);
  if (sent != 1) return fail();
  ++unanswered_;
  return true;
}

bool Postgres::send(const char* statement, std::initializer_list<PgValue> values) {
  if (unanswered_ >= kUnansweredMax && (::PQsendFlushRequest(connection_) != 1 || !collect())) {
    return fail();
  }
  return send_only(statement, values);
}

void Postgres::note(const PgRows& rows) {
  if (rows.is_good() || failed_) return;
  message_ = rows.message();
  failed_ = true;
}

// The results of all that was sent; only whether they are good matters.
bool Postgres::collect() {
  while (unanswered_ > 0 && connection_ != nullptr) {
    const PgRows rows(result());
    if (!rows) continue;  // the end of the statement before
    --unanswered_;
    note(rows);
  }
  return connection_ != nullptr && !failed_;
}

PgRows Postgres::ask(const char* statement, std::initializer_list<PgValue> values) {
  if (!send_only(statement, values) || ::PQsendFlushRequest(connection_) != 1) {
    fail();
    return PgRows();
  }
  --unanswered_;
  if (!collect()) return PgRows();
  for (;;) {
    PgRows rows(result());
    if (connection_ == nullptr) return PgRows();
    if (!rows) continue;  // the end of the statement before
    note(rows);
    return failed_ ? PgRows() : std::move(rows);
  }
}

bool Postgres::finish() {
  if (connection_ == nullptr) return false;
  if (::PQpipelineSync(connection_) != 1) break_off();
  while (connection_ != nullptr) {
    const PgRows rows(result());
    if (!rows) continue;
    note(rows);
    if (rows.is_sync()) break;
  }
  unanswered_ = 0;
  return connection_ != nullptr && !std::exchange(failed_, false);
}

}  // namespace perseid
