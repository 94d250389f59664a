// TlsContext: certificates and rules of TLS as the options name them, read once. What changes on
// the disk becomes another TlsContext (tls_keeper.h); connections go on with the one they began
// with.
// Thread: loaded by any; immutable from then on, so every shard may ask it for sessions.
// Owns: one SSL_CTX for each certificate; the first serves who names no host, or one unknown.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/options.h"
#include "engine/warning.h"
#include "net/tls_session.h"
#include "net/tls_tickets.h"

namespace perseid {

struct TlsFiles {
  std::string cert;
  std::string key;
};

// Pairs as --tls-cert and --tls-key name them; `problem` is a sentence if they do not go together.
std::vector<TlsFiles> tls_files(const Options& options, std::string& problem);

struct TlsLoaded;

class TlsContext {
 public:
  // `tickets` outlives all sessions.
  static TlsLoaded load(const Options& options, TlsTickets& tickets);

  // Null if there is no memory.
  std::unique_ptr<TlsSession> begin() const;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  using Certificate = std::unique_ptr<SSL_CTX, Free>;
  static int on_server_name(SSL* ssl, int* alert, void* self);
  std::vector<Certificate> certificates_;
};

struct TlsLoaded {
  std::shared_ptr<const TlsContext> context;  // null: see problem
  std::string problem;                        // a sentence for a person, with what to do
  std::vector<Warning> warnings;
};

// What this machine offers of kernel TLS, in words. Perseid does not use it (docs/operations.md).
std::string kernel_tls();

}  // namespace perseid
