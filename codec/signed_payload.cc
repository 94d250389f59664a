#include "codec/signed_payload.h"

#include <charconv>

#include "codec/assert.h"
#include "codec/base64url.h"
#include "codec/json_text.h"

namespace perseid {
namespace {

constexpr std::string_view kSigned = R"("signed":{)";
constexpr std::string_view kKey = R"("key":")";
constexpr std::string_view kNonce = R"(","nonce":")";
constexpr std::string_view kCountBehindNonce = R"(","count":)";
constexpr std::string_view kCount = R"("count":)";
constexpr std::string_view kSignature = R"(},"signature":")";
constexpr std::string_view kEnd = R"("})";
constexpr std::size_t kCountDigitsMax = 16;

// Takes a text from its end: there is where the form is.
struct BackScanner {
  std::string_view rest;

  bool take(std::string_view expected) noexcept {
    if (!rest.ends_with(expected)) return false;
    rest.remove_suffix(expected.size());
    return true;
  }

  // Whether that stands before the last `chars`: sooner seen than these are read.
  bool follows(std::string_view expected, std::size_t chars) const noexcept {
    return rest.size() > chars && rest.substr(0, rest.size() - chars).ends_with(expected);
  }

  bool take_bytes(MutableBytes out) noexcept {
    const std::size_t chars = base64url_chars(out.size());
    if (rest.size() < chars || !read_base64url(rest.substr(rest.size() - chars), out)) return false;
    rest.remove_suffix(chars);
    return true;
  }

  // In its one spelling.
  bool take_count(u64& out) noexcept {
    std::size_t digits = 0;
    while (digits < rest.size() && digits <= kCountDigitsMax) {
      const char c = rest[rest.size() - digits - 1];
      if (c < '0' || c > '9') break;
      ++digits;
    }
    if (digits == 0 || digits > kCountDigitsMax) return false;
    const std::string_view text = rest.substr(rest.size() - digits);
    if (text[0] == '0') return false;
    std::from_chars(text.data(), text.data() + text.size(), out);
    rest.remove_suffix(digits);
    return out <= kSignatureCountMax;
  }
};

bool take_signed_by(BackScanner& in, SignedBy& out) noexcept {
  if (!in.take_count(out.count)) return false;
  if (out.kind == SignatureKind::hmac_sha256) return in.take(kCount) && in.take(kSigned);
  return in.take(kCountBehindNonce) && in.take_bytes(out.nonce) && in.take(kNonce) &&
         in.take_bytes(out.key) && in.take(kKey) && in.take(kSigned);
}

// Behind a comma, or alone in the object.
bool is_last_member(std::string_view before) noexcept {
  return before == "{" || (before.starts_with('{') && before.ends_with(','));
}

bool read_as(SignatureKind kind, std::string_view payload, SignedPayload& out) noexcept {
  BackScanner in{payload};
  out.by.kind = kind;
  const MutableBytes signature{out.signature.data(), signature_bytes(kind)};
  if (!in.take(kEnd) || !in.follows(kSignature, base64url_chars(signature.size()))) return false;
  if (!in.take_bytes(signature)) return false;
  out.head = in.rest;
  if (!in.take(kSignature) || !take_signed_by(in, out.by) || !is_last_member(in.rest)) return false;
  out.body = in.rest.substr(0, in.rest.size() - (in.rest.size() > 1 ? 1 : 0));
  return true;
}

}  // namespace

bool signature_kind_named(std::string_view text, SignatureKind& out) noexcept {
  for (const SignatureKind kind : {SignatureKind::hmac_sha256, SignatureKind::ed25519}) {
    if (text != name(kind)) continue;
    out = kind;
    return true;
  }
  return false;
}

bool read_signed_payload(std::string_view payload, SignedPayload& out) noexcept {
  if (!payload.ends_with(kEnd)) return false;  // most payloads
  return read_as(SignatureKind::ed25519, payload, out) ||
         read_as(SignatureKind::hmac_sha256, payload, out);
}

void append_signed_text(std::string& out, MessageType type, const SignedPlace& place,
                        std::string_view head) {
  PSD_DEBUG_ASSERT(type == MessageType::chat || type == MessageType::player_action);
  out += type == MessageType::chat ? "perseid-signature-v1\nchat\n"
                                   : "perseid-signature-v1\nplayer_action\n";
  out += place.is_private ? "to " : "room ";
  out += place.name;
  out += '\n';
  out += head;
}

void append_signed_head(std::string& out, std::string_view object, const SignedBy& by) {
  PSD_ASSERT(object.size() >= 2 && object.front() == '{' && object.back() == '}');
  const std::string_view members = object.substr(0, object.size() - 1);
  const bool is_empty = members.find_first_not_of(" \t\r\n", 1) == std::string_view::npos;
  out += is_empty ? "{" : members;
  if (!is_empty) out += ',';
  out += kSigned;
  if (by.kind == SignatureKind::ed25519) {
    out += kKey;
    append_base64url(out, by.key);
    out += kNonce;
    append_base64url(out, by.nonce);
    out += kCountBehindNonce;
  } else {
    out += kCount;
  }
  append_number(out, by.count);
  out += kSignature;
}

void append_signature(std::string& out, Bytes signature) {
  append_base64url(out, signature);
  out += kEnd;
}

}  // namespace perseid
