// Logging: the relay's log on standard error, and the events written to it. The one place that
// sees spdlog. Thread: any thread may write. A line is handed to a writer thread through a bounded
// queue, which drops its oldest lines when standard error does not keep up: a full pipe may cost
// lines, never a shard's turn.
// Invariant: at the default level no client can cause a line; what clients do is at debug, and
// messages are at trace.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/event.h"
#include "engine/options.h"
#include "tools/relay/log_line.h"

namespace perseid {

enum class LogLevel : u8 { trace, debug, info, warn, error, off };

class Logging {
 public:
  explicit Logging(const Options& options);
  ~Logging();
  Logging(const Logging&) = delete;
  Logging& operator=(const Logging&) = delete;

  // Starts the writer's thread; nothing is written before. Once, before other threads write.
  void begin();
  bool wants(LogLevel level) const { return level >= level_; }
  LogFormat format() const { return format_; }
  LogLine line(std::string_view name) const { return {format_, name}; }
  void write(LogLevel level, const LogLine& line);

 private:
  struct Sink;
  LogLevel level_;
  LogFormat format_;
  std::unique_ptr<Sink> sink_;
};

// Writes the events of the shards; the server's start and end the program tells itself, with what
// it found. `wants` is false for what the level leaves out, so it costs nothing.
class EventLog final : public EventListener {
 public:
  explicit EventLog(Logging& logging) : logging_(logging) {}
  bool wants(EventKind kind) const override;
  void on_event(const Event& event) override;

 private:
  Logging& logging_;
};

}  // namespace perseid
