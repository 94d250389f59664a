#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <perseid/tls.h>

#include <algorithm>
#include <array>
#include <utility>

namespace perseid {
inline namespace sdk {

class TlsContext {
 public:
  explicit TlsContext(TlsConfig from)
      : config(std::move(from)), handle(SSL_CTX_new(TLS_client_method())) {}
  ~TlsContext() { SSL_CTX_free(handle); }
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  TlsConfig config;
  SSL_CTX* handle;
};

namespace {

constexpr std::size_t kRecordBytes = 16 * KiB;

bool is_address(const std::string& host) {
  std::array<u8, 16> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

std::string openssl_text() {
  const unsigned long error = ERR_peek_last_error();
  const char* text = error == 0 ? nullptr : ERR_reason_error_string(error);
  return text != nullptr ? text : "no reason is known";
}

LinkFault fault_of(long verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return LinkFault::tls_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return LinkFault::tls_wrong_host;
    default:
      return LinkFault::tls_untrusted;
  }
}

// What OpenSSL reads and writes are two memory buffers: a Transport's bytes go through them.
class TlsTransport final : public Transport {
 public:
  TlsTransport(std::shared_ptr<TlsContext> context, std::string host,
               std::unique_ptr<Transport> stream)
      : context_(std::move(context)),
        host_(std::move(host)),
        stream_(std::move(stream)),
        ssl_(SSL_new(context_->handle)) {
    prepared_ = ssl_ != nullptr && prepare();
  }
  ~TlsTransport() override {
    if (connected_ && error_.empty()) {  // said good-bye to, as far as it can leave at once
      SSL_shutdown(ssl_);
      drain();
    }
    SSL_free(ssl_);
  }
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  Status connect() override;
  Moved read(std::span<u8> into) override;
  Moved write(std::span<const u8> from) override;
  int fd() const override { return stream_->fd(); }
  bool wants_write() const override { return is_blocked() || stream_->wants_write(); }
  bool has_more() const override { return more_; }
  std::string error() const override { return error_; }
  LinkFault fault() const override { return fault_; }

 private:
  bool prepare();
  bool drain();
  Status fill();
  Status handshake_failed();
  Status fail(LinkFault fault, std::string why);
  Status stream_failed();
  bool is_blocked() const { return out_begin_ != out_.size() || BIO_ctrl_pending(to_peer_) != 0; }

  std::shared_ptr<TlsContext> context_;
  std::string host_;
  std::unique_ptr<Transport> stream_;
  SSL* ssl_;
  BIO* from_peer_ = nullptr;  // owned by ssl_, as the other
  BIO* to_peer_ = nullptr;
  bool prepared_ = false;
  bool stream_connected_ = false;
  bool connected_ = false;
  bool more_ = false;  // the last read() did not come to an end
  std::string out_;    // ciphertext that the stream has not taken
  std::size_t out_begin_ = 0;
  LinkFault fault_ = LinkFault::ended;
  std::string error_;
};

bool TlsTransport::prepare() {
  from_peer_ = BIO_new(BIO_s_mem());
  to_peer_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_, from_peer_, to_peer_);
  if (from_peer_ == nullptr || to_peer_ == nullptr) return false;
  SSL_set_connect_state(ssl_);
  const std::string& name = context_->config.host.empty() ? host_ : context_->config.host;
  if (is_address(name))
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), name.c_str()) == 1;
  SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  void* sni = const_cast<char*>(name.c_str());  // SSL_set_tlsext_host_name() is a macro with a cast
  return SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sni) == 1 &&
         SSL_set1_host(ssl_, name.c_str()) == 1;
}

Transport::Status TlsTransport::fail(LinkFault fault, std::string why) {
  fault_ = fault;
  error_ = std::move(why);
  more_ = false;
  return Status::failed;
}

Transport::Status TlsTransport::stream_failed() {
  const LinkFault fault = stream_->fault();
  const bool greeting = stream_connected_ && !connected_ && fault == LinkFault::ended;
  if (!greeting) return fail(fault, stream_->error());
  return fail(LinkFault::tls_failed, host_ + ": the TLS handshake ended: " + stream_->error());
}

// Hands on what OpenSSL wrote, as far as the stream takes it. False: the stream failed.
bool TlsTransport::drain() {
  for (;;) {
    if (out_begin_ == out_.size()) {
      out_.resize(BIO_ctrl_pending(to_peer_));
      out_begin_ = 0;
      if (out_.empty()) return true;
      BIO_read(to_peer_, out_.data(), static_cast<int>(out_.size()));
    }
    const Moved sent = stream_->write(as_bytes(out_).subspan(out_begin_));
    if (sent.status == Status::again) return true;
    if (sent.status == Status::failed) return false;
    out_begin_ += sent.bytes;
  }
}

