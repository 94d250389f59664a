// Picture: what one client sees of a room's state: a table of the room, or one of each cell of a
// grid. An entity that stands in several cells is where the newest tick has set it.
// Thread: the run's. Owns: its tables and decoders.
// Invariants that it holds the relay to: ticks go forward, in rooms without holes; every frame
// decodes and its checksum holds; what is shown was written in this room, and by its owner if it
// has one; an entity lies in the cell that shows it; what one client alone writes never goes back.
#pragma once

#include <memory>

#include "codec/state_decoder.h"
#include "tests/sim/inbox.h"
#include "tests/sim/kinds.h"
#include "tests/sim/state_book.h"

namespace perseid::sim {

using CellAt = std::pair<i32, i32>;

class Picture {
 public:
  struct Part {
    StateTable table;
    bool is_there = false;  // something came of it, and it has not gone
    u64 tick = 0;
    u8 level = 0;
    u64 digest = 0;
    std::unique_ptr<StateDecoder> decoder;
  };

  Picture(Verdict& verdict, StateBook& book, std::string who)
      : verdict_(verdict), book_(book), who_(std::move(who)) {}
  void begin(const std::string& room, const std::string& epoch);
  void take(const Incoming& message);
  // A connection later: what cells are in view is told anew. One that went and came again unseen
  // may be shown as it was before, with the deltas since.
  void on_resumed() {
    if (kind_ != RoomKind::grid) return;
    parts_.clear();
    shown_.clear();
  }

  // The tick behind which it can read on, of a room that is no grid.
  bool reads_on_from(u64& tick) const {
    const auto part = parts_.find(CellAt{});
    if (kind_ == RoomKind::grid || part == parts_.end() || !part->second.is_there) return false;
    tick = part->second.tick;
    return true;
  }

  RoomKind kind() const { return kind_; }
  bool has_state() const { return !parts_.empty(); }
  // Of all cells together.
  StateTable table() const;
  const std::map<CellAt, Part>& parts() const { return parts_; }

 private:
  struct Shown {
    CellAt cell;
    u64 tick = 0;
    u32 number = 0;
  };
  bool in_time(const Incoming& message, Part& part);
  void read_json(const Incoming& message, Part& part);
  void read_coded(const Incoming& message, Part& part);
  void set(const std::string& entity, Fields fields);
  void unset(const std::string& entity);
  void check_entity(const std::string& entity, const Fields& fields);
  void check_order(const std::string& entity, const EntityWrite& write, u32 number);
  void fail(const std::string& what) { verdict_.fail(who_ + " in " + room_ + ": " + what); }

  Verdict& verdict_;
  StateBook& book_;
  const std::string who_;
  std::string room_;
  std::string epoch_;
  RoomKind kind_ = RoomKind::plain;
  std::map<CellAt, Part> parts_;
  std::map<std::string, Shown> shown_;
  // Of the message that is being read.
  Part* part_ = nullptr;
  CellAt at_;
};

}  // namespace perseid::sim
