#include "tools/ctl/token.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>

#include "codec/base64url.h"
#include "codec/json_text.h"
#include "codec/signed_payload.h"
#include "engine/permission.h"
#include "net/tokens/token_signer.h"

namespace perseid::ctl {
namespace {

// Into a new file only: a key that is in use must not be lost by a slip.
bool write_new(const std::string& path, const std::string& text, int mode, std::ostream& problems) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  const bool wrote =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!wrote) problems << path << ": " << std::strerror(errno) << '\n';
  if (file >= 0) ::close(file);
  return wrote;
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out += out.size() > 1 ? ",\"" : "\"";
  out.append(key).append("\":\"");
  append_json_escaped(out, text);
  out += '"';
}

// ["join","chat"] of join,chat; false if one is not known.
bool append_permissions(std::string& out, std::string_view list, std::ostream& problems) {
  out += '[';
  for (bool first = true; !list.empty(); first = false) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
    if (permission_named(name) == 0) {
      problems << name << ": not a permission; there are:";
#define X(permission, constant, text) problems << ' ' << #permission;
      PERSEID_PERMISSIONS(X)
#undef X
      problems << '\n';
      return false;
    }
    out.append(first ? "\"" : ",\"").append(name) += '"';
  }
  out += ']';
  return true;
}

bool append_rooms(std::string& out, const TokenWish& wish, std::ostream& problems) {
  if (wish.rooms.empty()) return true;
  out += R"(,"rooms":{)";
  for (std::size_t i = 0; i < wish.rooms.size(); ++i) {
    const std::string_view room = wish.rooms[i];
    const std::size_t equals = room.rfind('=');
    if (equals == 0 || equals == std::string_view::npos) {
      problems << room << ": write PATTERN=join,chat\n";
      return false;
    }
    out += i == 0 ? "\"" : ",\"";
    append_json_escaped(out, room.substr(0, equals));
    out += "\":";
    if (!append_permissions(out, room.substr(equals + 1), problems)) return false;
  }
  out += '}';
  return true;
}

bool append_everywhere(std::string& out, const TokenWish& wish, std::ostream& problems) {
  if (wish.permissions.empty()) return true;
  std::string all;
  for (const std::string& one : wish.permissions) all += (all.empty() ? "" : ",") + one;
  out += R"(,"permissions":)";
  return append_permissions(out, all, problems);
}

// RFC 7800, with a key as of RFC 8037.
bool append_confirmation(std::string& out, const TokenWish& wish, std::ostream& problems) {
  if (wish.signing_key.empty()) return true;
  SigningKey key;
  if (!read_base64url(wish.signing_key, key)) {
    problems << "--signing-key: not 32 bytes in base64url without padding\n";
    return false;
  }
  out += R"(,"cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","x":")" + wish.signing_key + R"("}})";
  return true;
}

}  // namespace

int make_keys(const KeysWish& wish, std::ostream& out, std::ostream& problems) {
  const std::string id = wish.key_id.empty() ? "1" : wish.key_id;
  const std::optional<KeyPair> pair = make_key_pair(wish.algorithm, id);
  if (!pair.has_value()) {
    problems << wish.algorithm << ": not one of EdDSA, ES256, RS256, HS256\n";
    return 1;
  }
  constexpr int kOwnerOnly = 0600;
  constexpr int kAnybody = 0644;
  const bool is_shared = pair->public_json == pair->secret_json;
  const std::string open_path = wish.path + ".json";
  const std::string secret_path = is_shared ? open_path : wish.path + ".secret.json";
  if (!write_new(secret_path, pair->secret_json, kOwnerOnly, problems)) return 1;
  if (!is_shared && !write_new(open_path, pair->public_json, kAnybody, problems)) return 1;
  out << "keep secret: " << secret_path << "; perseidctl token --keys " << secret_path
      << " --sub NAME makes tokens\n"
      << "the relay:   perseid --token-keys " << open_path << '\n';
  return 0;
}

int make_token(const TokenWish& wish, u64 now_unix_s, std::ostream& out, std::ostream& problems) {
  std::ifstream file(wish.keys_path);
  if (!file) {
    problems << wish.keys_path << ": cannot read it\n";
    return 1;
  }
  const std::string keys((std::istreambuf_iterator<char>(file)), {});
  std::string claims = "{";
  append_text(claims, "sub", wish.user);
  append_text(claims, "name", wish.name);
  append_text(claims, "iss", wish.issuer);
  append_text(claims, "aud", wish.audience);
  claims += R"(,"iat":)" + std::to_string(now_unix_s);
  claims += R"(,"exp":)" + std::to_string(now_unix_s + wish.valid_s);
  if (!append_rooms(claims, wish, problems) || !append_everywhere(claims, wish, problems) ||
      !append_confirmation(claims, wish, problems)) {
    return 1;
  }
  claims += '}';
  std::string problem;
  const std::optional<std::string> token = sign_token(claims, keys, wish.key_id, problem);
  if (!token.has_value()) {
    problems << wish.keys_path << ": " << problem << '\n';
    return 1;
  }
  out << *token << '\n';
  return 0;
}

}  // namespace perseid::ctl
