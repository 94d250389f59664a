// TlsTickets: the keys under which a client carries its TLS session home and brings it back (RFC
// 5077, RFC 8446 section 4.6.1), so that the relay keeps nothing for it. Shared by all shards: a
// client that comes back may come to any.
// Thread: any; a lock per handshake, never per message. Owns: the newest key and the one before it.
// Invariants: a key makes tickets for --tls-ticket-key-s, opens them for as long again, and is then
// overwritten (age() is called at each look at the files), so that what was recorded before cannot
// be opened by who takes the process later.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <mutex>

#include "codec/bytes.h"

namespace perseid {

class TlsTickets {
 public:
  explicit TlsTickets(u32 key_s) : key_s_(key_s) {}
  ~TlsTickets();
  TlsTickets(const TlsTickets&) = delete;
  TlsTickets& operator=(const TlsTickets&) = delete;

  void use_in(SSL_CTX* context);
  // Overwrites what is too old, also if nobody asks for a ticket any more.
  void age();
  // Keys that open a ticket or would.
  u32 held();
  // For tests: as if so much more time had passed.
  void skip_s(u64 seconds);

 private:
  struct Key {
    std::array<u8, 16> name{};
    std::array<u8, 32> cipher{};
    std::array<u8, 32> mac{};
    u64 since_s = 0;  // 0: none
  };
  static int on_ticket(SSL* ssl, u8* name, u8* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                       int seals);
  int seal(u8* name, u8* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  int open(const u8* name, const u8* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool once);
  bool rotate();  // as the time says; false if there is no randomness

  const u32 key_s_;
  std::mutex lock_;  // tidy: allow lock, because only handshakes take it
  u64 skipped_s_ = 0;
  Key newest_;
  Key before_;
};

}  // namespace perseid
