#include "sdk/cpp/src/json_walk.h"

#include <charconv>
#include <cmath>

#include "codec/json_document.h"
#include "codec/json_string.h"
#include "codec/json_text.h"

namespace perseid {
inline namespace sdk {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

void skip_space(std::string_view& text) {
  const std::size_t at = text.find_first_not_of(kSpace);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at);
}

// Behind the closing quote of a string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

std::size_t container_end(std::string_view text) {
  u32 depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at + 1;
    ++at;
  }
  return text.size();
}

}  // namespace

std::string_view take_json_value(std::string_view& text) {
  skip_space(text);
  if (text.empty()) return {};
  const char first = text[0];
  std::size_t end = 0;
  if (first == '"') {
    end = string_end(text, 0);
  } else if (first == '{' || first == '[') {
    end = container_end(text);
  } else {
    end = std::min(text.find_first_of(",]} \t\r\n"), text.size());
  }
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(end);
  skip_space(text);
  return value;
}

JsonWalk::JsonWalk(std::string_view container) : rest_(container) {
  skip_space(rest_);
  if (rest_.empty() || (rest_[0] != '{' && rest_[0] != '[')) {
    rest_ = {};
    return;
  }
  object_ = rest_[0] == '{';
  rest_.remove_prefix(1);
}

bool JsonWalk::next() {
  skip_space(rest_);
  if (!rest_.empty() && rest_[0] == ',') rest_.remove_prefix(1);
  if (object_) {
    const std::string_view key = take_json_value(rest_);
    if (!is_json_string(key) || rest_.empty() || rest_[0] != ':') return false;
    key_ = key.substr(1, key.size() - 2);
    rest_.remove_prefix(1);
  }
  value_ = take_json_value(rest_);
  return !value_.empty();
}

std::string_view json_member(std::string_view object, std::string_view key) {
  for (JsonWalk walk(object); walk.next();) {
    if (walk.key() == key) return walk.value();
  }
  return {};
}

std::string json_text(std::string_view raw) {
  std::string out;
  if (is_json_string(raw)) append_json_unescaped(raw, out);
  return out;
}

u64 json_u64(std::string_view raw, u64 otherwise) {
  u64 value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  return error == std::errc{} && end == raw.data() + raw.size() ? value : otherwise;
}

std::optional<double> json_double(std::string_view raw) {
  double value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc{} || end != raw.data() + raw.size() || raw[0] == '+') return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

void append_json_key(std::string& out, std::string_view key) {
  if (!out.empty() && out.back() != '{') out += ',';
  append_json_string(out, key);
  out += ':';
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void append_json_double(std::string& out, double value) {
  char text[32];
  if (!std::isfinite(value)) value = 0;
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  out.append(text, error == std::errc{} ? end : text);
}

std::string trimmed_json(std::string_view text) {
  return std::string(trim_json(text));
}

bool is_valid_json(std::string_view text) {
  std::string padded(text);
  padded.append(kParsePaddingBytes, '\0');
  JsonDocument document;
  return document.open({padded.data(), text.size()}) == Error::ok;
}

}  // namespace sdk
}  // namespace perseid
