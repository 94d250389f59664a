// The end of a run: everything that was promised has come, and all agree on every room.
#include <algorithm>

#include "tests/sim/simulation.h"

namespace perseid::sim {
namespace {

constexpr u64 kRestMs = 2500;  // longer than any tick, window or budget
constexpr u32 kRestRoundsMax = 40000;

std::string shown(const StateTable& table) {
  std::string out;
  for (const auto& [entity, fields] : table) {
    out += entity + ":";
    for (const auto& [field, value] : fields) out += field + "=" + value.substr(0, 20) + ",";
    out += " ";
  }
  return out;
}

// An auditor sees all of a grid, near.
SeenWish all_cells(const std::string& room) {
  SeenWish out;
  if (kind_of(room) != RoomKind::grid) return out;
  out.mode = SeenWish::Mode::cells;
  out.json = R"({"cells":[)";
  for (i32 x = -2; x <= 2; ++x) {
    for (i32 y = -2; y <= 2; ++y) {
      out.cells.emplace_back(x, y);
      out.json += "[" + std::to_string(x) + "," + std::to_string(y) + "],";
    }
  }
  out.json.back() = ']';
  out.json += '}';
  return out;
}

}  // namespace

bool Simulation::quiet() {
  return office_.empty() && store_.jobs.empty() &&
         std::all_of(shards_.begin(), shards_.end(), [&](const auto& shard) {
           return shard->quiet() && shard->busy_until_ms() < verdict_.now_ms;
         });
}

void Simulation::rest(const char* when) {
  office_.prompt = true;
  const u64 begin_ms = verdict_.now_ms;
  for (u32 round = 0; round < kRestRoundsMax && verdict_.green(); ++round) {
    for (const auto& shard : shards_) shard->everyone_reads();
    for (u32 i = 0; i < players_.size(); ++i) {
      if (players_[i]->away()) come_back(i);
    }
    verdict_.now_ms += dice_.between(1, 20);
    turn_all();
    run_store();
    if (verdict_.now_ms - begin_ms > kRestMs && quiet()) {
      for (const auto& player : players_) {
        if (player->connected()) player->check_rest();
      }
      book_.check();
      check_bounds();
      return;
    }
  }
  if (verdict_.green()) verdict_.fail(std::string("no rest ") + when);
}

// One of each format joins every room: what they are told afresh must be what the others know.
void Simulation::audit() {
  check_own_states();
  book_.settled = true;
  const u32 first = static_cast<u32>(players_.size());
  const Stage stage{plan_, dice_, verdict_, book_, stage_store()};
  for (u8 format = 0; format < kWireFormats; ++format) {
    players_.push_back(std::make_unique<Player>(stage, first + format));
    places_.emplace_back();
    connect(first + format, true);
  }
  std::vector<std::string> rooms;
  for (const auto& player : players_) {
    for (const auto& [room, seat] : player->seats()) {
      if (std::find(rooms.begin(), rooms.end(), room) == rooms.end()) rooms.push_back(room);
    }
  }
  for (u32 i = first; i < players_.size(); ++i) {
    for (const std::string& room : rooms) {
      players_[i]->join(room, {.presence = true, .history = 5, .view = all_cells(room)});
    }
  }
  rest("after the auditors joined");
  if (!verdict_.green()) return;
  check_states();
  check_grids();
  if (!verdict_.green()) return;
  check_own_states();
  check_rosters();
  check_histories(first);
  check_private(first);
  for (u32 i = first; i < players_.size(); ++i) {
    for (const auto& [room, seat] : players_[i]->seats()) {
      players_[i]->discover(room);
      rest("after discover");
      std::set<std::string> listed;
      for (const auto& [uid, name] : players_[i]->last_clients) listed.insert(uid);
      if (listed != seat.roster) verdict_.fail("discover and roster of " + room + " disagree");
      if (!verdict_.green()) return;
    }
  }
}

void Simulation::check_states() {
  std::map<std::string, const Seat*> known;
  for (const auto& player : players_) {
    for (const auto& [room, seat] : player->seats()) {
      if (seat.picture.kind() == RoomKind::grid) continue;
      const auto [it, is_first] = known.emplace(room + seat.epoch, &seat);
      const StateTable seen = seat.picture.table();
      if (is_first || it->second->picture.table() == seen) continue;
      verdict_.fail("player " + player->uid() + ": the state of " + room + " is " + shown(seen) +
                    "and elsewhere " + shown(it->second->picture.table()));
    }
  }
}

// What a client can see of the limits: rooms, members and states are no larger than they may be.
void Simulation::check_bounds() {
  const Options& options = plan_.options;
  std::map<std::string, u32> members;
  for (const auto& player : players_) {
    if (player->seats().size() > options.session_rooms_max) {
      verdict_.fail("player " + player->uid() + " sits in too many rooms");
    }
    for (const auto& [room, seat] : player->seats()) {
      ++members[room + seat.epoch];
      u64 bytes = 0;
      const StateTable seen = seat.picture.table();
      bool fits = seen.size() <= options.room_entities_max;
      for (const auto& [entity, fields] : seen) {
        bytes += entity.size();
        fits &= fields.size() <= options.entity_fields_max;
        for (const auto& [field, value] : fields) bytes += field.size() + value.size();
      }
      if (!fits || bytes > options.room_state_bytes_max) {
        verdict_.fail("the state of " + room + " is of " + std::to_string(bytes) + " bytes");
      }
    }
  }
  for (const auto& [room, count] : members) {
    if (count > options.room_members_max) verdict_.fail("too many members in " + room);
  }
}

void Simulation::check_own_states() {
  for (const auto& player : players_) {
    if (!player->connected()) continue;
    for (const auto& [room, own] : player->own_states()) {
      const auto seat = player->seats().find(room);
      if (!own.certain || seat == player->seats().end() || seat->second.life() != own.epoch)
        continue;
      const StateTable table = truth_of(room, seat->second);
      const bool is_whole = !table.empty() || seat->second.picture.kind() != RoomKind::grid;
      const auto entity = table.find(player->own_entity());
      const Fields seen = entity == table.end() ? Fields{} : entity->second;
      if (seen == own.fields || !is_whole) continue;
      verdict_.fail("player " + player->uid() + ": its own entity in " + room + " is " +
                    shown({{"seen", seen}, {"acknowledged", own.fields}}));
    }
  }
}

void Simulation::check_rosters() {
  std::map<std::string, std::set<std::string>> true_members;
  for (const auto& player : players_) {
    for (const auto& [room, seat] : player->seats()) true_members[room].insert(player->uid());
    // Its leave may have been refused: too many messages.
    for (const std::string& room : player->ghosts()) true_members[room].insert(player->uid());
  }
  for (const auto& player : players_) {
    for (const auto& [room, seat] : player->seats()) {
      if (!seat.presence || seat.roster == true_members[room]) continue;
      verdict_.fail("player " + player->uid() + " sees " + std::to_string(seat.roster.size()) +
                    " members in " + room + ", there are " +
                    std::to_string(true_members[room].size()));
    }
  }
}

}  // namespace perseid::sim
