#include "engine/room_state.h"

#include <gtest/gtest.h>

#include "tests/engine/random.h"
#include "tests/engine/table.h"

namespace perseid::test {
namespace {

struct State {
  Options options;
  RoomState table{options, KeyedHash{}};
  std::string delta() {
    std::string out;
    return table.take_delta(out) ? out : "";
  }
  std::string full() {
    std::string out;
    table.write_full(out);
    return out;
  }
  Error set(std::string_view entity, std::string_view key, std::string_view value) {
    return table.set(entity, key, value);
  }
};

TEST(RoomState, a_delta_holds_what_changed_and_nothing_else) {
  State state;
  EXPECT_EQ(state.set("a", "x", "1"), Error::ok);
  EXPECT_EQ(state.set("b", "x", "1"), Error::ok);
  EXPECT_EQ(state.delta(), R"({"set":{"a":{"x":1},"b":{"x":1}}})");
  EXPECT_EQ(state.set("a", "y", "2"), Error::ok);
  EXPECT_EQ(state.delta(), R"({"set":{"a":{"y":2}}})");
  EXPECT_EQ(state.delta(), "");
}

TEST(RoomState, a_value_that_it_has_already_changes_nothing) {
  State state;
  (void)state.set("a", "x", "1.5");
  (void)state.delta();
  EXPECT_EQ(state.set("a", "x", "1.5"), Error::ok);
  EXPECT_EQ(state.table.add("a"), Error::ok);
  EXPECT_EQ(state.table.remove_field("a", "none"), Error::ok);
  EXPECT_EQ(state.table.remove_field("none", "x"), Error::ok);
  EXPECT_EQ(state.table.unset("none"), Error::ok);
  EXPECT_FALSE(state.table.dirty());
}

TEST(RoomState, the_newest_value_of_a_tick_wins) {
  State state;
  for (const char* value : {"1", "2", "3"}) (void)state.set("a", "x", value);
  EXPECT_EQ(state.delta(), R"({"set":{"a":{"x":3}}})");
}

TEST(RoomState, a_removed_field_is_told_as_null_and_a_removed_entity_as_unset) {
  State state;
  (void)state.set("a", "x", "1");
  (void)state.set("a", "y", "1");
  (void)state.set("b", "x", "1");
  (void)state.delta();
  (void)state.table.remove_field("a", "y");
  (void)state.table.unset("b");
  EXPECT_EQ(state.delta(), R"({"set":{"a":{"y":null}},"unset":["b"]})");
  EXPECT_EQ(state.full(), R"({"set":{"a":{"x":1}}})");
}

TEST(RoomState, an_entity_that_came_and_went_within_a_tick_is_not_told_at_all) {
  State state;
  (void)state.set("a", "x", "1");
  (void)state.table.unset("a");
  EXPECT_TRUE(state.table.dirty());
  EXPECT_EQ(state.delta(), "");
  EXPECT_EQ(state.full(), R"({"set":{}})");
  EXPECT_EQ(state.table.bytes(), 0u);
}

TEST(RoomState, an_entity_removed_and_set_again_within_a_tick_keeps_no_old_field) {
  State state;
  (void)state.set("a", "x", "1");
  (void)state.set("a", "y", "1");
  (void)state.delta();
  (void)state.table.unset("a");
  (void)state.set("a", "y", "2");
  EXPECT_EQ(state.delta(), R"({"set":{"a":{"x":null,"y":2}}})");
  EXPECT_EQ(state.full(), R"({"set":{"a":{"y":2}}})");
}

TEST(RoomState, what_a_whole_state_told_is_untold) {
  State state;
  (void)state.set("a", "x", "1");
  (void)state.set("b", "x", "1");
  (void)state.delta();
  (void)state.set("a", "y", "1");
  (void)state.set("c", "x", "1");
  EXPECT_EQ(state.full(), R"({"set":{"a":{"x":1,"y":1},"b":{"x":1},"c":{"x":1}}})");
  (void)state.table.remove_field("a", "y");
  (void)state.table.unset("c");
  EXPECT_EQ(state.delta(), R"({"set":{"a":{"y":null}},"unset":["c"]})");
}

TEST(RoomState, keys_are_escaped) {
  State state;
  (void)state.set("a\"\\\n", "\t", "[1]");
  EXPECT_EQ(state.delta(), R"({"set":{"a\"\\\n":{"\t":[1]}}})");
}

