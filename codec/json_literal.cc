// Literals and numbers of JSON, checked without converting them: a conversion's slow path (hundreds
// of digits) is something a peer could make us pay for at every token.
#include <algorithm>
#include <charconv>

#include "codec/json_document.h"

namespace perseid {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// A number taken apart (RFC 8259 section 6).
struct NumberParts {
  std::string_view whole, fraction, exponent;  // digits; the exponent with its minus
};

std::string_view take_digits(std::string_view& rest) noexcept {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
  const auto digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(digits.size());
  return digits;
}

bool take_exponent(std::string_view& rest, std::string_view& out) noexcept {
  rest.remove_prefix(1);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const char* const start = rest.data() - (negative ? 1 : 0);
  const auto digits = take_digits(rest);
  out = {start, digits.size() + (negative ? 1 : 0)};
  return !digits.empty();
}

bool split_number(std::string_view token, NumberParts& out) noexcept {
  if (token.starts_with('-')) token.remove_prefix(1);
  out.whole = take_digits(token);
  if (out.whole.empty() || (out.whole.size() > 1 && out.whole[0] == '0')) return false;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    out.fraction = take_digits(token);
    if (out.fraction.empty()) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    if (!take_exponent(token, out.exponent)) return false;
  }
  return token.empty();
}

// The first significant digits, from two runs of digits.
struct Digits {
  std::string_view whole, fraction;
  char at(std::size_t i) const noexcept {
    if (i < whole.size()) return whole[i];
    i -= whole.size();
    return i < fraction.size() ? fraction[i] : '0';
  }
  std::size_t size() const noexcept { return whole.size() + fraction.size(); }
};

// A receiver would read such a number as infinity, or refuse the whole message.
bool overflows_double(const NumberParts& parts) noexcept {
  constexpr std::string_view kLargest = "17976931348623157";  // DBL_MAX is this e308
  constexpr i64 kLargestExponent = 308;
  if (parts.exponent.empty() && parts.whole.size() <= kLargestExponent) return false;
  const Digits digits{parts.whole, parts.fraction};
  std::size_t first = 0;
  while (first < digits.size() && digits.at(first) == '0') ++first;
  if (first == digits.size()) return false;  // zero, whatever its exponent
  i64 exponent = 0;
  const char* const end = parts.exponent.data() + parts.exponent.size();
  if (!parts.exponent.empty() &&
      std::from_chars(parts.exponent.data(), end, exponent).ec != std::errc{}) {
    return parts.exponent[0] != '-';
  }
  const i64 shift = static_cast<i64>(parts.whole.size()) - 1 - static_cast<i64>(first);
  if (exponent > kLargestExponent - shift) return true;
  if (exponent < kLargestExponent - shift) return false;
  for (std::size_t i = 0; i < kLargest.size(); ++i) {
    if (digits.at(first + i) != kLargest[i]) return digits.at(first + i) > kLargest[i];
  }
  return false;
}

}  // namespace

std::string_view trim_json(std::string_view text) noexcept {
  constexpr std::string_view kWhitespace = " \t\n\r";
  const std::size_t first = text.find_first_not_of(kWhitespace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhitespace) - first + 1);
}

bool is_json_literal(std::string_view token) noexcept {
  if (token == "true" || token == "false" || token == "null") return true;
  NumberParts parts;
  return split_number(token, parts) && !overflows_double(parts);
}

}  // namespace perseid
