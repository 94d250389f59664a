// Tokens that a test signs itself, by HS256.
// Thread: any.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "codec/bytes.h"

namespace perseid::test {

constexpr const char* kTokenSecret = "of thirty-two bytes, or a few more";

inline std::string base64url(std::string_view bytes) {
  std::string out(4 * (bytes.size() / 3 + 1), '\0');
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<u8*>(out.data()),
                                                      reinterpret_cast<const u8*>(bytes.data()),
                                                      static_cast<int>(bytes.size()))));
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  std::erase(out, '=');
  return out;
}

// Valid for so long from now; `more`: further claims, each with a comma before it.
inline std::string signed_token(double for_ms, const std::string& sub = "ana",
                                const std::string& secret = kTokenSecret,
                                const std::string& more = {}) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const double ends_s = (std::chrono::duration<double, std::milli>(now).count() + for_ms) / 1000;
  const std::string text =
      base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
      base64url(R"({"sub":")" + sub + R"(","exp":)" + std::to_string(ends_s) + more + "}");
  u8 mac[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const u8*>(text.data()), text.size(), mac, &bytes);
  return text + "." + base64url({reinterpret_cast<const char*>(mac), bytes});
}

}  // namespace perseid::test
