#include "net/tokens/token_header.h"

#include <orcania.h>

#include <algorithm>
#include <utility>

#include "codec/json_document.h"

namespace perseid {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kNoHeader = "Its first part is no JSON header.";

// crit: must be understood. zip: would be inflated. b64: another kind of payload.
bool is_refused(std::string_view key) {
  return key == "crit" || key == "zip" || key == "b64";
}

std::string_view take(std::string_view key, ondemand::value value, TokenHeader& out) {
  std::string_view text;
  if (is_refused(key)) return "Its header asks for what is not supported here.";
  if (key != "alg" && key != "kid") return {};
  if (value.get_string().get(text) != simdjson::SUCCESS) return kNoHeader;
  if (key == "kid") {
    out.key_id = text;
    return {};
  }
  out.algorithm = token_algorithm_named(text);
  return out.algorithm == TokenAlgorithm::none ? "Its alg is not HS256, RS256, ES256 or EdDSA."
                                               : "";
}

// Without padding (RFC 7515 section 2). The library takes more for it, and for some of that writes
// a size below zero ("==", found by the fuzzer).
bool is_base64url(std::string_view text) {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !text.empty() && text.size() % 4 != 1 && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

bool decode_base64url(std::string_view text, std::string& out_padded) {
  if (!is_base64url(text)) return false;
  const auto bytes = [](auto& string) { return reinterpret_cast<unsigned char*>(string.data()); };
  std::size_t size = 0;
  out_padded.assign(text.size() + 3, '\0');
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  if (::o_base64url_decode(from, text.size(), bytes(out_padded), &size) == 0) return false;
  out_padded.resize(size);
  // Of the last character some bits may stand for nothing: they have to be 0.
  std::string again(text.size() + 8, '\0');
  std::size_t again_size = 0;
  const bool is_strict =
      ::o_base64url_encode(bytes(out_padded), size, bytes(again), &again_size) != 0 &&
      std::string_view(again).substr(0, again_size) == text;
  out_padded.append(kParsePaddingBytes, ' ');
  return is_strict;
}

std::string_view read_token_header(std::string_view part, TokenHeader& out) {
  std::string json;
  JsonDocument document;
  if (!decode_base64url(part, json)) return kNoHeader;
  const std::string_view text(json.data(), json.size() - kParsePaddingBytes);
  if (document.open(text) != Error::ok || !document.is_object()) return kNoHeader;
  bool has_algorithm = false;
  bool has_key_id = false;
  ondemand::object object = document.document().get_object().value_unsafe();
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return kNoHeader;
    if (key == "alg" && std::exchange(has_algorithm, true)) return kNoHeader;
    if (key == "kid" && std::exchange(has_key_id, true)) return kNoHeader;
    const std::string_view problem = take(key, field.value().value_unsafe(), out);
    if (!problem.empty()) return problem;
  }
  return out.algorithm == TokenAlgorithm::none ? "Its header has no alg." : "";
}

}  // namespace perseid
