// RoomKind: what the rooms of a run are, each told by its name, and the rules that make them so.
// Thread: none; pure functions of the plan.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/room_rule.h"
#include "tests/sim/plan.h"

namespace perseid::sim {

// The world of rooms with a place for each entity: from -kWorld to kWorld in x and y.
constexpr double kWorld = 20;

std::string room_name(const Plan& plan, u32 room);
RoomKind kind_of(std::string_view room);
inline bool has_schema(RoomKind kind) {
  return kind == RoomKind::typed || kind == RoomKind::owned || kind == RoomKind::grid;
}
// Who first writes an entity owns it.
inline bool has_owners(RoomKind kind) {
  return kind == RoomKind::owned || kind == RoomKind::lent;
}
std::shared_ptr<const RoomRules> rules_of(const Plan& plan);
GridRule grid_rule(const Plan& plan);
// Of every room that has one.
const std::shared_ptr<const Schema>& world_schema();

}  // namespace perseid::sim
