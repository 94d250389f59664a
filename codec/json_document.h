// JsonDocument: the one wrapper of simdjson's on-demand parser. It opens a text in place and checks
// all of it, because on-demand parsing by itself looks only at what is asked for.
// Thread: the owner's. Owns: simdjson's index and string buffer, reused from text to text; grown
// for a long text, given back at the next short one.
// Invariants: after open() returned ok the text is valid JSON in UTF-8, at most kPayloadDepthMax
// deep, without lone surrogates or numbers beyond a double; reading it again cannot fail.
// Linear in the text; the only recursion is bounded by the depth.
#pragma once

// The layout of simdjson's parsers depends on this macro, which otherwise only those get who link
// its CMake target; half a program with and half without it would overrun each other's objects.
#ifndef SIMDJSON_THREADS_ENABLED
#define SIMDJSON_THREADS_ENABLED 1
#endif
#include <simdjson.h>

#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

class JsonDocument {
 public:
  // kParsePaddingBytes readable behind `text`. ok, invalid_json, too_deep, or overloaded (no
  // memory).
  Error open(std::string_view text);

  bool is_object() const { return kind_ == Kind::object; }
  bool is_array() const { return kind_ == Kind::array; }
  u32 element_count() const { return element_count_; }  // of a top-level array
  // The document, rewound to its start; only if it is an object or an array.
  simdjson::ondemand::document& document() { return document_; }
  // The text without whitespace around it.
  std::string_view trimmed() const { return trimmed_; }

 private:
  enum class Kind : u8 { scalar, object, array };
  Error reserve(std::size_t bytes);
  Error check_scalar();
  Error check_container();

  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  std::string_view trimmed_;
  Kind kind_ = Kind::scalar;
  bool has_escapes_ = false;
  u32 element_count_ = 0;
};

std::string_view trim_json(std::string_view text) noexcept;
// true, false, null or a number of RFC 8259 that does not overflow a double.
bool is_json_literal(std::string_view token) noexcept;

}  // namespace perseid
