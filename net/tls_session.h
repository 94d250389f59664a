// TlsSession: one connection's TLS (OpenSSL), between the socket's bytes and the connection's. It
// does no I/O: ciphertext is lent to it, ciphertext comes out of it.
// Thread: one at a time; it may move between shards. Owns: OpenSSL's object.
// Invariants: what is lent is consumed before read() says want_more; what it owes by itself
// (handshake, alerts) leaves before what is sealed after it; OpenSSL is not asked again once it
// failed.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"

namespace perseid {

constexpr std::size_t kTlsRecordBytesMax = SSL3_RT_MAX_PLAIN_LENGTH;
// What it may owe: a handshake's flight is some kilobytes. More is a peer that asks and never
// reads.
constexpr std::size_t kTlsOwedBytesMax = 64 * KiB;

// New keys cost more than most messages, so they are earned by data: these many at first, then one
// for so many bytes. Others update after gigabytes.
constexpr u32 kTlsKeyUpdatesMax = 32;
constexpr std::size_t kTlsKeyUpdateBytes = 64 * KiB;

enum class TlsRead : u8 {
  bytes,
  want_more,
  ended,   // the peer's close_notify
  failed,  // see failure()
};

class TlsSession {
 public:
  // Takes over a server's SSL object; null if there is no memory.
  static std::unique_ptr<TlsSession> take(SSL* ssl);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Ciphertext of the peer, which lives until read() has said anything but `bytes`.
  void lend(Bytes ciphertext) { lent_ = ciphertext; }
  TlsRead read(MutableBytes out, std::size_t& got);
  // Goes on with the handshake as far as what is lent goes; read() tells what came of it.
  void shake();
  // What is lent and not consumed: it came behind the end of the handshake.
  Bytes left() const { return lent_; }
  // Appends what it owes and then `plain`, encrypted, to `out`. False if it failed.
  bool seal(Bytes plain, std::vector<u8>& out);
  // Owes a close_notify.
  void say_goodbye();

  bool is_ready() const { return SSL_is_init_finished(ssl_) != 0; }
  bool is_resumed() const { return SSL_session_reused(ssl_) != 0; }
  // That the peer's certificate, if it showed one, has not expired.
  bool is_peer_in_date() const;
  bool failed() const { return failed_; }
  // The peer has said goodbye.
  bool has_ended() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  // In OpenSSL's words.
  std::string_view failure() const { return failure_; }
  std::vector<u8>& owed() { return owed_; }
  const std::vector<u8>& owed() const { return owed_; }
  void note_renegotiation() { asked_to_renegotiate_ = true; }
  void note_key_update();

 private:
  explicit TlsSession(SSL* ssl);
  static BIO_METHOD* wire();
  static int take_lent(BIO* bio, char* out, int size);
  static int put(BIO* bio, const char* bytes, int size);
  TlsRead fail(int result);
  void earn_key_updates(std::size_t read_bytes);

  SSL* ssl_;
  Bytes lent_;
  std::vector<u8> owed_;
  std::vector<u8>* sink_ = &owed_;
  u32 key_updates_ = 0;
  std::size_t read_bytes_ = 0;  // since the last that was earned
  bool failed_ = false;
  bool asked_to_renegotiate_ = false;
  bool said_goodbye_ = false;
  std::string failure_;
};

}  // namespace perseid
