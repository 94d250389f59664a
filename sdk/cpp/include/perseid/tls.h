// TLS for a Client, by OpenSSL: what wss:// uses, and what can be put upon any other stream.
// Thread: the client's; a context may be shared by several.
// Invariants: no call blocks, but make_tls_context() reads the authorities' file; unless told not
// to, nobody is talked to whose certificate is not trusted, valid now and of this host.
#pragma once

#include <perseid/transport.h>
#include <perseid/types.h>

#include <memory>
#include <string>

namespace perseid {
inline namespace sdk {

struct TlsConfig {
  bool verify = true;        // false: anybody may pose as the relay; for tests alone
  std::string ca_file = {};  // PEM: the only authorities that are trusted; empty: the system's
  std::string host = {};     // the name that the certificate must bear; empty: the url's
};

// What the connections of a client share.
class TlsContext;
// Null: `failure` says why.
std::shared_ptr<TlsContext> make_tls_context(const TlsConfig& config, LinkFailure& failure);

// TLS 1.2 or newer to `host` upon a stream that is not connected yet.
std::unique_ptr<Transport> make_tls_transport(std::shared_ptr<TlsContext> context,
                                              const std::string& host,
                                              std::unique_ptr<Transport> stream);

}  // namespace sdk
}  // namespace perseid
