// net: what TLS adds to a message, without a kernel: its record sealed, and opened.
// Instructions, where the machine counts none: valgrind --tool=callgrind with this filter.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <array>
#include <memory>
#include <string>

#include "bench/micro/bench.h"
#include "net/tls_context.h"

namespace perseid::bench {
namespace {

// A certificate that signs itself, for as long as it takes to read it.
TlsLoaded load(TlsTickets& tickets) {
  std::string folder = "/tmp/perseid-bench-XXXXXX";
  PSD_ASSERT(::mkdtemp(folder.data()) != nullptr);
  Options options;
  options.tls_cert = folder + "/cert.pem";
  options.tls_key = folder + "/key.pem";
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(cert), 0);
  X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * 30);
  X509_set_pubkey(cert, key);
  X509_sign(cert, key, EVP_sha256());
  std::FILE* file = std::fopen(options.tls_cert.c_str(), "w");
  PEM_write_X509(file, cert);
  std::fclose(file);
  file = std::fopen(options.tls_key.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(cert);
  EVP_PKEY_free(key);
  const TlsLoaded out = TlsContext::load(options, tickets);
  PSD_ASSERT(out.context != nullptr);
  for (const std::string& each : {options.tls_cert, options.tls_key}) std::remove(each.c_str());
  std::remove(folder.c_str());
  return out;
}

// A server's session that has shaken hands with a client in this process.
class Pair {
 public:
  Pair() : context_(SSL_CTX_new(TLS_client_method())), client_(SSL_new(context_)) {
    SSL_set_bio(client_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client_);
    for (int i = 0; i < 3; ++i) {
      SSL_do_handshake(client_);
      const std::string said = spoken();
      std::size_t got = 0;
      server->lend(as_bytes(said));
      (void)server->read(plain, got);
      BIO_write(SSL_get_rbio(client_), server->owed().data(),
                static_cast<int>(server->owed().size()));
      server->owed().clear();
    }
    PSD_ASSERT(server->is_ready());
  }
  ~Pair() {
    SSL_free(client_);
    SSL_CTX_free(context_);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  std::string sealed_by_client(const std::string& text) {
    SSL_write(client_, text.data(), static_cast<int>(text.size()));
    return spoken();
  }

 private:
  std::string spoken() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(client_), &data);
    std::string out(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(client_));
    return out;
  }

  TlsTickets tickets_{3600};
  const TlsLoaded loaded_ = load(tickets_);
  SSL_CTX* const context_;
  SSL* const client_;

 public:
  const std::unique_ptr<TlsSession> server = loaded_.context->begin();
  std::array<u8, 16384> plain;
};

void tls_seal(benchmark::State& state, u32 size) {
  Pair pair;
  const std::string text = some_text(size);
  std::vector<u8> out;
  out.reserve(2 * size + 1024);
  const u64 before = allocations();
  for (auto _ : state) {
    out.clear();
    PSD_ASSERT(pair.server->seal(as_bytes(text), out));
    benchmark::DoNotOptimize(out.data());
  }
  report(state, size, before);
}

void tls_open(benchmark::State& state, u32 size) {
  constexpr int kBatch = 256;
  Pair pair;
  const std::string text = some_text(size);
  std::array<std::string, kBatch> sealed;
  const u64 before = allocations();
  std::size_t at = kBatch;
  for (auto _ : state) {
    if (at == kBatch) {
      state.PauseTiming();
      for (std::string& each : sealed) each = pair.sealed_by_client(text);
      at = 0;
      state.ResumeTiming();
    }
    pair.server->lend(as_bytes(sealed[at++]));
    std::size_t got = 0;
    while (pair.server->read(pair.plain, got) == TlsRead::bytes) benchmark::DoNotOptimize(got);
  }
  report(state, size, before);
}

[[maybe_unused]] const bool registered =
    add_for_sizes("net/tls_seal", tls_seal) && add_for_sizes("net/tls_open", tls_open);

}  // namespace
}  // namespace perseid::bench
