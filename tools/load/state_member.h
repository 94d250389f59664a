// StateMember: one client of the state load: it moves, says where it is, and remembers what it
// said. Thread: one. Invariants: every key it ever uses is its own, so that no entity is written by
// two; its counter only grows.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "codec/schema.h"
#include "tools/load/config.h"
#include "tools/load/fleet.h"
#include "tools/load/mover.h"
#include "tools/load/state_picture.h"

namespace perseid::load {

constexpr double kGridRadius = 128;  // metres that a member of a grid sees

// x and y, and with --verify a counter n behind them.
std::shared_ptr<const Schema> state_schema(const Config& config);
// The rule that a member's join declares, as a JSON object.
std::string state_rule(const Config& config, const Schema& schema);

class StateMember {
 public:
  StateMember(u32 member, u32 seed) : mover_(seed), member_(member) { rename(); }

  // It is somebody else from now on: its next update makes a new entity.
  void rename();
  // Moves on by `seconds` and writes what tells of it, a whole frame ready for the socket, into
  // `frame`. `when_ns` is what latency counts from.
  void update(const Schema& schema, std::string_view room, bool binary, double seconds, u64 when_ns,
              std::vector<u8>& frame);
  // Its own entity as it was seen: when was that said? 0: not one of the last few, or seen before.
  u64 said_at(const u32* parts);

  const std::string& key() const { return key_; }
  const StateRow& row() const { return row_; }

  bool joined = false;
  u32 room_number = 0;
  u64 epoch = 0;         // a hash of the room's
  u64 delivered_ns = 0;  // the last state message
  u64 tick = 0;          // of the last one, if it decodes
  std::unique_ptr<StatePicture> picture;

 private:
  struct Said {
    u32 x = 0;
    u32 y = 0;
    u64 when_ns = 0;
  };
  void quantise_position(const Schema& schema);
  void append_json(const Schema& schema, std::string_view room, std::string& out) const;
  void append_coded(const Schema& schema, std::string& out) const;

  Mover mover_;
  u32 member_;
  u32 names_ = 0;
  u32 counter_ = 0;
  std::string key_;
  StateRow row_;
  std::array<Said, 16> said_;
  std::size_t said_count_ = 0;
};

}  // namespace perseid::load
