// Any bytes as a token, as a token's header, and as the claims of one that is genuine: no crash, no
// read beyond; whatever is granted has a user, a name and an end.
#include <cstdlib>
#include <string>

#include "net/tokens/keyring.h"
#include "net/tokens/token_header.h"
#include "net/tokens/token_verifier.h"

namespace {

using namespace perseid;

constexpr u64 kNowMs = 1'700'000'000'000;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Relay {
  Options options;
  Keyring keyring;
  TokenVerifier verifier;
  Relay() : options(with_secret()), keyring(options), verifier(keyring, options) {
    require(keyring.reload().empty());
  }
  static Options with_secret() {
    Options out;
    out.token_secret = std::string(32, 's');
    return out;
  }
};

void check(const Grant& grant) {
  require(!grant.user.empty() && !grant.name.empty());
  require(grant.expires_unix_ms > kNowMs && grant.expires_unix_ms != kNoExpiry);
  require(grant.rooms.size() <= kGrantRoomsMax);
  for (const char* room : {"a", "lobby", ""}) require((grant.in(room) & ~kPermissionsAll) == 0);
}

void read_claims_of(std::string_view text) {
  std::string padded(text);
  padded.append(kParsePaddingBytes, ' ');
  Grant grant;
  std::string_view why;
  const TokenRules rules;
  const Error error =
      read_grant(std::string_view(padded).substr(0, text.size()), rules, kNowMs, grant, why);
  require((error == Error::ok) == why.empty());
  if (error == Error::ok) check(grant);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  static Relay relay;
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  if (data[0] % 3 == 0) {
    read_claims_of(text);
  } else if (data[0] % 3 == 1) {
    TokenHeader header;
    const bool is_read = read_token_header(text, header).empty();
    require(!is_read || header.algorithm != TokenAlgorithm::none);
  } else {
    const Verdict verdict = relay.verifier.verify(text, kNowMs);
    require((verdict.error == Error::ok) == (verdict.grant != nullptr));
    if (verdict.grant != nullptr) check(*verdict.grant);
  }
  return 0;
}
