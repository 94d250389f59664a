// StateBook: the truth of a run about state: every write of an entity, and what each tick of a room
// or a cell was, as the first member that came to it saw it. Whoever sees anything else is a
// failure. Thread: the run's. Owns: its records.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "codec/delivery.h"
#include "tests/sim/verdict.h"

namespace perseid::sim {

using Fields = std::map<std::string, std::string>;  // field: raw value
using StateTable = std::map<std::string, Fields>;

// One update of one entity in a room whose entities bear the number of their last write in `n`.
struct EntityWrite {
  std::string room = {};
  std::string entity = {};
  u32 life = 0;
  Fields fields = {};  // as they are shown; an empty value removes
};

class StateBook {
 public:
  explicit StateBook(Verdict& verdict) : verdict_(verdict) {}

  u32 next_number() const { return static_cast<u32>(writes_.size()); }
  void write(EntityWrite write) { writes_.push_back(std::move(write)); }
  // Null if nobody wrote that.
  const EntityWrite* find(const std::string& number) const;
  // The life has given up what it owned there, or may be about to.
  void release(const std::string& room, u32 life) { released_[{room, life}] = next_number(); }
  // It may be so at any time until release() says when at the latest.
  void release_soon(const std::string& room, u32 life) { released_[{room, life}] = ~0u; }
  bool released_since(const EntityWrite& write, u32 number) const;

  // A member has come to this tick; the digest is of all that it sees of the room or the cell.
  void see(const std::string& room, const std::string& epoch, const StateCell& cell, u64 tick,
           u64 digest, const std::string& who);

  u64 ticks_seen = 0;

 private:
  using Place = std::tuple<std::string, std::string, i32, i32>;  // room, epoch, cell

  Verdict& verdict_;
  std::vector<EntityWrite> writes_ = std::vector<EntityWrite>(1);  // numbers begin with 1
  std::map<std::pair<std::string, u32>, u32> released_;
  std::map<Place, std::map<u64, u64>> ticks_;
};

}  // namespace perseid::sim
