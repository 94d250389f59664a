// TlsWire: the TLS of a test's client, on a socket that it does not own: blocking, each wait with a
// limit. Its handshake and its bytes can be had one by one, to be cut or broken.
// Thread: one. Owns: OpenSSL's object.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid::test {

struct TlsClientConfig {
  std::string ca = {};    // must have signed the server's certificate; empty: any will do
  std::string host = {};  // named in the handshake (SNI), and checked with `ca`
  std::string cert = {};  // shown to the server
  std::string key = {};
  int version = 0;                 // TLS1_2_VERSION or TLS1_3_VERSION alone; 0: what both know
  std::string alpn = {};           // one protocol
  SSL_SESSION* session = nullptr;  // to be resumed; not owned
};

class TlsWire {
 public:
  TlsWire(int fd, const TlsClientConfig& config);
  ~TlsWire();
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  bool shake_hands(int wait_ms);
  bool write(std::string_view bytes);
  // What one call takes without waiting.
  std::size_t write_some(std::string_view bytes);
  // Bytes that came; 0 at the end of the stream, which may lack a close_notify; -1: it broke, or
  // nothing came in time (see timed_out()).
  int read(char* out, int size, int wait_ms);
  bool timed_out() const { return timed_out_; }
  bool ended_cleanly() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  void say_goodbye() { SSL_shutdown(ssl_); }

  SSL* ssl() const { return ssl_; }
  // What the server called wrong, or we did.
  std::string trouble() const { return trouble_; }
  // The ciphertext of `bytes`, not sent.
  std::string sealed(std::string_view bytes);
  // A session to resume, of what was read so far; null if there is none. The caller frees it.
  SSL_SESSION* session() const;

 private:
  bool wait(int result, int wait_ms);

  SSL_CTX* context_;
  SSL* ssl_;
  int fd_;
  bool timed_out_ = false;
  std::string trouble_;
};

// True if all of a test program's clients and servers speak TLS (PERSEID_TEST_TLS is set): the same
// suites then run a second time, encrypted.
bool tests_over_tls();

}  // namespace perseid::test
