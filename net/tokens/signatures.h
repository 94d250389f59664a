// Signatures of tokens, by OpenSSL (RFC 7518 section 3, RFC 8037 section 3.1).
// Thread: none; keys are only read.
#pragma once

#include <string_view>

#include "net/tokens/token_keys.h"

namespace perseid {

// Whether the key has signed the text, by its own algorithm.
bool is_signature(const TokenKey& key, std::string_view text, std::string_view signature);

}  // namespace perseid
