#include "net/tls_context.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "net/tls_files.h"

namespace perseid {
namespace {

// Of TLS 1.2 only what has forward secrecy and authenticated encryption; 1.3 has nothing else.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// A client's chain of certificates. OpenSSL's own limit is 100 KiB, for each who has shown nothing.
constexpr long kClientChainBytesMax = 32 * 1024;

int on_alpn(SSL*, const u8** out, u8* out_size, const u8* offered, unsigned size, void*) {
  static constexpr u8 kOurs[] = "\x08http/1.1";
  u8* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_rules(SSL_CTX* context, const Options& options) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_min_proto_version(context,
                                options.tls_min_version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  // An idle connection then holds no buffers of 16 KiB; docs/decisions/0030-tls.md weighs it.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets are kept by clients
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_max_cert_list(context, kClientChainBytesMax);
  SSL_CTX_set_alpn_select_cb(context, &on_alpn, nullptr);
}

}  // namespace

TlsLoaded TlsContext::load(const Options& options, TlsTickets& tickets) {
  TlsLoaded out;
  const std::vector<TlsFiles> files = tls_files(options, out.problem);
  if (!out.problem.empty()) return out;
  const auto context = std::make_shared<TlsContext>();
  for (const TlsFiles& each : files) {
    Certificate certificate(SSL_CTX_new(TLS_server_method()));
    if (certificate == nullptr) {
      out.problem = "OpenSSL has no memory.";
      return out;
    }
    set_rules(certificate.get(), options);
    tickets.use_in(certificate.get());
    out.problem = use_certificate(certificate.get(), each, out.warnings);
    if (out.problem.empty()) out.problem = use_client_ca(certificate.get(), options.tls_client_ca);
    if (!out.problem.empty()) return out;
    context->certificates_.push_back(std::move(certificate));
  }
  SSL_CTX* first = context->certificates_.front().get();
  // What SSL_CTX_set_tlsext_servername_callback does with a cast of C.
  SSL_CTX_callback_ctrl(first, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(&on_server_name));
  SSL_CTX_set_tlsext_servername_arg(first, context.get());
  out.context = context;
  return out;
}

std::unique_ptr<TlsSession> TlsContext::begin() const {
  return TlsSession::take(SSL_new(certificates_.front().get()));
}

int TlsContext::on_server_name(SSL* ssl, int*, void* self) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_OK;
  for (const Certificate& each : static_cast<const TlsContext*>(self)->certificates_) {
    if (X509_check_host(SSL_CTX_get0_certificate(each.get()), name, 0, 0, nullptr) != 1) continue;
    SSL_set_SSL_CTX(ssl, each.get());
    break;
  }
  return SSL_TLSEXT_ERR_OK;
}

std::string kernel_tls() {
#ifdef OPENSSL_NO_KTLS
  const bool library = false;
#else
  const bool library = true;
#endif
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // Of a socket that is not connected a kernel that knows "tls" says so (ENOTCONN).
  const bool kernel =
      fd >= 0 && (::setsockopt(fd, SOL_TCP, TCP_ULP, "tls", 3) == 0 || errno == ENOTCONN);
  if (fd >= 0) ::close(fd);
  return std::string("kernel TLS is not used; OpenSSL ") + (library ? "has" : "lacks") +
         " it, this kernel " + (kernel ? "offers it" : "does not offer it");
}

}  // namespace perseid
