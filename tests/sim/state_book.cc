#include "tests/sim/state_book.h"

#include <charconv>

namespace perseid::sim {

const EntityWrite* StateBook::find(const std::string& number) const {
  u32 at = 0;
  std::from_chars(number.data(), number.data() + number.size(), at);
  return at == 0 || at >= writes_.size() ? nullptr : &writes_[at];
}

bool StateBook::released_since(const EntityWrite& write, u32 number) const {
  const auto it = released_.find({write.room, write.life});
  return it != released_.end() && it->second > number;
}

void StateBook::see(const std::string& room, const std::string& epoch, const StateCell& cell,
                    u64 tick, u64 digest, const std::string& who) {
  ++ticks_seen;
  std::map<u64, u64>& ticks = ticks_[{room, epoch, cell.x, cell.y}];
  const auto [it, is_first] = ticks.emplace(tick, digest);
  if (is_first || it->second == digest) return;
  std::string where = room;
  if (cell.present) where += " cell " + std::to_string(cell.x) + "," + std::to_string(cell.y);
  verdict_.fail(who + ": tick " + std::to_string(tick) + " of " + where +
                " is not what others saw of it");
}

}  // namespace perseid::sim
