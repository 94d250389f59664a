#include "net/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "codec/assert.h"

namespace perseid {
namespace {

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int begin(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

// OpenSSL tells of a refused renegotiation only here, as the warning that it sends.
void on_info(const SSL* ssl, int where, int value) {
  const bool is_refusal = (where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT &&
                          (value & 0xff) == SSL_AD_NO_RENEGOTIATION;
  if (is_refusal) static_cast<TlsSession*>(SSL_get_app_data(ssl))->note_renegotiation();
}

// What the peer asks for in the middle of its data (RFC 8446 section 4.6.3).
void on_message(int is_ours, int, int type, const void* bytes, std::size_t size, SSL* ssl, void*) {
  const bool is_key_update = is_ours == 0 && type == SSL3_RT_HANDSHAKE && size > 0 &&
                             *static_cast<const u8*>(bytes) == SSL3_MT_KEY_UPDATE;
  if (is_key_update) static_cast<TlsSession*>(SSL_get_app_data(ssl))->note_key_update();
}

// What other calls of this thread have left would be taken for ours. Clearing what is clear already
// is a tenth of what a short message costs.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

std::string reason_of(const SSL* ssl) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "the connection broke" : reason;
}

}  // namespace

BIO_METHOD* TlsSession::wire() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "perseid wire");
    BIO_meth_set_create(out, &begin);
    BIO_meth_set_read(out, &take_lent);
    BIO_meth_set_write(out, &put);
    BIO_meth_set_ctrl(out, &control);
    return out;
  }();
  return method;
}

int TlsSession::take_lent(BIO* bio, char* out, int size) {
  Bytes& lent = static_cast<TlsSession*>(BIO_get_data(bio))->lent_;
  BIO_clear_retry_flags(bio);
  if (lent.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(lent.size(), static_cast<std::size_t>(size));
  std::memcpy(out, lent.data(), taken);
  lent = lent.subspan(taken);
  return static_cast<int>(taken);
}

int TlsSession::put(BIO* bio, const char* bytes, int size) {
  TlsSession& self = *static_cast<TlsSession*>(BIO_get_data(bio));
  const auto* from = reinterpret_cast<const u8*>(bytes);
  self.sink_->insert(self.sink_->end(), from, from + size);
  return size;
}

TlsSession::TlsSession(SSL* ssl) : ssl_(ssl) {}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

std::unique_ptr<TlsSession> TlsSession::take(SSL* ssl) {
  BIO* bio = ssl == nullptr ? nullptr : BIO_new(wire());
  if (bio == nullptr) {
    SSL_free(ssl);
    return nullptr;
  }
  std::unique_ptr<TlsSession> out(new TlsSession(ssl));
  BIO_set_data(bio, out.get());
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, out.get());
  SSL_set_info_callback(ssl, &on_info);
  SSL_set_msg_callback(ssl, &on_message);
  SSL_set_accept_state(ssl);
  return out;
}

TlsRead TlsSession::read(MutableBytes out, std::size_t& got) {
  got = 0;
  if (failed_) return TlsRead::failed;
  forget_errors();
  const int result = SSL_read_ex(ssl_, out.data(), out.size(), &got);
  const bool floods = key_updates_ > kTlsKeyUpdatesMax;
  if (asked_to_renegotiate_ || floods || owed_.size() > kTlsOwedBytesMax) {
    failed_ = true;
    failure_ = asked_to_renegotiate_ ? "renegotiation"
               : floods              ? "too many key updates"
                                     : "it asks and does not read";
    got = 0;
    return TlsRead::failed;
  }
  if (result == 1) earn_key_updates(got);
  return result == 1 ? TlsRead::bytes : fail(result);
}

void TlsSession::shake() {
  if (failed_ || is_ready()) return;
  forget_errors();
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) (void)fail(result);
}

// OpenSSL works through all of them in one call: what is lent beyond the bound it does not see.
void TlsSession::note_key_update() {
  if (++key_updates_ > kTlsKeyUpdatesMax) lent_ = {};
}

void TlsSession::earn_key_updates(std::size_t read_bytes) {
  read_bytes_ += read_bytes;
  const auto earned = static_cast<u32>(read_bytes_ / kTlsKeyUpdateBytes);
  read_bytes_ %= kTlsKeyUpdateBytes;
  key_updates_ -= std::min(key_updates_, earned);
}

TlsRead TlsSession::fail(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      PSD_ASSERT(lent_.empty());
      return TlsRead::want_more;
    case SSL_ERROR_ZERO_RETURN:
      return TlsRead::ended;
    default:
      failed_ = true;
      failure_ = reason_of(ssl_);
      return TlsRead::failed;
  }
}

bool TlsSession::is_peer_in_date() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_);
  return certificate == nullptr || X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

bool TlsSession::seal(Bytes plain, std::vector<u8>& out) {
  if (!owed_.empty()) {
    out.insert(out.end(), owed_.begin(), owed_.end());
    std::vector<u8>().swap(owed_);
  }
  if (plain.empty()) return true;
  if (failed_) return false;
  forget_errors();
  sink_ = &out;
  std::size_t taken = 0;
  const int result = SSL_write_ex(ssl_, plain.data(), plain.size(), &taken);
  sink_ = &owed_;
  if (result == 1) {
    PSD_ASSERT(taken == plain.size());
    return true;
  }
  failed_ = true;
  failure_ = reason_of(ssl_);
  return false;
}

void TlsSession::say_goodbye() {
  if (failed_ || said_goodbye_ || !is_ready()) return;
  said_goodbye_ = true;
  forget_errors();
  (void)SSL_shutdown(ssl_);
}

}  // namespace perseid
