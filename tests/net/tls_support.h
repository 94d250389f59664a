// A server with TLS for one test, and clients of it.
#pragma once

#include "engine/event.h"
#include "tests/net/server_support.h"

namespace perseid::test {

inline Options tls_options(const CertFiles& files = default_cert()) {
  Options options = test_options();
  options.tls_cert = files.cert;
  options.tls_key = files.key;
  options.tls_reload_s = 0;
  return options;
}

inline WsClient tls_client(const TestServer& server, const TlsClientConfig& tls = {}) {
  WsClient client;
  EXPECT_TRUE(client.connect_bare(server.port()));
  EXPECT_TRUE(client.start_tls(tls)) << client.tls()->trouble();
  return client;
}

// A client at /echo or elsewhere.
inline WsClient tls_connected(const TestServer& server, const TlsClientConfig& tls = {},
                              const std::string& path = "/echo") {
  WsClient client = tls_client(server, tls);
  client.send_raw(WsClient::upgrade_request({.path = path}));
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101")) << client.head();
  return client;
}

// What a client says first.
inline std::string client_hello(const TlsClientConfig& config = {}) {
  TlsWire wire(-1, config);
  SSL_do_handshake(wire.ssl());
  return wire.sealed({});
}

inline void expect_echo(WsClient& client, const std::string& text = "hello") {
  client.send_text(text);
  EXPECT_EQ(client.read_message(), text);
}

// The host of the certificate that the server has shown.
inline std::string shown_host(const WsClient& client) {
  X509* cert = SSL_get1_peer_certificate(client.tls()->ssl());
  std::array<char, 256> text{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, text.data(), text.size());
  X509_free(cert);
  return text.data();
}

struct Session {
  explicit Session(const WsClient& client) : it(client.tls()->session()) {}
  ~Session() { SSL_SESSION_free(it); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  SSL_SESSION* const it;
};

}  // namespace perseid::test
