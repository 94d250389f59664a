#include "net/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

#include "net/clock.h"

namespace perseid {
namespace {

// The slot of an SSL_CTX that names its TlsTickets.
int slot_of_tickets() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

bool set_mac(EVP_MAC_CTX* mac, std::array<u8, 32>& key) {
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 3> params = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

}  // namespace

TlsTickets::~TlsTickets() {
  OPENSSL_cleanse(&newest_, sizeof newest_);
  OPENSSL_cleanse(&before_, sizeof before_);
}

void TlsTickets::use_in(SSL_CTX* context) {
  SSL_CTX_set_ex_data(context, slot_of_tickets(), this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &on_ticket);
  SSL_CTX_set_timeout(context, static_cast<long>(key_s_) * 2);
}

void TlsTickets::skip_s(u64 seconds) {
  const std::lock_guard guard(lock_);  // tidy: allow lock, because of a handshake
  skipped_s_ += seconds;
}

void TlsTickets::age() {
  const std::lock_guard guard(lock_);  // tidy: allow lock, because once per look at the files
  (void)rotate();
}

u32 TlsTickets::held() {
  const std::lock_guard guard(lock_);  // tidy: allow lock, because for tests
  return (newest_.since_s != 0 ? 1u : 0u) + (before_.since_s != 0 ? 1u : 0u);
}

int TlsTickets::on_ticket(SSL* ssl, u8* name, u8* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                          int seals) {
  auto* tickets =
      static_cast<TlsTickets*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), slot_of_tickets()));
  const std::lock_guard guard(tickets->lock_);  // tidy: allow lock, because of a handshake
  if (!tickets->rotate()) return -1;
  return seals != 0 ? tickets->seal(name, iv, cipher, mac)
                    : tickets->open(name, iv, cipher, mac, SSL_version(ssl) >= TLS1_3_VERSION);
}

bool TlsTickets::rotate() {
  const u64 now_s = clock_ms(CLOCK_MONOTONIC) / 1000 + 1 + skipped_s_;
  if (before_.since_s != 0 && now_s - before_.since_s >= 2 * u64{key_s_}) {
    OPENSSL_cleanse(&before_, sizeof before_);
  }
  if (newest_.since_s != 0 && now_s - newest_.since_s < key_s_) return true;
  const bool still_opens = newest_.since_s != 0 && now_s - newest_.since_s < 2 * u64{key_s_};
  if (still_opens) before_ = newest_;
  newest_.since_s = 0;
  const bool drawn =
      RAND_bytes(newest_.name.data(), static_cast<int>(newest_.name.size())) == 1 &&
      RAND_priv_bytes(newest_.cipher.data(), static_cast<int>(newest_.cipher.size())) == 1 &&
      RAND_priv_bytes(newest_.mac.data(), static_cast<int>(newest_.mac.size())) == 1;
  if (drawn) newest_.since_s = now_s;
  return drawn;
}

int TlsTickets::seal(u8* name, u8* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  std::copy(newest_.name.begin(), newest_.name.end(), name);
  const bool ready =
      EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, newest_.cipher.data(), iv) == 1 &&
      set_mac(mac, newest_.mac);
  return ready ? 1 : -1;
}

// 2 asks for a new ticket along with it: of TLS 1.3 each is used once.
int TlsTickets::open(const u8* name, const u8* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                     bool once) {
  for (Key* key : {&newest_, &before_}) {
    if (key->since_s == 0 || CRYPTO_memcmp(key->name.data(), name, key->name.size()) != 0) continue;
    const bool ready =
        set_mac(mac, key->mac) &&
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1;
    return !ready ? -1 : key == &newest_ && !once ? 1 : 2;
  }
  return 0;
}

}  // namespace perseid
