// Small pieces of HTTP's grammar (RFC 9110 section 5.6) that several parsers share.
// Thread: none; pure functions.
#pragma once

#include <string_view>

#include "codec/bytes.h"

namespace perseid {

// RFC 9110 section 5.6.2.
constexpr bool is_token_char(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

constexpr bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

constexpr std::string_view trim_space(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes the next element of a comma-separated list, trimmed (perhaps empty). False at the end.
constexpr bool next_list_element(std::string_view& list, std::string_view& element) {
  if (list.empty()) return false;
  const std::size_t comma = list.find(',');
  element = trim_space(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  return true;
}

constexpr bool list_has_token(std::string_view list, std::string_view token) {
  std::string_view element;
  while (next_list_element(list, element)) {
    if (equals_ignoring_case(element, token)) return true;
  }
  return false;
}

// The characters of a host with or without a port (RFC 3986 section 3.2.2), no user information.
constexpr bool is_host(std::string_view text) {
  for (const char c : text) {
    const bool named = is_token_char(c) && c != '#' && c != '^' && c != '`' && c != '|';
    if (!named && std::string_view("()[]:;=,").find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace perseid
