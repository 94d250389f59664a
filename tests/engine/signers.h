// Clients that sign, for the relay's tests.
#pragma once

#include <string>

#include "tests/engine/chats.h"
#include "tests/engine/tokens.h"
#include "tests/support/signer.h"

namespace perseid::test {

// As `welcome` says: its key or nonce, and where its count goes on.
inline void heed(Signer& signer, const std::string& welcome) {
  const std::string at = welcome.substr(std::min(welcome.find(R"("signing":)"), welcome.size()));
  if (field(at, "algorithm") == "ed25519") {
    EXPECT_EQ(field(at, "key"), base64url(signer.by.key));
    EXPECT_TRUE(read_base64url(field(at, "nonce"), signer.by.nonce)) << welcome;
  } else {
    SigningKey key;
    EXPECT_TRUE(read_base64url(field(at, "key"), key)) << welcome;
    signer = Signer::hmac(key);
  }
  signer.by.count = number(at, "count");
}

// A peer that has said hello.
struct SigningPeer {
  Peer* peer = nullptr;
  Signer signer;
  std::string secret;  // to resume

  std::string chat(std::string_view room, std::string_view object, std::string_view id = "") {
    return test::chat(room, signer.chat(room, object), id);
  }
};

// `signer` null: by HMAC. `more` are further fields of the hello.
inline SigningPeer signing_peer(FakeWorld& world, const Signer* signer, std::string_view more = "",
                                ShardId shard = 0, WireFormat format = kJson) {
  SigningPeer out{&world.connect(shard, format), {}, {}};
  if (signer != nullptr) out.signer = *signer;
  const std::string how = signer != nullptr ? signer->hello() : R"("signing":"hmac-sha256")";
  out.peer->say(system("hello", R"("id":1,)" + how + std::string(more)));
  world.settle();
  const std::string welcome = out.peer->find("welcome");
  out.secret = field(welcome, "session");
  heed(out.signer, welcome);
  out.peer->take();
  return out;
}

}  // namespace perseid::test
