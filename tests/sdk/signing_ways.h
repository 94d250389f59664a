// Both flavours and both ways to sign, as the rows of a test.
#pragma once

#include <gtest/gtest.h>
#include <perseid/signing.h>
#include <perseid/types.h>

#include <string>

namespace perseid::test {

struct SigningWay {
  Wire wire;
  SigningAlgorithm algorithm;
};

inline auto signing_ways() {
  return testing::Values(SigningWay{Wire::json, SigningAlgorithm::hmac_sha256},
                         SigningWay{Wire::json, SigningAlgorithm::ed25519},
                         SigningWay{Wire::binary, SigningAlgorithm::hmac_sha256},
                         SigningWay{Wire::binary, SigningAlgorithm::ed25519});
}

inline std::string name_of(const testing::TestParamInfo<SigningWay>& row) {
  const bool hmac = row.param.algorithm == SigningAlgorithm::hmac_sha256;
  return std::string(row.param.wire == Wire::json ? "Json" : "Bin") + (hmac ? "Hmac" : "Ed25519");
}

}  // namespace perseid::test
