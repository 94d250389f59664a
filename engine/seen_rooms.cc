#include "engine/seen_rooms.h"

#include <simdjson.h>

#include <algorithm>

namespace perseid {
namespace {

constexpr Seq kSeqMax = (Seq{1} << 53) - 1;  // as far as JavaScript counts

// Absent is well.
bool read_seq(const simdjson::dom::object& lanes, std::string_view lane, bool& has, Seq& out) {
  simdjson::dom::element value;
  if (lanes[lane].get(value) != simdjson::SUCCESS) return true;
  has = true;
  u64 number = 0;
  if (value.get(number) != simdjson::SUCCESS || number > kSeqMax) return false;
  out = number;
  return true;
}

}  // namespace

bool SeenRooms::parse(std::string_view json, SeenRooms& out) {
  simdjson::dom::parser parser;
  simdjson::dom::object rooms;
  if (parser.parse(simdjson::padded_string(json)).get(rooms) != simdjson::SUCCESS) return false;
  out.rooms_.clear();
  for (const auto& [name, value] : rooms) {
    SeenRoom seen;
    simdjson::dom::object lanes;
    if (value.get(lanes) != simdjson::SUCCESS) return false;
    if (!read_seq(lanes, "chat", seen.has_chat, seen.chat)) return false;
    if (!read_seq(lanes, "player_action", seen.has_player_action, seen.player_action)) return false;
    if (!read_seq(lanes, "tick", seen.has_tick, seen.tick)) return false;
    seen.room = name;
    out.rooms_.push_back(std::move(seen));
  }
  std::stable_sort(out.rooms_.begin(), out.rooms_.end(),
                   [](const SeenRoom& a, const SeenRoom& b) { return a.room < b.room; });
  return true;
}

const SeenRoom* SeenRooms::find(std::string_view room) const {
  const auto behind = std::upper_bound(
      rooms_.begin(), rooms_.end(), room,
      [](std::string_view name, const SeenRoom& seen) { return name < seen.room; });
  if (behind == rooms_.begin() || (behind - 1)->room != room) return nullptr;
  return &*(behind - 1);
}

}  // namespace perseid
