#include "tests/support/tls_files.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace perseid::test {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* what) const { Free(what); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509, X509_free>>;

template <class Read>
auto read_pem(const std::string& file, Read&& read) {
  std::FILE* in = std::fopen(file.c_str(), "r");
  auto* out = read(in);
  std::fclose(in);
  return out;
}

template <class Write>
void write_pem(const std::string& file, Write&& write) {
  const std::string fresh = file + ".new";
  std::FILE* out = std::fopen(fresh.c_str(), "w");
  write(out);
  std::fclose(out);
  ::chmod(fresh.c_str(), 0600);
  std::filesystem::rename(fresh, file);
}

void add(X509* cert, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

Cert make_cert(EVP_PKEY* key, const CertWish& wish) {
  static std::atomic<long> serial{1000};
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), wish.days_from * 86400L);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), wish.days_to * 86400L);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* name = X509_get_subject_name(cert.get());
  const auto* text = reinterpret_cast<const u8*>(wish.host.c_str());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  add(cert.get(), NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
  const bool is_number = wish.host.find_first_not_of("0123456789.") == std::string::npos;
  add(cert.get(), NID_subject_alt_name,
      is_number ? "IP:" + wish.host + ",DNS:localhost" : "DNS:" + wish.host);
  return cert;
}

}  // namespace

CertFolder::CertFolder() {
  std::string name = std::filesystem::temp_directory_path() / "perseid-tls-XXXXXX";
  path_ = ::mkdtemp(name.data());
}

CertFolder::~CertFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

CertFiles CertFolder::make(const std::string& name, const CertWish& wish) const {
  const CertFiles out{path(name + ".pem"), path(name + ".key")};
  const Key key(wish.rsa ? EVP_RSA_gen(wish.rsa_bits) : EVP_EC_gen("P-256"));
  const Cert cert = make_cert(key.get(), wish);
  if (wish.ca_cert.empty()) {
    X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
    X509_sign(cert.get(), key.get(), EVP_sha256());
  } else {
    const Cert ca(read_pem(
        wish.ca_cert, [](std::FILE* in) { return PEM_read_X509(in, nullptr, nullptr, nullptr); }));
    const Key ca_key(read_pem(wish.ca_key, [](std::FILE* in) {
      return PEM_read_PrivateKey(in, nullptr, nullptr, nullptr);
    }));
    X509_set_issuer_name(cert.get(), X509_get_subject_name(ca.get()));
    X509_sign(cert.get(), ca_key.get(), EVP_sha256());
  }
  write_pem(out.cert, [&](std::FILE* to) { PEM_write_X509(to, cert.get()); });
  write_pem(out.key, [&](std::FILE* to) {
    PEM_write_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return out;
}

std::string CertFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name)) << text;
  return path(name);
}

const CertFiles& default_cert() {
  static const CertFolder folder;
  static const CertFiles files = folder.make("default");
  return files;
}

}  // namespace perseid::test
