// Links of a bandwidth for the fake world's clients, and rooms whose state moves.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {

// A member's link: so many bytes a millisecond, and a socket that holds so many.
struct Link {
  Peer& peer;
  u64 bytes_per_ms = 0;
  u64 holds_bytes = 2000;
  void pass_ms() { peer.accepts_bytes = std::min(peer.accepts_bytes + bytes_per_ms, holds_bytes); }
};

// A room whose whole state, one entity of about `bytes`, changes every `period_ms`.
class Scene {
 public:
  Scene(FakeWorld& world, Peer& speaker, std::string room, std::size_t bytes)
      : world_(world), speaker_(speaker), room_(std::move(room)), filler_(bytes, 'x') {}

  void run_for(u64 ms) {
    for (u64 i = 0; i < ms; ++i) {
      for (Link& link : links) link.pass_ms();
      if (moving && ++since_ms_ >= period_ms) {
        since_ms_ = 0;
        ++step;
        speaker_.say(state(room_, R"({"set":{"e":{"n":)" + std::to_string(step) + R"(,"f":")" +
                                      std::to_string(step % 10) + filler_ + R"("}}})"));
      }
      world_.turn(1);
      if (each_ms) each_ms();
    }
  }
  // The newest step that this client knows of; forgets its messages.
  static u64 newest(Peer& peer) {
    u64 newest = 0;
    for (const std::string& message : peer.take()) {
      if (field(message, "type") == "game_state") newest = number(message, "n");
    }
    return newest;
  }

  std::deque<Link> links;
  std::function<void()> each_ms;
  u64 period_ms = 50;
  u64 step = 0;
  bool moving = true;

 private:
  FakeWorld& world_;
  Peer& speaker_;
  const std::string room_;
  const std::string filler_;
  u64 since_ms_ = 0;
};

// The state_hz of every degraded and restored that came, in order.
inline std::vector<u64> rates_told(const Peer& peer) {
  std::vector<u64> out;
  for (const std::string& message : peer.messages) {
    const std::string op = field(message, "op");
    if (op == "degraded" || op == "restored") out.push_back(number(message, "state_hz"));
  }
  return out;
}

}  // namespace perseid::test
