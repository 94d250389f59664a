#include "tests/support/tls_wire.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace perseid::test {
namespace {

int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto** kept = static_cast<SSL_SESSION**>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  SSL_SESSION_free(*kept);
  *kept = session;
  return 1;
}

}  // namespace

TlsWire::TlsWire(int fd, const TlsClientConfig& config)
    : context_(SSL_CTX_new(TLS_client_method())), fd_(fd) {
  SSL_CTX_set_app_data(context_, new SSL_SESSION*(nullptr));
  // Its own cache would spoil sessions that outlive it.
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, &keep_session);
  if (!config.ca.empty()) {
    SSL_CTX_load_verify_file(context_, config.ca.c_str());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  }
  if (!config.cert.empty()) {
    SSL_CTX_use_certificate_chain_file(context_, config.cert.c_str());
    SSL_CTX_use_PrivateKey_file(context_, config.key.c_str(), SSL_FILETYPE_PEM);
  }
  if (config.version != 0) {
    SSL_CTX_set_min_proto_version(context_, config.version);
    SSL_CTX_set_max_proto_version(context_, config.version);
  }
  ssl_ = SSL_new(context_);
  if (!config.host.empty()) {
    // What SSL_set_tlsext_host_name does with a cast of C.
    SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(config.host.c_str()));
    SSL_set1_host(ssl_, config.host.c_str());
  }
  if (!config.alpn.empty()) {
    const std::string list = static_cast<char>(config.alpn.size()) + config.alpn;
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const u8*>(list.data()),
                        static_cast<unsigned>(list.size()));
  }
  if (config.session != nullptr) SSL_set_session(ssl_, config.session);
  SSL_set_mode(ssl_, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Without SIGPIPE: the bytes pass through memory and are sent by hand.
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(ssl_), -1);
  SSL_set_connect_state(ssl_);
}

TlsWire::~TlsWire() {
  auto** kept = static_cast<SSL_SESSION**>(SSL_CTX_get_app_data(context_));
  SSL_SESSION_free(*kept);
  delete kept;
  // Or else OpenSSL takes the session for spoiled.
  SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

SSL_SESSION* TlsWire::session() const {
  // Up to TLS 1.2 it is a part of the handshake, later it comes at any time.
  if (SSL_version(ssl_) < TLS1_3_VERSION) return SSL_get1_session(ssl_);
  SSL_SESSION* kept = *static_cast<SSL_SESSION**>(SSL_CTX_get_app_data(context_));
  if (kept != nullptr) SSL_SESSION_up_ref(kept);
  return kept;
}

std::string TlsWire::sealed(std::string_view bytes) {
  if (!bytes.empty()) SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
  std::string out(data, static_cast<std::size_t>(size));
  (void)BIO_reset(SSL_get_wbio(ssl_));
  return out;
}

// Sends what there is; then waits for more, if that is what is wanted.
bool TlsWire::wait(int result, int wait_ms) {
  timed_out_ = false;
  const int error = SSL_get_error(ssl_, result);
  for (std::string out = sealed({}); !out.empty();) {
    const ssize_t sent = ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;  // what the other side has said may still be there to be read
    out.erase(0, static_cast<std::size_t>(sent));
  }
  if (error != SSL_ERROR_WANT_READ) {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    if (error != SSL_ERROR_NONE && reason != nullptr) trouble_ = reason;
    return false;
  }
  pollfd poll{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&poll, 1, wait_ms) <= 0) {
    timed_out_ = true;
    return false;
  }
  char bytes[65536];
  const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
  if (got <= 0) {
    trouble_ = got == 0 ? "the stream ended" : std::strerror(errno);
    return false;
  }
  BIO_write(SSL_get_rbio(ssl_), bytes, static_cast<int>(got));
  return true;
}

bool TlsWire::shake_hands(int wait_ms) {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    const bool more = wait(result, wait_ms);
    if (result == 1) return true;
    if (!more) return false;
  }
}

bool TlsWire::write(std::string_view bytes) {
  std::string out = sealed(bytes);
  while (!out.empty()) {
    const ssize_t sent = ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    out.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t TlsWire::write_some(std::string_view bytes) {
  pollfd poll{.fd = fd_, .events = POLLOUT, .revents = 0};
  if (::poll(&poll, 1, 0) <= 0) return 0;
  const std::string_view part = bytes.substr(0, 16384);
  return write(part) ? part.size() : 0;
}

int TlsWire::read(char* out, int size, int wait_ms) {
  for (;;) {
    ERR_clear_error();
    const int got = SSL_read(ssl_, out, size);
    if (got > 0) return got;
    if (SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN) return 0;
    if (!wait(got, wait_ms)) return trouble_ == "the stream ended" && !timed_out_ ? 0 : -1;
  }
}

bool tests_over_tls() {
  static const bool over_tls = std::getenv("PERSEID_TEST_TLS") != nullptr;
  return over_tls;
}

}  // namespace perseid::test
