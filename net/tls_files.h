// The files of TLS: certificates, keys, the authorities of clients; and what to tell a person when
// one of them is not right.
// Thread: any; a file at a time, at start and at a reload.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "engine/warning.h"
#include "net/tls_context.h"

namespace perseid {

// Each returns a sentence that says what is wrong and what to do; empty if all is well.
std::string use_certificate(SSL_CTX* context, const TlsFiles& files, std::vector<Warning>& out);
// With a file, clients must show a certificate that one of its authorities has signed.
std::string use_client_ca(SSL_CTX* context, const std::string& file);

// Changes when one of the files does.
std::string tls_files_stamp(const Options& options);

}  // namespace perseid