Transport::Status TlsTransport::fill() {
  std::array<u8, kRecordBytes> buffer;
  const Moved got = stream_->read(buffer);
  if (got.status == Status::ok) BIO_write(from_peer_, buffer.data(), static_cast<int>(got.bytes));
  return got.status;
}

Transport::Status TlsTransport::handshake_failed() {
  const long verdict = SSL_get_verify_result(ssl_);
  if (verdict == X509_V_OK || !context_->config.verify) {
    return fail(LinkFault::tls_failed, host_ + ": the TLS handshake failed: " + openssl_text());
  }
  return fail(fault_of(verdict), host_ + ": its certificate is not accepted: " +
                                     X509_verify_cert_error_string(verdict));
}

Transport::Status TlsTransport::connect() {
  if (connected_) return Status::ok;
  if (!prepared_) return fail(LinkFault::tls_failed, "no TLS for " + host_ + ": " + openssl_text());
  if (!stream_connected_) {
    const Status status = stream_->connect();
    if (status == Status::failed) return stream_failed();
    if (status == Status::again) return status;
    stream_connected_ = true;
  }
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    const bool waits = done != 1 && SSL_get_error(ssl_, done) == SSL_ERROR_WANT_READ;
    const bool drained = drain();  // also what it says as it fails
    if (done != 1 && !waits) return handshake_failed();
    if (!drained) return stream_failed();
    if (done == 1) break;
    const Status status = fill();
    if (status == Status::failed) return stream_failed();
    if (status == Status::again) return status;
  }
  connected_ = true;
  return Status::ok;
}

Transport::Moved TlsTransport::read(std::span<u8> into) {
  for (;;) {
    ERR_clear_error();
    const int got = SSL_read(ssl_, into.data(), static_cast<int>(into.size()));
    more_ = got > 0;
    const int error = more_ ? SSL_ERROR_NONE : SSL_get_error(ssl_, got);
    if (!drain()) return {stream_failed(), 0};
    if (more_) return {Status::ok, static_cast<std::size_t>(got)};
    if (error == SSL_ERROR_ZERO_RETURN) {
      return {fail(LinkFault::ended, "the other side ended the connection"), 0};
    }
    if (error != SSL_ERROR_WANT_READ) {
      return {fail(LinkFault::tls_failed, host_ + ": TLS broke: " + openssl_text()), 0};
    }
    const Status status = fill();
    if (status == Status::failed) return {stream_failed(), 0};
    if (status == Status::again) return {status, 0};
  }
}

// One record at most is held here: the next is not taken before the stream has this one.
Transport::Moved TlsTransport::write(std::span<const u8> from) {
  if (!drain()) return {stream_failed(), 0};
  if (is_blocked()) return {Status::again, 0};
  ERR_clear_error();
  const auto size = static_cast<int>(std::min(from.size(), kRecordBytes));
  const int taken = SSL_write(ssl_, from.data(), size);
  if (taken <= 0) {
    if (SSL_get_error(ssl_, taken) == SSL_ERROR_WANT_READ) return {Status::again, 0};
    return {fail(LinkFault::tls_failed, host_ + ": TLS broke: " + openssl_text()), 0};
  }
  if (!drain()) return {stream_failed(), 0};
  return {Status::ok, static_cast<std::size_t>(taken)};
}

bool trusts(SSL_CTX* context, const std::string& ca_file) {
  if (ca_file.empty()) return SSL_CTX_set_default_verify_paths(context) == 1;
  return SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1;
}

}  // namespace

std::shared_ptr<TlsContext> make_tls_context(const TlsConfig& config, LinkFailure& failure) {
  ERR_clear_error();
  auto out = std::make_shared<TlsContext>(config);
  constexpr u8 kAlpn[] = "\x08http/1.1";
  SSL_CTX* handle = out->handle;
  if (handle == nullptr || SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_alpn_protos(handle, kAlpn, sizeof kAlpn - 1) != 0) {
    failure = {LinkFault::tls_failed, "OpenSSL makes no context: " + openssl_text()};
    return nullptr;
  }
  SSL_CTX_set_verify(handle, config.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(handle, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
  if (config.verify && !trusts(handle, config.ca_file)) {
    const std::string name = config.ca_file.empty() ? "the system's authorities" : config.ca_file;
    failure = {LinkFault::bad_ca_file, "no certificates in " + name + ": " + openssl_text()};
    return nullptr;
  }
  return out;
}

std::unique_ptr<Transport> make_tls_transport(std::shared_ptr<TlsContext> context,
                                              const std::string& host,
                                              std::unique_ptr<Transport> stream) {
  return std::make_unique<TlsTransport>(std::move(context), host, std::move(stream));
}

}  // namespace sdk
}  // namespace perseid