TEST(RoomState, limits_refuse_and_leave_the_rest_as_it_was) {
  State state;
  state.options.room_entities_max = 2;
  state.options.entity_fields_max = 2;
  state.options.room_state_bytes_max = 100;
  EXPECT_EQ(state.set("a", "x", "1"), Error::ok);
  EXPECT_EQ(state.set("a", "y", "1"), Error::ok);
  EXPECT_EQ(state.set("a", "z", "1"), Error::state_limit);
  EXPECT_EQ(state.set("b", "x", "1"), Error::ok);
  EXPECT_EQ(state.set("c", "x", "1"), Error::state_limit);
  EXPECT_EQ(state.table.add("c"), Error::state_limit);
  EXPECT_EQ(state.set("a", "x", std::string(200, '1')), Error::state_limit);
  EXPECT_EQ(state.delta(), R"({"set":{"a":{"x":1,"y":1},"b":{"x":1}}})");
  (void)state.table.unset("b");
  EXPECT_EQ(state.set("c", "x", "1"), Error::state_limit) << "until the tick has told of it";
  (void)state.delta();
  EXPECT_EQ(state.set("c", "x", "1"), Error::ok);
}

TEST(RoomState, refused_fields_leave_nothing_behind) {
  State state;
  state.options.room_state_bytes_max = 1024;
  EXPECT_EQ(state.set("a", "x", "1"), Error::ok);
  (void)state.delta();
  const u32 bytes = state.table.bytes();
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(state.set("a", std::string(2000, 'k') + std::to_string(i), "1"), Error::state_limit);
  }
  EXPECT_EQ(state.table.bytes(), bytes);
  EXPECT_EQ(state.set("a", "y", "1"), Error::ok) << "they took no field's place";
}

// A client that hears every delta, and others that join in the middle with a whole state, all have
// what the room has, after every tick.
void check_convergence(u32 seed) {
  Random dice(seed);
  State state;
  if (dice.percent(50)) {
    state.options.room_entities_max = 6;
    state.options.entity_fields_max = 3;
    state.options.room_state_bytes_max = 300;
  }
  Table truth;
  std::vector<Table> clients(1);
  for (int round = 0; round < 200; ++round) {
    for (u32 i = dice.below(12); i > 0; --i) {
      const std::string entity = "e" + std::to_string(dice.below(10));
      const std::string key = "f" + std::to_string(dice.below(5));
      const std::string value = std::to_string(dice.below(4));
      const bool lives = truth.entities.contains(entity);
      switch (dice.below(5)) {
        case 0:
          ASSERT_EQ(state.table.unset(entity), Error::ok);
          if (lives) (void)truth.unset(entity);
          break;
        case 1:
          ASSERT_EQ(state.table.remove_field(entity, key), Error::ok);
          if (lives) (void)truth.remove_field(entity, key);
          break;
        case 2:
          if (state.table.add(entity) == Error::ok) (void)truth.add(entity);
          break;
        default: {
          const u32 before = state.table.bytes();
          if (state.table.set(entity, key, value) == Error::ok) {
            (void)truth.set(entity, key, value);
          } else if (state.table.bytes() != before) {
            (void)truth.add(entity);  // the entity still fitted, the field did not
          }
        }
      }
      ASSERT_LE(state.table.bytes(), state.options.room_state_bytes_max);
      if (dice.percent(5)) clients.emplace_back().apply(state.full());
    }
    const std::string delta = state.delta();
    if (!delta.empty()) {
      for (Table& client : clients) client.apply(delta);
    }
    Table whole;
    whole.apply(state.full());
    ASSERT_EQ(whole.entities, truth.entities);
    for (const Table& client : clients) ASSERT_EQ(client.entities, truth.entities);
    if (clients.size() > 10) clients.resize(1);
  }
}

TEST(RoomState, every_client_has_the_rooms_table_after_every_tick) {
  for (u32 seed = 1; seed <= 60 && !HasFatalFailure(); ++seed) check_convergence(seed);
}

}  // namespace
}  // namespace perseid::test
