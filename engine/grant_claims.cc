#include "engine/grant_claims.h"

#include "codec/base64url.h"
#include "codec/envelope_fields.h"
#include "codec/json_document.h"

namespace perseid {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr u32 kNameBytesMax = 1024;
constexpr u32 kAudiencesMax = 64;

#define PERSEID_CLAIMS(X) X(sub) X(name) X(exp) X(nbf) X(iss) X(aud) X(permissions) X(rooms) X(cnf)

enum class Claim : u8 {
#define X(name) name,
  PERSEID_CLAIMS(X)
#undef X
      other
};

Claim claim_named(std::string_view key) {
#define X(name) \
  if (key == #name) return Claim::name;
  PERSEID_CLAIMS(X)
#undef X
  return Claim::other;
}

// The document was checked when it was opened; what remains is of which type a value is.
template <class Value>
bool read_string(Value&& value, std::string& out) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return false;
  out = text;
  return true;
}

// NumericDate (RFC 7519 section 2): seconds, perhaps with a fraction. The last is the year 9999's.
bool read_date(ondemand::value value, u64& out_ms) {
  constexpr double kSecondsMax = 253402300799.0;
  double seconds = 0;
  if (value.get_double().get(seconds) != simdjson::SUCCESS) return false;
  if (!(seconds >= 0 && seconds <= kSecondsMax)) return false;
  out_ms = static_cast<u64>(seconds * 1000);
  return true;
}

bool read_permissions(ondemand::value value, Permissions& out) {
  ondemand::array names;
  if (value.get_array().get(names) != simdjson::SUCCESS) return false;
  for (auto element : names) {
    std::string name;
    if (!read_string(element, name)) return false;
    const Permissions one = permission_named(name);
    if (one == 0) return false;
    out |= one;
  }
  return true;
}

bool read_audience(ondemand::value value, std::vector<std::string>& out) {
  ondemand::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) {
    return read_string(value, out.emplace_back());
  }
  for (auto element : list) {
    if (out.size() == kAudiencesMax || !read_string(element, out.emplace_back())) return false;
  }
  return true;
}

bool read_rooms(ondemand::value value, std::vector<RoomGrant>& out) {
  ondemand::object patterns;
  if (value.get_object().get(patterns) != simdjson::SUCCESS) return false;
  for (auto field : patterns) {
    std::string_view pattern;
    if (out.size() == kGrantRoomsMax || field.unescaped_key().get(pattern) != simdjson::SUCCESS ||
        pattern.empty()) {
      return false;
    }
    RoomGrant& room = out.emplace_back();
    room.pattern = pattern;
    if (!read_permissions(field.value().value_unsafe(), room.permissions)) return false;
  }
  return true;
}

// A key of another kind than ours is refused: who asks for one more proof is not let in without.
bool read_confirmation(ondemand::value value, std::optional<SigningKey>& out) {
  ondemand::object jwk;
  if (value["jwk"].get_object().get(jwk) != simdjson::SUCCESS) return false;
  std::string kty, crv, x;
  for (auto field : jwk) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    std::string* const text = key == "kty" ? &kty : key == "crv" ? &crv : key == "x" ? &x : nullptr;
    if (text == nullptr) continue;
    if (!text->empty() || !read_string(field.value(), *text)) return false;
  }
  return kty == "OKP" && crv == "Ed25519" && read_base64url(x, out.emplace());
}

bool is_name(const std::string& name) {
  return check_name(name, kNameBytesMax) == Error::ok;
}

std::string_view read_claim(Claim claim, ondemand::value value, Claims& out) {
  switch (claim) {
    case Claim::sub:
      return read_string(value, out.user) && is_name(out.user) ? "" : "Its sub is not a name.";
    case Claim::name:
      return read_string(value, out.name) && is_name(out.name) ? "" : "Its name is not a name.";
    case Claim::exp:
      out.has_expiry = true;
      return read_date(value, out.expires_ms) ? "" : "Its exp is not a number of seconds.";
    case Claim::nbf:
      return read_date(value, out.not_before_ms) ? "" : "Its nbf is not a number of seconds.";
    case Claim::iss:
      return read_string(value, out.issuer) ? "" : "Its iss is not text.";
    case Claim::aud:
      return read_audience(value, out.audience) ? "" : "Its aud is neither text nor a list of it.";
    case Claim::permissions:
      out.has_permissions = true;
      return read_permissions(value, out.permissions)
                 ? ""
                 : "Its permissions are not a list of known ones.";
    case Claim::rooms:
      out.has_rooms = true;
      return read_rooms(value, out.rooms) ? "" : "Its rooms are not patterns with permissions.";
    case Claim::cnf:
      return read_confirmation(value, out.signing_key) ? "" : "Its cnf is no Ed25519 key (jwk).";
    case Claim::other:
      return {};
  }
  return {};
}

}  // namespace

std::string_view read_claims(std::string_view json, Claims& out) {
  JsonDocument document;
  if (document.open(json) != Error::ok || !document.is_object()) return "Its claims are no JSON.";
  u32 seen = 0;
  ondemand::object object = document.document().get_object().value_unsafe();
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return "Its claims are no JSON.";
    const Claim claim = claim_named(key);
    const u32 bit = 1u << static_cast<u8>(claim);
    if (claim != Claim::other && (seen & bit) != 0) return "A claim stands there twice.";
    seen |= bit;
    const std::string_view problem = read_claim(claim, field.value().value_unsafe(), out);
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace perseid
