// Signers: the sessions that sign what they say: with which key, and which counts were taken.
// Wraps libsodium's Ed25519 (RFC 8032) and HMAC-SHA-256 (RFC 2104), which allocate nothing.
// Thread: the shard's. Owns: an entry for each session that signs; others cost one bit.
// Invariants: an HMAC key or a nonce is of one session alone and of one life of the relay; a count
// is taken only by a signature that is genuine.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "codec/signed_payload.h"
#include "engine/context.h"
#include "engine/sessions.h"

namespace perseid {

// Which of the last 64 counts were taken (RFC 4303 section 3.4.3).
class CountWindow {
 public:
  static constexpr u64 kCounts = 64;
  // True the first time; false if it was taken, or is too old to tell.
  bool take(u64 count) {
    if (count > newest_) {
      const u64 ahead = count - newest_;
      seen_ = ahead >= kCounts ? 1 : seen_ << ahead | 1;
      newest_ = count;
      return true;
    }
    const u64 back = newest_ - count;
    if (back >= kCounts || (seen_ >> back & 1) != 0) return false;
    seen_ |= u64{1} << back;
    return true;
  }
  u64 newest() const { return newest_; }

 private:
  u64 newest_ = 0;
  u64 seen_ = 1;  // bit n: newest_ - n; count 0 is nobody's
};

class Signers {
 public:
  Signers(Context& context, Sessions& sessions) : context_(context), sessions_(sessions) {}

  // From now on it signs; what was said of it before is forgotten.
  void begin(Slot slot, SignatureKind kind, const SigningKey& public_key);
  void close(Slot slot);

  // What is wrong with a message, if anything is; then `field` (static text), or what to wait.
  struct Verdict {
    Error error = Error::ok;
    std::string_view field = {};
    u32 retry_after_ms = 0;
    bool is_genuine = false;  // all but its count, with `replayed`
  };
  Verdict check(Slot slot, MessageType type, const SignedPlace& place, std::string_view payload);

  // Of `welcome`: {"algorithm":…,"key":…,"nonce":…,"count":…}; nothing if it does not sign.
  void append_json(std::string& out, Slot slot) const;

 private:
  struct Signer {
    SignatureKind kind = SignatureKind::hmac_sha256;
    SigningKey key{};
    SigningNonce nonce{};
    CountWindow counts;
    TokenBucket checks;
  };
  Verdict judge(Signer& signer, const SignedPayload& payload);
  bool is_genuine(const Signer& signer, const SignedPayload& payload) const;
  void derive(MutableBytes out, Slot slot, std::string_view what);

  Context& context_;
  Sessions& sessions_;
  std::unordered_map<Slot, Signer> signers_;
  u64 begun_ = 0;
  std::string text_;  // what is signed; its capacity stays
};

}  // namespace perseid
