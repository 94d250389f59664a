// RoomRule: what a room is told apart from the options: its schema, who may write, how often it
// ticks, whether it is a grid. From the config file by the room's name, or from who creates it.
// Thread: immutable once made, so every shard may read one.
// Invariants: a grid has a schema and its x and y are numbers of that, which lie within
// kGridCellsMax cells; nobody sees further than kGridReachCellsMax; an entity is removed with its
// owner only where there are owners.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/schema.h"

namespace perseid {

constexpr u32 kFarDivisorMax = 16;
// How far a member may see, hysteresis included, in sides of a cell; and so how many cells at once.
constexpr u32 kGridReachCellsMax = 8;
constexpr u32 kViewCellsMax = (2 * kGridReachCellsMax + 1) * (2 * kGridReachCellsMax + 1);
// How far from 0 an entity may be, in sides of a cell.
constexpr double kGridCellsMax = 1e9;

enum class Ownership : u8 {
  anyone,       // writes any entity
  first_writer  // owns the entity until it leaves
};
std::string_view name(Ownership ownership);

// What becomes of a room's chat when the relay ends.
enum class Durability : u8 {
  memory,  // gone
  async,   // stored soon after it is acknowledged
  commit   // stored before it is acknowledged, or delivered to anybody
};
std::string_view name(Durability durability);
// Memory, if nothing is called so.
Durability durability_named(std::string_view name);

// Members see the cells around their entity. Lengths are in the unit of the fields x and y.
struct GridRule {
  double cell = 0;        // side of a cell
  double radius = 0;      // seen at the full rate
  double hysteresis = 0;  // so far beyond the radius what was seen stays in view
  double far_radius = 0;  // seen at the rate divided by far_divisor; 0: nothing is
  u32 far_divisor = 1;
  u32 x = 0;  // fields of the schema
  u32 y = 0;
  double reach() const { return std::max(radius, far_radius) + hysteresis; }
};

struct RoomRule {
  // A JSON object. On an error null, and `problem` says in one line what is wrong where
  // ("schema.x.min: missing").
  static std::shared_ptr<const RoomRule> parse(std::string_view json, std::string& problem);
  // What rooms get that no rule is for; one for all.
  static const std::shared_ptr<const RoomRule>& ordinary();

  // Appends {"hz":…,"schema":…,…}, as in `joined`; only with a schema.
  void append_state_json(std::string& out, u32 options_state_hz) const;
  u32 hz(u32 options_state_hz) const { return state_hz.value_or(options_state_hz); }

  std::string pattern;  // with * and ?; empty where the room's creator declared it
  std::optional<u32> state_hz;
  std::optional<u32> action_window_ms;
  bool action_window_auto = false;
  std::shared_ptr<const Schema> schema;  // null: any fields
  Ownership ownership = Ownership::anyone;
  bool remove_on_leave = false;
  u32 checksum_every_ticks = 20;    // 0: only in keyframes
  std::optional<u32> entities_max;  // beside --room-entities-max
  bool read_receipts = false;       // members with presence hear how far the others have read
  std::optional<GridRule> grid;
  Durability durability = Durability::memory;
};

// Whether a name is of a pattern: * stands for any characters, ? for one, others for themselves.
bool matches(std::string_view pattern, std::string_view room_name);

// The rules of a config file, in their order.
class RoomRules {
 public:
  // What is wrong, empty if nothing is.
  std::string add(std::string_view json);
  // The first whose pattern matches; null if none does.
  std::shared_ptr<const RoomRule> find(std::string_view room_name) const;
  // Whether any room is to be kept beyond the relay's life.
  bool any_durable() const;
  const std::vector<std::shared_ptr<const RoomRule>>& all() const { return rules_; }

 private:
  std::vector<std::shared_ptr<const RoomRule>> rules_;
};

}  // namespace perseid
