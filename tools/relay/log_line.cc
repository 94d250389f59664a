#include "tools/relay/log_line.h"

#include <array>

namespace perseid {
namespace {

// One code point from the front of `text`, which loses its bytes; not UTF-8: one byte and U+FFFD.
u32 take_code_point(std::string_view& text) {
  constexpr u32 kReplacement = 0xfffd;
  const auto byte = [&](std::size_t i) { return static_cast<u8>(text[i]); };
  const u8 first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) {
    text.remove_prefix(1);
    return kReplacement;
  }
  u32 point = size == 1 ? first : first & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      text.remove_prefix(1);
      return kReplacement;
    }
    point = point << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<u32, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xd800 && point < 0xe000;
  if (point < kSmallest[size] || surrogate || point > 0x10ffff) {
    text.remove_prefix(1);
    return kReplacement;
  }
  text.remove_prefix(size);
  return point;
}

// Controls, and what turns or hides the text around it (Unicode TR9, TR36).
bool is_unsafe(u32 point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
         (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2060 && point <= 0x206f) || point == 0xfeff || point == 0xfffd;
}

void append_escape(std::string& out, u32 point) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (u32 shift = 16; shift > 0; shift -= 4) out += kDigits[point >> (shift - 4) & 0xf];
}

}  // namespace

void append_log_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::string_view before = text;
    const u32 point = take_code_point(text);
    if (is_unsafe(point)) {
      append_escape(out, point);
      continue;
    }
    if (point == '"' || point == '\\') out += '\\';
    out += before.substr(0, before.size() - text.size());
  }
}

LogLine::LogLine(LogFormat format, std::string_view name) : format_(format) {
  if (format_ == LogFormat::text) {
    append_log_escaped(out_, name);
  } else {
    add("event", name);
  }
}

void LogLine::key(std::string_view key) {
  if (format_ == LogFormat::text) {
    out_ += ' ';
    append_log_escaped(out_, key);
    out_ += '=';
    return;
  }
  if (!out_.empty()) out_ += ',';
  out_ += '"';
  append_log_escaped(out_, key);
  out_ += "\":";
}

LogLine& LogLine::add(std::string_view name, std::string_view value) {
  key(name);
  out_ += '"';
  append_log_escaped(out_, value);
  out_ += '"';
  return *this;
}

LogLine& LogLine::add(std::string_view name, u64 value) {
  key(name);
  out_ += std::to_string(value);
  return *this;
}

}  // namespace perseid
