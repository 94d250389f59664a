// Clients that come back, for the tests of sessions that go on.
#pragma once

#include <string>
#include <string_view>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {

struct Named {
  Peer* peer = nullptr;
  std::string client;
  std::string secret;
};

// Connects and says hello; forgets what came.
inline Named named(FakeWorld& world, std::string_view name = "ana", ShardId shard = 0,
                   WireFormat format = kJson) {
  Named out{&world.connect(shard, format), {}, {}};
  out.peer->say(system("hello", R"("name":)" + in_quotes(name)));
  world.settle();
  const std::string answer = out.peer->find("welcome");
  out.client = field(answer, "client");
  out.secret = field(answer, "session");
  out.peer->take();
  return out;
}

inline std::string hello(std::string_view secret, std::string_view more = "") {
  return system("hello", R"("id":"h","session":)" + in_quotes(secret) + std::string(more));
}
// For hello; `rooms` is JSON.
inline std::string seen(std::string_view rooms) {
  return R"(,"since":{"rooms":)" + std::string(rooms) + "}";
}

// A new connection asks for the session; what came stays with the peer.
inline Peer& resume(FakeWorld& world, const Named& who, std::string_view more = "",
                    ShardId shard = 0, WireFormat format = kJson) {
  Peer& peer = world.connect(shard, format);
  peer.say(hello(who.secret, more));
  world.settle();
  return peer;
}

}  // namespace perseid::test
