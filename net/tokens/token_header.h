// TokenHeader: the first part of a token (RFC 7515 section 4), read before the library sees any of
// it: what would have it inflate, fetch or believe something is refused here. Thread: none; nothing
// is kept between calls.
#pragma once

#include <string>
#include <string_view>

#include "net/tokens/token_keys.h"

namespace perseid {

struct TokenHeader {
  TokenAlgorithm algorithm = TokenAlgorithm::none;
  std::string key_id;  // kid; empty if it has none
};

// base64url without padding (RFC 7515 section 2), strictly: one text for one run of bytes, which is
// followed by kParsePaddingBytes. False if it is none.
bool decode_base64url(std::string_view text, std::string& out_padded);

// `part`: base64url. Empty, or static text that says what is wrong.
std::string_view read_token_header(std::string_view part, TokenHeader& out);

}  // namespace perseid
