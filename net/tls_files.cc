#include "net/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace perseid {
namespace {

constexpr int kSoonDays = 14;
// The files hold secrets and are small.
constexpr off_t kFileBytesMax = 1 << 20;

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  std::istringstream in(list);
  for (std::string each; std::getline(in, each, ',');) {
    const std::size_t begin = each.find_first_not_of(" \t");
    if (begin == std::string::npos) continue;
    out.push_back(each.substr(begin, each.find_last_not_of(" \t") - begin + 1));
  }
  return out;
}

std::string unreadable(const char* option, const std::string& file) {
  struct stat about {};
  std::string start = std::string(option) + ": " + file + ": ";
  if (::stat(file.c_str(), &about) != 0 || !std::ifstream(file).is_open()) {
    return start + std::strerror(errno) +
           (errno == EACCES ? "; the user that runs the relay must be able to read it." : ".");
  }
  if (S_ISDIR(about.st_mode)) return start + "it is a directory; name the file in it.";
  if (about.st_size > kFileBytesMax) return start + "it is larger than 1 MiB, no such file.";
  return {};
}

// Instead of asking on the terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 0;
}

std::string use_key(SSL_CTX* context, const TlsFiles& files) {
  if (std::string why = unreadable("--tls-key", files.key); !why.empty()) return why;
  bool asked = false;
  SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
  ERR_clear_error();
  const bool taken = SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  const bool fits = taken && SSL_CTX_check_private_key(context) == 1;
  const bool differs = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                       ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (fits) return {};
  if (asked) {
    return "--tls-key: " + files.key +
           " is protected by a passphrase, which nobody is there to type. Take it off: openssl "
           "pkey -in " +
           files.key + " -out NEW.pem";
  }
  if (taken || differs) {
    return "--tls-key: " + files.key + " is not the key of " + files.cert +
           ". Give the key that this certificate was made for.";
  }
  return "--tls-key: " + files.key +
         " holds no private key in PEM form (-----BEGIN PRIVATE KEY-----).";
}

void look_at_dates(X509* certificate, const std::string& file, std::vector<Warning>& out) {
  const ASN1_TIME* end = X509_get0_notAfter(certificate);
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, end) != 1) return;
  const std::string renew = " Renew it; the relay takes the new file without a restart.";
  if (days < 0 || seconds < 0) {
    out.push_back(
        {"certificate_expired", file + " has expired: clients will refuse to connect." + renew});
  } else if (days < kSoonDays) {
    out.push_back(
        {"certificate_expires", file + " expires in " + std::to_string(days) + " days." + renew});
  }
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    out.push_back({"certificate_not_yet_valid",
                   file + " is not valid yet: clients will refuse it. Is the clock right?"});
  }
}

void look_at_mode(const std::string& key, std::vector<Warning>& out) {
  struct stat about {};
  if (::stat(key.c_str(), &about) != 0 || (about.st_mode & S_IROTH) == 0) return;
  out.push_back({"key_readable_by_all",
                 key + " can be read by every user of this machine: chmod o-r " + key});
}

}  // namespace

std::vector<TlsFiles> tls_files(const Options& options, std::string& problem) {
  const std::vector<std::string> certs = split(options.tls_cert);
  const std::vector<std::string> keys = split(options.tls_key);
  if (certs.size() != keys.size()) {
    problem = "--tls-cert names " + std::to_string(certs.size()) + " files and --tls-key " +
              std::to_string(keys.size()) +
              ": give each certificate its key, in the same order, with commas between them.";
    return {};
  }
  if (certs.empty()) problem = "--tls-cert and --tls-key name no file.";
  std::vector<TlsFiles> out;
  for (std::size_t i = 0; i < certs.size(); ++i) out.push_back({certs[i], keys[i]});
  return out;
}

std::string use_certificate(SSL_CTX* context, const TlsFiles& files, std::vector<Warning>& out) {
  if (std::string why = unreadable("--tls-cert", files.cert); !why.empty()) return why;
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.cert.c_str()) != 1) {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return "--tls-cert: " + files.cert +
           " holds no certificate in PEM form (-----BEGIN CERTIFICATE-----) that OpenSSL takes: " +
           (reason == nullptr ? "no reason given" : reason) + ".";
  }
  if (std::string why = use_key(context, files); !why.empty()) return why;
  look_at_dates(SSL_CTX_get0_certificate(context), files.cert, out);
  look_at_mode(files.key, out);
  return {};
}

std::string use_client_ca(SSL_CTX* context, const std::string& file) {
  // Tickets of clients that were judged by other authorities do not count.
  std::array<u8, SHA256_DIGEST_LENGTH> mark{};
  if (!file.empty()) {
    if (std::string why = unreadable("--tls-client-ca", file); !why.empty()) return why;
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(file.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
      sk_X509_NAME_pop_free(names, X509_NAME_free);
      return "--tls-client-ca: " + file + " holds no certificate in PEM form.";
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    const std::string all = text.str();
    SHA256(reinterpret_cast<const u8*>(all.data()), all.size(), mark.data());
  }
  SSL_CTX_set_session_id_context(context, mark.data(), mark.size());
  return {};
}

std::string tls_files_stamp(const Options& options) {
  std::string out;
  for (const std::string* list : {&options.tls_cert, &options.tls_key, &options.tls_client_ca}) {
    for (const std::string& file : split(*list)) {
      struct stat about {};
      (void)::stat(file.c_str(), &about);
      out += std::to_string(about.st_ino) + ' ' + std::to_string(about.st_size) + ' ' +
             std::to_string(about.st_mtim.tv_sec) + '.' + std::to_string(about.st_mtim.tv_nsec) +
             '\n';
    }
  }
  return out;
}

}  // namespace perseid
