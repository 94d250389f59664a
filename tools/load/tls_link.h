// TlsLink: the TLS of one client of the load, on bytes that somebody else sends and receives. It
// trusts any certificate: it measures, and carries nothing that is secret.
// Thread: one. Owns: OpenSSL's object.
#pragma once

#include <memory>
#include <vector>

#include "codec/bytes.h"

struct ssl_st;
struct ssl_ctx_st;

namespace perseid::load {

// What the links of one run have in common.
class TlsClients {
 public:
  TlsClients();
  ~TlsClients();
  TlsClients(const TlsClients&) = delete;
  TlsClients& operator=(const TlsClients&) = delete;
  ssl_ctx_st* context() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

class TlsLink {
 public:
  explicit TlsLink(const TlsClients& clients);
  ~TlsLink();
  TlsLink(const TlsLink&) = delete;
  TlsLink& operator=(const TlsLink&) = delete;

  // Takes what was received; writes what it says to `out`, which has room for as much. How much
  // that was, or -1 if the connection is broken.
  i64 open(Bytes received, u8* out);
  // Appends the ciphertext of `plain` to `out`; before the handshake is done it is kept until then.
  void seal(Bytes plain, std::vector<u8>& out);
  // Likewise, what the handshake has to say.
  void take_owed(std::vector<u8>& out);

 private:
  ssl_st* ssl_;
  std::vector<u8> early_;
};

}  // namespace perseid::load
