#include "tools/relay/logging.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>

#include "codec/client_id.h"

namespace perseid {
namespace {

constexpr std::size_t kQueuedLinesMax = 8192;
constexpr std::string_view kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %v";
constexpr std::string_view kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})";
constexpr std::array<std::string_view, 6> kLevelNames = {"trace", "debug", "info",
                                                         "warn",  "error", "off"};

LogLevel level_named(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return LogLevel::info;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

// Whatever a client causes is at debug at most: a hostile one must not be able to fill the log.
LogLevel event_level(EventKind kind, bool of_client) {
  switch (kind) {
    case EventKind::server_started:
    case EventKind::server_stopped:
      return LogLevel::info;
    case EventKind::message_received:
    case EventKind::message_sent:
      return LogLevel::trace;
    case EventKind::health_updated:
      return of_client ? LogLevel::debug : LogLevel::info;
    case EventKind::error_occurred:
      return of_client ? LogLevel::debug : LogLevel::warn;
    case EventKind::client_connected:
    case EventKind::client_disconnected:
    case EventKind::client_discovered:
      return LogLevel::debug;
  }
  return LogLevel::debug;
}

bool is_of_server(EventKind kind) {
  return kind == EventKind::server_started || kind == EventKind::server_stopped;
}

}  // namespace

struct Logging::Sink {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Logging::Logging(const Options& options)
    : level_(level_named(options.log_level)),
      format_(options.log_format == "json" ? LogFormat::json : LogFormat::text),
      sink_(std::make_unique<Sink>()) {}

void Logging::begin() {
  sink_->pool = std::make_shared<spdlog::details::thread_pool>(kQueuedLinesMax, 1);
  sink_->logger = std::make_shared<spdlog::async_logger>(
      "perseid", std::make_shared<spdlog::sinks::stderr_sink_mt>(), sink_->pool,
      spdlog::async_overflow_policy::overrun_oldest);
  const std::string_view pattern = format_ == LogFormat::json ? kJsonPattern : kTextPattern;
  sink_->logger->set_pattern(std::string(pattern), spdlog::pattern_time_type::utc);
  sink_->logger->set_level(spdlog_level(level_));
}

Logging::~Logging() = default;  // The pool writes out what is queued, then ends its thread.

void Logging::write(LogLevel level, const LogLine& line) {
  if (!wants(level) || sink_->logger == nullptr) return;
  const std::string name(kLevelNames[static_cast<u8>(level)]);
  const std::string start = format_ == LogFormat::json
                                ? "\"level\":\"" + name + "\","
                                : name + std::string(name.size() < 6 ? 6 - name.size() : 1, ' ');
  sink_->logger->log(spdlog_level(level), start + line.text());
}

bool EventLog::wants(EventKind kind) const {
  if (is_of_server(kind)) return false;
  // Some of these are security events.
  const bool may_be_audit = kind == EventKind::error_occurred || kind == EventKind::health_updated;
  if (may_be_audit && logging_.wants(LogLevel::warn)) return true;
  return logging_.wants(event_level(kind, false)) || logging_.wants(event_level(kind, true));
}

void EventLog::on_event(const Event& event) {
  const LogLevel level =
      event.audit ? LogLevel::warn : event_level(event.kind, static_cast<bool>(event.client));
  if (!logging_.wants(level)) return;
  LogLine line = logging_.line(name(event.kind));
  line.add("shard", u64{event.shard});
  if (event.client) {
    std::array<char, kClientIdBytes> id{};
    write_client_id(event.client.value, id.data());
    line.add("client", std::string_view(id.data(), id.size()));
  }
  if (!event.address.empty()) line.add("address", event.address);
  if (!event.room.empty()) line.add("room", event.room);
  if (event.error != Error::ok) line.add("error", info(event.error).code);
  if (!event.detail.empty()) line.add("detail", event.detail);
  if (event.size_bytes != 0) line.add("size_bytes", event.size_bytes);
  logging_.write(level, line);
}

}  // namespace perseid
