#include "tests/sim/kinds.h"

#include "codec/assert.h"

namespace perseid::sim {
namespace {

constexpr std::string_view kSchema =
    R"({"x":{"type":"float","min":-20,"max":20,"resolution":0.5},)"
    R"("y":{"type":"float","min":-20,"max":20,"resolution":0.5},)"
    R"("n":{"type":"int","min":0,"max":1000000,"out_of_range":"refuse"},)"
    R"("on":"bool","does":{"type":"enum","values":["idle","run","jump"]},)"
    R"("turn":{"type":"quat","bits":7},"tag":{"type":"string","max_bytes":12},)"
    R"("more":{"type":"json","max_bytes":20}})";

std::string rule_json(const Plan& plan, std::string_view pattern, std::string_view more) {
  return R"({"pattern":")" + std::string(pattern) + R"(","checksum_every_ticks":)" +
         std::to_string(plan.checksum_every) + std::string(more) + "}";
}

}  // namespace

std::string room_name(const Plan& plan, u32 room) {
  const std::string number = std::to_string(room);
  switch (plan.kinds[room % plan.kinds.size()]) {
    case RoomKind::typed:
      return "typed" + number;
    case RoomKind::owned:
      return "owned\"" + number;  // one name that must be escaped in JSON
    case RoomKind::lent:
      return "lent" + number;
    case RoomKind::grid:
      return "grid" + number;
    case RoomKind::plain:
      break;
  }
  return room == 1 ? "r\"1\\\u00e9" : "room" + number;
}

RoomKind kind_of(std::string_view room) {
  return room.starts_with("typed")   ? RoomKind::typed
         : room.starts_with("owned") ? RoomKind::owned
         : room.starts_with("lent")  ? RoomKind::lent
         : room.starts_with("grid")  ? RoomKind::grid
                                     : RoomKind::plain;
}

GridRule grid_rule(const Plan& plan) {
  return {.cell = 10,
          .radius = 4,
          .hysteresis = plan.hysteresis,
          .far_radius = plan.far_divisor > 1 ? 13.0 : 0.0,
          .far_divisor = plan.far_divisor};
}

std::shared_ptr<const RoomRules> rules_of(const Plan& plan) {
  const std::string schema = R"(,"schema":)" + std::string(kSchema);
  const GridRule rule = grid_rule(plan);
  std::string grid = R"(,"state_hz":)" + std::to_string(plan.grid_hz) +
                     R"(,"grid":{"cell":10,"radius":4,"hysteresis":)" +
                     std::to_string(rule.hysteresis);
  if (rule.far_divisor > 1) {
    grid += R"(,"far_radius":13,"far_divisor":)" + std::to_string(rule.far_divisor);
  }
  const std::string owned = R"(,"ownership":"first_writer")";
  auto out = std::make_shared<RoomRules>();
  const std::string behind = plan.durable ? R"(,"durability":"async")" : "";
  PSD_ASSERT(out->add(rule_json(plan, "typed*", schema + behind)).empty());
  if (plan.durable) {
    PSD_ASSERT(out->add(R"({"pattern":"room*","durability":"commit"})").empty());
  }
  PSD_ASSERT(
      out->add(rule_json(plan, "owned*", schema + owned + R"(,"remove_on_leave":true)")).empty());
  PSD_ASSERT(out->add(R"({"pattern":"lent*")" + owned + "}").empty());
  PSD_ASSERT(out->add(rule_json(plan, "grid*", schema + grid + "}")).empty());
  return out;
}

const std::shared_ptr<const Schema>& world_schema() {
  static const std::shared_ptr<const Schema> schema = [] {
    std::string problem;
    auto made = Schema::parse(kSchema, problem);
    PSD_ASSERT(made != nullptr);
    return made;
  }();
  return schema;
}

}  // namespace perseid::sim
