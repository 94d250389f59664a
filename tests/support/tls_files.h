// Certificates for tests: made when they are asked for, in a folder of the test's own.
// Thread: any; each call makes its own files. Owns: the folder, removed at the end.
#pragma once

#include <string>

#include "codec/bytes.h"

namespace perseid::test {

struct CertWish {
  std::string host = "127.0.0.1";  // in its alternative names
  int days_from = -1;              // from today
  int days_to = 30;
  bool rsa = false;  // else P-256
  unsigned rsa_bits = 2048;
  bool authority = false;
  std::string ca_cert = {};  // signs it; empty: it signs itself
  std::string ca_key = {};
};

struct CertFiles {
  std::string cert;
  std::string key;
};

class CertFolder {
 public:
  CertFolder();
  ~CertFolder();
  CertFolder(const CertFolder&) = delete;
  CertFolder& operator=(const CertFolder&) = delete;

  // NAME.pem and NAME.key; what stands there is replaced.
  CertFiles make(const std::string& name, const CertWish& wish = {}) const;
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

// One pair for 127.0.0.1 and localhost, made once for the whole program.
const CertFiles& default_cert();

}  // namespace perseid::test
