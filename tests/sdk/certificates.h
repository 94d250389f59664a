// Certificates that a test makes for itself, by OpenSSL.
// Thread: any. Owns: keys and certificates, by reference counts.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

#include "codec/bytes.h"

namespace perseid::test {

struct Certificate {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> x509;
};

struct CertificateWish {
  std::string name = "localhost";                    // its subject
  std::string hosts = "DNS:localhost,IP:127.0.0.1";  // subjectAltName
  long valid_from_s = -3600;                         // from now
  long valid_until_s = 3600;
  bool authority = false;
};

// Signed by `issuer`, or by itself where there is none.
inline Certificate make_certificate(const CertificateWish& wish,
                                    const Certificate* issuer = nullptr) {
  static long serial = 1;
  Certificate out{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* x509 = out.x509.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), wish.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(x509), wish.valid_until_s);
  X509_set_pubkey(x509, out.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const u8*>(wish.name.c_str()), -1, -1, 0);
  X509* from = issuer != nullptr ? issuer->x509.get() : x509;
  X509_set_issuer_name(x509, X509_get_subject_name(from));
  const auto extend = [x509](int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    EXPECT_NE(extension, nullptr) << value;
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  };
  if (!wish.hosts.empty()) extend(NID_subject_alt_name, wish.hosts);
  extend(NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
  EVP_PKEY* signer = issuer != nullptr ? issuer->key.get() : out.key.get();
  EXPECT_GT(X509_sign(x509, signer, EVP_sha256()), 0);
  return out;
}

// As a PEM file of the test's own; its path.
inline std::string write_certificate(const Certificate& from) {
  std::string path = testing::TempDir() + "perseid_ca_XXXXXX";
  const int fd = ::mkstemp(path.data());
  FILE* file = ::fdopen(fd, "w");
  EXPECT_EQ(PEM_write_X509(file, from.x509.get()), 1);
  std::fclose(file);
  return path;
}

}  // namespace perseid::test
