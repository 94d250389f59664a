#include "net/tokens/token_verifier.h"

#include "net/tokens/signatures.h"
#include "net/tokens/token_header.h"

namespace perseid {
namespace {

// Header, claims, signature: base64url with two dots (RFC 7515 section 7.1).
struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
  std::string_view signed_text;  // the first two with their dot
};

bool split(std::string_view token, Parts& out) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return false;
  out = {.header = token.substr(0, first),
         .claims = token.substr(first + 1, last - first - 1),
         .signature = token.substr(last + 1),
         .signed_text = token.substr(0, last)};
  return out.claims.find('.') == std::string_view::npos;
}

Verdict refuse(std::string_view why) {
  return {.error = Error::bad_token, .why = why, .grant = nullptr};
}

// Empty if a key of ours has signed it.
std::string_view find_signature(const TokenKeys& keys, const TokenHeader& header,
                                std::string_view text, std::string_view signature) {
  bool knows_id = header.key_id.empty();
  bool tried = false;
  for (const TokenKey& key : keys.all()) {
    if (!header.key_id.empty() && key.id != header.key_id) continue;
    knows_id = true;
    if (key.algorithm != header.algorithm) continue;
    tried = true;
    if (is_signature(key, text, signature)) return {};
  }
  return !knows_id ? "Its key (kid) is not known here."
         : !tried  ? "Its alg is not that of a key here."
                   : "Its signature is not right.";
}

std::string_view unpadded(const std::string& text) {
  return {text.data(), text.size() - kParsePaddingBytes};
}

}  // namespace

TokenVerifier::TokenVerifier(const Keyring& keyring, const Options& options)
    : keyring_(keyring),
      bytes_max_(options.token_bytes_max),
      rules_{.issuer = options.token_issuer,
             .audience = options.token_audience,
             .leeway_ms = options.token_leeway_ms,
             .name_bytes_max = options.name_bytes_max} {}

TokenVerifier::~TokenVerifier() = default;

Verdict TokenVerifier::verify(std::string_view token, u64 now_unix_ms) {
  if (token.size() > bytes_max_) return refuse("It is longer than --token-bytes-max.");
  Parts parts;
  std::string signature;
  if (!split(token, parts) || !decode_base64url(parts.signature, signature) ||
      !decode_base64url(parts.claims, claims_)) {
    return refuse("It is no signed token of three parts.");
  }
  if (const u64 now = keyring_.generation(); keys_ == nullptr || generation_ != now) {
    keys_ = keyring_.keys();
    generation_ = now;
  }
  TokenHeader header;
  std::string_view why = read_token_header(parts.header, header);
  if (why.empty()) {
    why = find_signature(*keys_, header, parts.signed_text, unpadded(signature));
  }
  if (!why.empty()) return refuse(why);
  auto grant = std::make_shared<Grant>();
  const Error error = read_grant(unpadded(claims_), rules_, now_unix_ms, *grant, why);
  if (error != Error::ok) return {.error = error, .why = why, .grant = nullptr};
  return {.error = Error::ok, .why = {}, .grant = std::move(grant)};
}

}  // namespace perseid
