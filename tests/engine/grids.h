// Rooms with a schema and rooms that are grids, for the relay's tests, and what a client makes of
// what it is told of them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/engine/fake_world.h"
#include "tests/engine/table.h"

namespace perseid::test {

constexpr std::string_view kSchema =
    R"("schema":{"x":{"type":"float","min":-1000,"max":1000,"resolution":0.1},)"
    R"("y":{"type":"float","min":-1000,"max":1000,"resolution":0.1},)"
    R"("hp":{"type":"int","min":0,"max":100}})";
constexpr std::string_view kGrid =
    R"("grid":{"cell":10,"radius":12,"hysteresis":2,"far_radius":30,"far_divisor":4})";

inline std::shared_ptr<const RoomRules> rules() {
  auto out = std::make_shared<RoomRules>();
  EXPECT_EQ(out->add(R"({"pattern":"arena*",)" + std::string(kSchema) + "}"), "");
  EXPECT_EQ(out->add(R"({"pattern":"owned*","ownership":"first_writer","remove_on_leave":true,)" +
                     std::string(kSchema) + "}"),
            "");
  EXPECT_EQ(out->add(R"({"pattern":"free*","ownership":"first_writer"})"), "");
  EXPECT_EQ(
      out->add(R"({"pattern":"grid*",)" + std::string(kSchema) + "," + std::string(kGrid) + "}"),
      "");
  return out;
}

inline std::string set(std::string_view room, std::string_view entity, std::string_view fields) {
  return R"({"type":"game_state","room":")" + std::string(room) + R"(","payload":{"set":{")" +
         std::string(entity) + R"(":{)" + std::string(fields) + "}}}}";
}

inline void put(Peer& peer, std::string_view room, std::string_view payload) {
  const std::string json(payload);
  if (peer.format.flavour == Flavour::json) {
    return peer.send(R"({"type":"game_state","room":")" + std::string(room) + R"(","payload":)" +
                     json + "}");
  }
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::game_state,
                                .target = BinaryTarget::room_name,
                                .room = room,
                                .json = json});
  peer.send(std::move(bytes));
}

// A member's picture: of a room, or of each cell that it sees; an entity belongs to the cell that
// set it last.
class Picture {
 public:
  void take(Peer& peer) {
    for (const std::string& message : peer.take()) apply(message);
  }
  std::map<std::string, std::string> positions() const {
    std::map<std::string, std::string> out;
    for (const auto& [cell, table] : cells_) {
      for (const auto& [key, fields] : table.entities) {
        const auto x = fields.find("x");
        const auto y = fields.find("y");
        EXPECT_FALSE(out.contains(key)) << key << " is in two cells";
        out[key] =
            (x == fields.end() ? "" : x->second) + "," + (y == fields.end() ? "" : y->second);
      }
    }
    return out;
  }
  std::size_t cells() const { return cells_.size(); }

 private:
  void apply(const std::string& message) {
    if (field(message, "type") != "game_state") return;
    std::string cell;
    if (const std::size_t at = message.find(R"("cell":[)"); at != std::string::npos) {
      cell = message.substr(at + 8, message.find(']', at) - at - 8);
    }
    const std::size_t payload = message.find(R"("payload":)") + 10;
    const bool full = message.find(R"("full":true)") < payload;
    Table& table = cells_[cell];
    if (full) table.entities.clear();
    table.apply(message.substr(payload, message.size() - payload - 1));
    for (auto& [key, fields] : table.entities) {
      std::erase_if(fields, [](const auto& f) { return f.second == "null"; });
    }
    if (full && table.entities.empty() && !cell.empty()) cells_.erase(cell);
  }
  std::map<std::string, Table> cells_;
};

}  // namespace perseid::test
