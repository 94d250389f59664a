#include "tools/load/tls_link.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdexcept>

namespace perseid::load {

TlsClients::TlsClients() : context_(SSL_CTX_new(TLS_client_method())) {
  if (context_ == nullptr) throw std::runtime_error("OpenSSL has no memory");
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
}

TlsClients::~TlsClients() {
  SSL_CTX_free(context_);
}

TlsLink::TlsLink(const TlsClients& clients) : ssl_(SSL_new(clients.context())) {
  if (ssl_ == nullptr) throw std::runtime_error("OpenSSL has no memory");
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_);
  (void)SSL_do_handshake(ssl_);
}

TlsLink::~TlsLink() {
  SSL_free(ssl_);
}

i64 TlsLink::open(Bytes received, u8* out) {
  ERR_clear_error();
  BIO_write(SSL_get_rbio(ssl_), received.data(), static_cast<int>(received.size()));
  i64 size = 0;
  for (;;) {
    const int got = SSL_read(ssl_, out + size, 16384);
    if (got > 0) {
      size += got;
      continue;
    }
    const int why = SSL_get_error(ssl_, got);
    if (why == SSL_ERROR_WANT_READ) return size;
    return size > 0 ? size : -1;
  }
}

void TlsLink::seal(Bytes plain, std::vector<u8>& out) {
  if (SSL_is_init_finished(ssl_) == 0) {
    early_.insert(early_.end(), plain.begin(), plain.end());
  } else {
    SSL_write(ssl_, plain.data(), static_cast<int>(plain.size()));
  }
  take_owed(out);
}

void TlsLink::take_owed(std::vector<u8>& out) {
  if (!early_.empty() && SSL_is_init_finished(ssl_) != 0) {
    SSL_write(ssl_, early_.data(), static_cast<int>(early_.size()));
    std::vector<u8>().swap(early_);
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
  out.insert(out.end(), data, data + size);
  (void)BIO_reset(SSL_get_wbio(ssl_));
}

}  // namespace perseid::load
