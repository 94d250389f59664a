// Overload: what a shard that does not catch up with its work leaves undone, one thing after the
// other: new connections, then half of its members' state, then the chat of who has shown no token.
// Thread: the shard's. Owns: the level.
// Invariants: a step more takes kStepMs of pressure without a break, a step back as long without
// any, so that a hiccup sheds nothing and nothing flickers.
#pragma once

#include <string_view>

#include "codec/bytes.h"

namespace perseid {

// Each does what those before it do as well.
enum class Shedding : u8 { none, connections, state, anonymous_chat };

constexpr std::string_view text_of(Shedding level) {
  constexpr std::string_view kTexts[] = {"all work is done again", "new connections are refused",
                                         "state is sent half as often",
                                         "chat of clients without a token is refused"};
  return kTexts[static_cast<u8>(level)];
}

class Overload {
 public:
  static constexpr u64 kStepMs = 1000;

  // True if the level has changed.
  bool observe(bool pressed, u64 now_ms) {
    if (pressed != pressed_) {
      pressed_ = pressed;
      since_ms_ = now_ms;
    }
    if (level_ == (pressed ? Shedding::anonymous_chat : Shedding::none)) return false;
    if (now_ms - since_ms_ < kStepMs) return false;
    since_ms_ = now_ms;
    level_ = static_cast<Shedding>(static_cast<u8>(level_) + (pressed ? 1 : -1));
    return true;
  }
  Shedding level() const { return level_; }
  bool sheds(Shedding what) const { return level_ >= what; }

 private:
  Shedding level_ = Shedding::none;
  bool pressed_ = false;
  u64 since_ms_ = 0;
};

}  // namespace perseid
