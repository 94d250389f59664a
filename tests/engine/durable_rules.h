// Rules of rooms that are kept: "commit*" stores before it delivers, "async*" behind.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "engine/room_rule.h"

namespace perseid::test {

inline std::shared_ptr<const RoomRules> durable_rules() {
  RoomRules rules;
  EXPECT_EQ(rules.add(R"({"pattern":"commit*","durability":"commit"})"), "");
  EXPECT_EQ(rules.add(R"({"pattern":"async*","durability":"async"})"), "");
  return std::make_shared<const RoomRules>(rules);
}

}  // namespace perseid::test
