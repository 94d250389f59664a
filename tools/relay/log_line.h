// LogLine: one line of the log, made of a name and fields, as text (name key=value) or as the
// inside of a JSON object ("event":"name","key":value). Thread: the writer's own; a value.
// Invariant: whatever the fields hold, the line has no line break, no terminal control, no
// direction mark, and in JSON it is valid: what users wrote is escaped here and nowhere else.
#pragma once

#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {

enum class LogFormat : u8 { text, json };

class LogLine {
 public:
  LogLine(LogFormat format, std::string_view name);
  LogLine& add(std::string_view key, std::string_view value);
  LogLine& add(std::string_view key, u64 value);
  const std::string& text() const { return out_; }

 private:
  void key(std::string_view key);
  LogFormat format_;
  std::string out_;
};

// Appends `text` for use between quotes, in JSON and in plain text alike. Bytes that are not UTF-8
// become \ufffd; control and direction characters become \uXXXX.
void append_log_escaped(std::string& out, std::string_view text);

}  // namespace perseid
