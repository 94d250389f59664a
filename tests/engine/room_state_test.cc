#include "engine/room_state.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>

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
    RoomState::Growth growth(table);
    (void)growth.set(entity, key, value);
    table.begin_update(!growth.fits());
    (void)table.set(entity, key, value);
    return table.end_update();
  }
  Error add(std::string_view entity) {
    RoomState::Growth growth(table);
    (void)growth.add(entity);
    table.begin_update(!growth.fits());
    (void)table.add(entity);
    return table.end_update();
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
  EXPECT_EQ(state.table.held_bytes(), 0u);
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
  state.options.room_state_bytes_max = 1500;
  EXPECT_EQ(state.set("a", "x", "1"), Error::ok);
  EXPECT_EQ(state.set("a", "y", "1"), Error::ok);
  EXPECT_EQ(state.set("a", "z", "1"), Error::state_limit);
  EXPECT_EQ(state.set("b", "x", "1"), Error::ok);
  EXPECT_EQ(state.set("c", "x", "1"), Error::state_limit);
  EXPECT_EQ(state.add("c"), Error::state_limit);
  EXPECT_EQ(state.set("a", "x", std::string(1500, '1')), Error::state_limit);
  EXPECT_EQ(state.delta(), R"({"set":{"a":{"x":1,"y":1},"b":{"x":1}}})");
  (void)state.table.unset("b");
  EXPECT_EQ(state.set("c", "x", "1"), Error::ok) << "in the place of who went";
  EXPECT_EQ(state.delta(), R"({"set":{"c":{"x":1}},"unset":["b"]})");
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

// 0 where a sanitizer brings its own malloc.
u64 allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Short fields weigh little in a keyframe and much in memory; control characters the other way.
TEST(RoomState, the_limit_of_its_bytes_holds_in_memory_and_in_a_keyframe) {
  for (const std::string& key : {std::string("f"), std::string(100, '\1')}) {
    for (const u32 fields : {1u, 200u}) {
      State state;
      const u64 before = allocated_bytes();
      Error error = Error::ok;
      for (u32 i = 0; error == Error::ok && i < 1'000'000; ++i) {
        error = state.set(std::to_string(i / fields), key + std::to_string(i % fields), "1");
        if (i % 1000 == 0) (void)state.delta();
      }
      EXPECT_EQ(error, Error::state_limit);
      state.table.settle();
      const u64 limit = state.options.room_state_bytes_max;
      // Headers of blocks, and what the list of entities has in reserve.
      EXPECT_LE(allocated_bytes() - before, 2 * limit);
      EXPECT_LE(state.table.held_bytes(), limit + 1024) << "but for the growth of one string";
      EXPECT_LE(state.full().size(), limit);
    }
  }
}

TEST(RoomState, what_is_removed_gives_its_memory_back) {
  State state;
  for (int round = 0; round < 3; ++round) {
    for (u32 i = 0; i < 200; ++i) {
      ASSERT_EQ(state.set("a", std::to_string(i), std::string(1000, '1')), Error::ok);
    }
    (void)state.delta();
    const u64 held = state.table.held_bytes();
    EXPECT_GT(held, 200'000u);
    for (u32 i = 1; i < 200; ++i) (void)state.table.remove_field("a", std::to_string(i));
    (void)state.set("a", "0", "1");
    (void)state.delta();
    EXPECT_LT(state.table.held_bytes(), 1000u);
  }
}

// A short string moved into a long one's place keeps that one's block: the sum went below zero, and
// the room took nothing any more.
TEST(RoomState, a_long_field_removed_before_a_short_one_leaves_the_sum_right) {
  State state;
  for (int round = 0; round < 20; ++round) {
    ASSERT_EQ(state.set("p", "bio", '"' + std::string(600, 'x') + '"'), Error::ok);
    ASSERT_EQ(state.set("p", "x", std::to_string(round)), Error::ok);
    (void)state.delta();
    (void)state.table.remove_field("p", "bio");
    (void)state.delta();
    ASSERT_LT(state.table.held_bytes(), 2000u) << round;
  }
  EXPECT_EQ(state.set("another", "x", "1"), Error::ok);
}

// An entity that stands in an update again and again had the count of its fields begin afresh.
TEST(RoomState, fields_of_an_entity_that_stands_there_twice_count_together) {
  State state;
  state.options.entity_fields_max = 4;
  StateUpdateCheck check;
  for (int pass = 0; pass < 2; ++pass) {
    if (pass == 1) state.table.begin_update(false);
    StateUpdateSink& sink = pass == 0 ? static_cast<StateUpdateSink&>(check) : state.table;
    for (int i = 0; i < 6; ++i) {
      (void)sink.set("a", "f" + std::to_string(i), "1");
      (void)sink.set("b", "x", std::to_string(i));
    }
  }
  EXPECT_EQ(state.table.end_update(), Error::state_limit);
  EXPECT_EQ(state.full().find("f4"), std::string::npos);
}

// Nanoseconds for one set() of each field in turn.
double set_ns(u32 fields) {
  State state;
  state.options.entity_fields_max = fields;
  std::vector<std::string> keys;
  for (u32 i = 0; i < fields; ++i) keys.push_back("field" + std::to_string(i));
  for (const std::string& key : keys) (void)state.set("a", key, "0");
  double best = 1e18;
  for (int round = 0; round < 7; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (u32 i = 0; i < 4096; ++i) (void)state.set("a", keys[i % fields], i % 2 == 0 ? "1" : "2");
    const auto end = std::chrono::steady_clock::now();
    best = std::min(best, std::chrono::duration<double, std::nano>(end - start).count());
  }
  return best / 4096;
}

TEST(RoomState, a_field_of_thousands_is_found_as_quickly_as_one_of_a_few) {
  EXPECT_LT(set_ns(4096), 20 * set_ns(8));
}

// A client that hears every delta, and others that join in the middle with a whole state, all have
// what the room has, after every tick.
void check_convergence(u32 seed) {
  Random dice(seed);
  State state;
  if (dice.percent(50)) {
    state.options.room_entities_max = 6;
    state.options.entity_fields_max = 3;
    state.options.room_state_bytes_max = 1500;
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
      ASSERT_LE(state.table.held_bytes(), state.options.room_state_bytes_max);
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
    u64 last_commas = whole.entities.empty() ? 0 : 1;
    for (const auto& [entity, fields] : whole.entities) last_commas += fields.empty() ? 0 : 1;
    ASSERT_EQ(state.table.bytes() - last_commas + std::string_view(R"({"set":{}})").size(),
              state.full().size());
    if (clients.size() > 10) clients.resize(1);
  }
}

TEST(RoomState, every_client_has_the_rooms_table_after_every_tick) {
  for (u32 seed = 1; seed <= 60 && !HasFatalFailure(); ++seed) check_convergence(seed);
}

}  // namespace
}  // namespace perseid::test
