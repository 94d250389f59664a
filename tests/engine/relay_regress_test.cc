// Witnesses: faults that the rules once had. Each would be silent on a good day.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

TEST(Regress, a_late_joiner_on_the_rooms_own_shard_gets_the_state_although_nothing_changes) {
  FakeWorld world;
  Peer& a = world.connect();
  world.join(a, "arena");
  a.say(state("arena", R"({"set":{"e1":{"x":1}}})"));
  world.run_for(200);
  Peer& b = world.connect();
  b.say(R"({"type":"system","op":"join","room":"arena"})");
  world.settle();
  EXPECT_TRUE(b.has(R"("full":true,"payload":{"set":{"e1":{"x":1}}})"));
}

TEST(Regress, who_leaves_and_joins_at_one_go_stays_in_the_others_rosters) {
  FakeWorld world(2);
  const std::string room = world.room_at(1);
  Peer& watcher = world.connect(1);
  world.join(watcher, room, R"(,"presence":true)");
  Peer& hasty = world.connect(0);
  for (const char* op : {"join", "leave", "join"}) {
    hasty.say(R"({"type":"system","op":")" + std::string(op) + R"(","room":")" + room + R"("})");
  }
  world.settle();
  EXPECT_EQ(hasty.count(R"("op":"joined")"), 2u);
  EXPECT_EQ(watcher.count(R"("event":"join")"), watcher.count(R"("event":"leave")") + 1);
  hasty.say(R"({"type":"system","op":"leave","room":")" + room + R"("})");
  world.settle();
  EXPECT_EQ(watcher.count(R"("event":"join")"), watcher.count(R"("event":"leave")"));
}

// `left` was written by the client's own shard, acks come from the room's home: it overtook them.
TEST(Regress, left_comes_behind_the_acks_of_what_was_published_before_it) {
  for (const char* first : {"", R"({"type":"system","op":"join","id":1,"room":"%"},)"}) {
    FakeWorld world(2);
    const std::string room = world.room_at(1);
    Peer& a = world.connect(0);
    std::string begin = first;
    if (begin.empty()) {
      world.join(a, room);
    } else {
      begin.replace(begin.find('%'), 1, room);
    }
    a.say("[" + begin + R"({"type":"chat","id":2,"payload":1,"room":")" + room +
          R"("},{"type":"system","op":"leave","id":3,"room":")" + room +
          R"("},{"type":"system","op":"join","id":4,"room":")" + room + R"("}])");
    world.settle();
    std::string ids;
    for (const std::string& message : a.take()) ids += field(message, "id");
    EXPECT_EQ(ids, begin.empty() ? "234" : "1234");
  }
}

TEST(Regress, no_message_of_a_room_overtakes_joined_where_a_send_is_short_of_bytes) {
  FakeWorld world(1, [](Options& o) { o.flush_bytes_max = 1024; });
  for (int i = 0; i < 14; ++i) world.join(world.connect(), "arena");
  Peer& a = world.connect();
  world.join(a, "arena");
  a.say(chat("arena", "1"));
  world.settle();
  Peer& b = world.connect();
  for (int i = 0; i < 6; ++i) b.say(R"({"type":"system","op":"ping","id":1})");
  b.say(R"({"type":"system","op":"join","room":"arena","history":5})");
  world.settle();
  ASSERT_EQ(b.messages.size(), 8u);
  EXPECT_NE(b.messages[6].find(R"("op":"joined")"), std::string::npos);
}

TEST(Regress, a_closing_connection_is_flushed_whatever_its_rate) {
  FakeWorld world(1, [](Options& o) { o.client_bytes_per_second = 1000; });
  Peer& a = world.connect();
  for (int i = 0; i < 100; ++i) a.say(R"({"type":"system","op":"ping","id":1})");
  world.settle();
  SendBatch batch;
  world.relay().gather(a.slot, batch);
  ASSERT_TRUE(batch.empty());
  world.relay().begin_close(a.slot);
  EXPECT_TRUE(world.relay().wants_send(a.slot));
  world.relay().gather(a.slot, batch);
  EXPECT_FALSE(batch.empty());
  world.relay().sent(a.slot, batch, batch.total_bytes);
  EXPECT_FALSE(world.relay().wants_send(a.slot));
}

TEST(Regress, no_short_answer_comes_where_a_longer_one_before_it_found_no_room) {
  FakeWorld world(2, [](Options& o) { o.outbox_bytes_max = 4096; });
  const std::string room = world.room_at(1);
  for (int i = 0; i < 3; ++i) world.join(world.connect(1), room);
  Peer& a = world.connect(0);
  world.join(a, room);
  a.accepts_bytes = 0;
  for (int i = 0; i < 65; ++i) a.say(R"({"type":"system","op":"ping"})");
  a.say(R"({"type":"system","op":"discover","id":6,"room":")" + room + R"("})");
  a.say(R"({"type":"chat","id":7,"payload":1,"room":")" + room + R"("})");
  world.settle();
  a.accepts_bytes = ~u64{0};
  world.settle();
  EXPECT_EQ(a.closed, CloseCode::too_slow);
  EXPECT_EQ(a.count(R"("op":"clients")"), 0u);
  EXPECT_EQ(a.count(R"("op":"ack")"), 0u);
}

TEST(Regress, a_client_over_its_rate_is_still_pinged_and_lives) {
  FakeWorld world(1, [](Options& o) {
    o.client_bytes_per_second = 1000;
    o.session_bytes_per_second = 100'000'000;
    o.timeout_ms = 3000;
    o.heartbeat_interval_ms = 500;
  });
  Peer& a = world.connect();
  Peer& b = world.connect();
  world.join(a, "lobby");
  world.join(b, "lobby");
  b.accepts_bytes = 7000;  // takes it in two parts
  a.say(chat("lobby", '"' + std::string(10'000, 'x') + '"'));
  world.run_for(50);
  b.accepts_bytes = ~u64{0};
  world.run_for(9000, 10);
  EXPECT_EQ(b.count(R"("type":"chat")"), 1u);
  EXPECT_GT(b.pings, 10u);
  EXPECT_EQ(a.closed, CloseCode::none);
  EXPECT_EQ(b.closed, CloseCode::none);
}

TEST(Regress, what_the_kernel_did_not_take_is_not_charged) {
  FakeWorld world(1, [](Options& o) { o.client_bytes_per_second = 1000; });
  Peer& a = world.connect();
  world.join(a, "lobby");
  world.run_for(2000);
  a.accepts_bytes = 0;
  a.say(chat("lobby", '"' + std::string(5'000, 'x') + '"'));
  world.run_for(50);
  a.accepts_bytes = ~u64{0};
  world.run_for(50);
  EXPECT_EQ(a.count(R"("type":"chat")"), 1u);
}

TEST(Regress, a_laggard_is_not_sent_an_old_large_keyframe_in_place_of_few_deltas) {
  FakeWorld world(1, [](Options& o) { o.flush_bytes_max = 1024; });
  Peer& a = world.connect();
  world.join(a, "arena");
  a.say(state("arena", R"({"set":{"e1":{"x":")" + std::string(40'000, 'x') + R"("}}})"));
  world.run_for(200);
  Peer& b = world.connect();
  world.join(b, "arena");
  b.accepts_bytes = 0;
  a.say(state("arena", R"({"unset":["e1"]})"));
  for (int i = 0; i < 40; ++i) {
    a.say(state("arena", R"({"set":{"e2":{"x":)" + std::to_string(i) + "}}}"));
    world.run_for(60);
  }
  b.accepts_bytes = ~u64{0};
  world.settle();
  EXPECT_EQ(b.count(R"("full":true)"), 0u);
  EXPECT_TRUE(b.has(R"("e2":{"x":39})"));
}

TEST(Regress, a_keyframe_of_an_earlier_log_is_forgotten_with_it) {
  FakeWorld world(2, [](Options& o) { o.room_members_max = 2; });
  const std::string room = world.room_at(1);
  const std::string leave = R"({"type":"system","op":"leave","room":")" + room + R"("})";
  const std::string join = R"({"type":"system","op":"join","room":")" + room + R"("})";
  Peer& refused = world.connect(0, kBin);  // first, so that it is heard first
  Peer& a = world.connect(0, kBin);
  Peer& b = world.connect(0, kBin);
  Peer& c = world.connect(0, kBin);
  const u32 room_number = static_cast<u32>(number(world.join(a, room), "room_number"));
  const auto set = [&](Peer& peer, int x) {
    std::string bytes;
    const std::string json = R"({"set":{"e1":{"x":)" + std::to_string(x) + "}}}";
    append_binary_request(bytes, {.kind = BinaryKind::game_state,
                                  .target = BinaryTarget::room_number,
                                  .room_number = room_number,
                                  .json = json});
    peer.send(bytes);
    world.run_for(200);
  };
  set(a, 1);
  world.join(b, room);
  world.run_for(200);
  set(a, 2);
  // The view outlives its log: it waits for an answer while the last readers go.
  refused.say(join);
  a.say(leave);
  b.say(leave);
  c.say(join);
  world.run_for(200);
  ASSERT_TRUE(refused.has("room_full"));
  EXPECT_TRUE(c.has(R"("e1":{"x":2})"));
  set(c, 3);
  EXPECT_TRUE(c.has(R"("e1":{"x":3})"));
}

TEST(Regress, a_rooms_number_is_not_given_to_another_room_after_it) {
  FakeWorld world(1, [](Options& o) { o.room_linger_ms = 0; });
  Peer& a = world.connect();
  const u64 first = number(world.join(a, "one"), "room_number");
  a.say(R"({"type":"system","op":"leave","room":"one"})");
  world.run_for(10);
  EXPECT_NE(number(world.join(a, "two"), "room_number"), first);
}

TEST(Regress, more_than_a_window_in_one_turn_leaves_no_hole_in_a_view) {
  FakeWorld world(1, [](Options& o) {
    o.action_window_bytes = o.burst_window_bytes = 4096;
    o.session_bytes_per_second = 100'000'000;
  });
  Peer& a = world.connect();
  Peer& b = world.connect();
  world.join(a, "arena");
  world.join(b, "arena");
  a.say(action("arena", "1"));
  world.settle();
  b.take();
  const std::string big = '"' + std::string(100'000, 'x') + '"';
  b.accepts_bytes = 0;
  for (int turn = 0; turn < 2; ++turn) {
    for (int i = 0; i < 5; ++i) a.say(action("arena", big));
    world.settle();
  }
  b.accepts_bytes = ~u64{0};
  world.settle();
  EXPECT_EQ(number(b.find(R"("op":"gap")"), "from"), 2u);
  EXPECT_EQ(number(b.find(R"("op":"gap")"), "to"), 6u)
      << "the last turn's messages stay until told";
  EXPECT_EQ(number(b.find(R"("type":"player_action")"), "seq"), 7u);
}

TEST(Regress, a_keyframe_is_not_served_after_the_state_changed_unheard) {
  FakeWorld world;
  Peer& a = world.connect();
  world.join(a, "arena");
  a.say(state("arena", R"({"set":{"e1":{"x":1}}})"));
  world.run_for(200);
  Peer& b = world.connect();
  world.join(b, "arena");  // a keyframe with x=1 is kept
  world.disconnect(b);
  a.say(state("arena", R"({"set":{"e1":{"x":2}}})"));
  a.say(R"({"type":"system","op":"leave","room":"arena"})");
  world.run_for(200);  // the tick finds nobody
  Peer& c = world.connect();
  c.say(R"({"type":"system","op":"join","room":"arena"})");
  world.settle();
  EXPECT_TRUE(c.has(R"("full":true,"payload":{"set":{"e1":{"x":2}}})"));
}

TEST(Regress, a_keyframe_of_one_flavour_is_not_served_after_deltas_of_another) {
  FakeWorld world;
  Peer& a = world.connect(0, kBin);
  world.join(a, "arena");
  const auto set = [&](std::string_view payload) {
    std::string bytes;
    append_binary_request(bytes, {.kind = BinaryKind::game_state,
                                  .target = BinaryTarget::room_name,
                                  .room = "arena",
                                  .json = payload});
    a.send(bytes);
    world.run_for(200);
  };
  set(R"({"set":{"e1":{"x":1}}})");
  Peer& b = world.connect();
  world.join(b, "arena");  // a JSON keyframe with x=1 is kept
  world.disconnect(b);
  set(R"({"set":{"e1":{"x":2}}})");
  Peer& c = world.connect();
  c.say(R"({"type":"system","op":"join","room":"arena"})");
  world.settle();
  EXPECT_TRUE(c.has(R"("full":true,"payload":{"set":{"e1":{"x":2}}})"));
}

TEST(Regress, what_only_a_keyframe_told_is_untold_by_the_next_delta) {
  FakeWorld world;
  Peer& a = world.connect();
  world.join(a, "arena");
  a.say(state("arena", R"({"set":{"stays":{"x":1}}})"));
  world.run_for(200);
  a.say(state("arena", R"({"set":{"stays":{"w":1}}})"));
  world.run_for(10);
  const u64 ticks = world.relay().stats().state_ticks.get();
  // A tick has just been, so that of this one is still to come when the joiner gets its keyframe.
  a.say(state("arena", R"({"set":{"goes":{"x":1},"stays":{"y":1}}})"));
  a.say(state("arena", R"({"set":{"stays":{"z":1}}})"));
  world.turn();
  Peer& b = world.connect();
  b.say(R"({"type":"system","op":"join","room":"arena"})");
  world.turn();
  world.turn();
  const std::string told = b.find(R"("full":true)");
  ASSERT_NE(told.find(R"("goes")"), std::string::npos);
  ASSERT_EQ(world.relay().stats().state_ticks.get(), ticks) << "only the keyframe has told";
  a.say(state("arena", R"({"set":{"stays":{"y":null}},"unset":["goes"]})"));
  world.run_for(200);
  EXPECT_TRUE(b.has(R"("unset":["goes"])"));
  EXPECT_TRUE(b.has(R"("y":null)"));
}

TEST(Regress, history_before_zero_is_empty_whatever_the_limit) {
  FakeWorld world;
  Peer& a = world.connect();
  world.join(a, "lobby");
  for (int i = 0; i < 5; ++i) a.say(chat("lobby", "1"));
  world.settle();
  a.take();
  for (const char* limit : {"0", "1", "50"}) {
    const auto got =
        world.ask(a, std::string(R"({"type":"system","op":"history","room":"lobby","before":0,)") +
                         R"("limit":)" + limit + "}");
    ASSERT_EQ(got.size(), 1u);
    EXPECT_NE(got[0].find(R"("messages":[])"), std::string::npos) << got[0];
  }
}

TEST(Regress, a_leave_behind_a_refused_join_is_answered_once_and_forgotten) {
  FakeWorld world(2, [](Options& o) { o.rooms_max = 2; });
  const std::string first = world.room_at(1, "a");
  const std::string second = world.room_at(1, "b");
  Peer& a = world.connect(0);
  world.join(a, first);
  a.say(R"({"type":"system","op":"join","id":1,"room":")" + second + R"("})");
  a.say(R"({"type":"system","op":"leave","id":2,"room":")" + second + R"("})");
  world.settle();
  EXPECT_EQ(a.count(R"("id":1,"code":"room_limit")"), 1u);
  EXPECT_EQ(a.count(R"("id":2)"), 1u);
  a.take();
  // The slot of the refused member is used again: the old leave must not speak for it.
  Peer& b = world.connect(0);
  world.join(b, first);
  const auto got =
      world.ask(b, R"({"type":"system","op":"leave","id":3,"room":")" + first + R"("})");
  ASSERT_EQ(got.size(), 1u);
  EXPECT_NE(got[0].find(R"("op":"left","id":3)"), std::string::npos) << got[0];
}

TEST(Regress, a_keyframe_asked_for_before_is_not_taken_into_a_new_log) {
  FakeWorld world(2);
  const std::string room = world.room_at(1);
  Peer& json = world.connect(0);  // keeps the view alive
  world.join(json, room);
  json.say(state(room, R"({"set":{"e":{"x":1}}})"));
  world.run_for(200);
  Peer& first = world.connect(0, kBin);
  world.join(first, room);
  std::string big = R"({"set":{"e":{"blob":")" + std::string(5000, 'b') + R"("}}})";
  for (int i = 0; i < 3; ++i) {
    json.say(state(room, big));
    world.run_for(100);
    big[30 + static_cast<std::size_t>(i)] = 'c';
  }
  // It wants a keyframe, leaves, and another of its flavour joins, all before an answer comes.
  first.accepts_bytes = 0;
  for (int i = 0; i < 9; ++i) {
    big[40 + static_cast<std::size_t>(i)] = 'd';
    json.say(state(room, big));
    world.run_for(100);
  }
  world.set_letters_held(true);
  first.accepts_bytes = ~u64{0};
  world.turn();
  world.disconnect(first);
  Peer& second = world.connect(0, kBin);
  second.say(R"({"type":"system","op":"join","room":")" + room + R"("})");
  world.turn();
  world.set_letters_held(false);
  world.settle();
  EXPECT_TRUE(second.has(R"("full":true)"));
  second.take();
  json.say(state(room, R"({"set":{"e":{"x":2}}})"));
  world.run_for(200);
  EXPECT_TRUE(second.has(R"({"set":{"e":{"x":2}}})"));
}

TEST(Regress, an_empty_array_costs_like_a_message) {
  FakeWorld world(1, [](Options& o) { o.session_messages_per_second = 10; });
  Peer& a = world.connect();
  for (int i = 0; i < 21; ++i) a.send("[]");
  world.settle();
  EXPECT_TRUE(a.has(R"("code":"rate_limited")"));
}

TEST(Regress, a_slow_reader_of_one_long_message_is_not_cut_off_for_a_short_reply) {
  FakeWorld world(1, [](Options& o) {
    o.outbox_bytes_max = 4096;
    o.session_bytes_per_second = 100'000'000;
  });
  Peer& a = world.connect();
  Peer& slow = world.connect();
  world.join(a, "lobby");
  world.join(slow, "lobby");
  slow.accepts_bytes = 1000;
  a.say(chat("lobby", '"' + std::string(100'000, 'x') + '"'));
  world.settle();
  slow.say(R"({"type":"system","op":"ping","id":1})");
  world.settle();
  EXPECT_EQ(slow.closed, CloseCode::none);
  slow.accepts_bytes = ~u64{0};
  world.settle();
  EXPECT_TRUE(slow.has(R"("op":"pong")"));
  EXPECT_EQ(slow.count(R"("type":"chat")"), 1u);
}

TEST(Regress, a_repeated_publish_to_a_room_number_is_acknowledged_with_the_rooms_name) {
  FakeWorld world;
  Peer& a = world.connect(0, kBin);
  const auto room_number = static_cast<u32>(number(world.join(a, "lobby"), "room_number"));
  for (int i = 0; i < 2; ++i) {
    std::string bytes;
    append_binary_request(bytes, {.kind = BinaryKind::chat,
                                  .room_number = room_number,
                                  .id_kind = BinaryId::number,
                                  .id_number = 7,
                                  .json = "1"});
    a.send(bytes);
  }
  std::string by_name;
  append_binary_request(by_name, {.kind = BinaryKind::chat,
                                  .target = BinaryTarget::room_name,
                                  .room = "lobby",
                                  .id_kind = BinaryId::number,
                                  .id_number = 7,
                                  .json = "1"});
  a.send(by_name);
  world.settle();
  EXPECT_EQ(a.count(R"("op":"ack","id":7,"room":"lobby","seq":1)"), 3u);
  EXPECT_EQ(a.count(R"("type":"chat")"), 1u);
}

// A position tells 2 GiB apart: one who does not read for longer must still count as fallen out.
TEST(Regress, a_reader_that_stalls_for_gigabytes_still_gets_its_gap) {
#ifndef NDEBUG
  GTEST_SKIP() << "gigabytes take too long without optimisation";
#endif
  FakeWorld world(1, [](Options& o) { o.session_bytes_per_second = ~0u; });
  Peer& a = world.connect();
  Peer& stalled = world.connect();
  world.join(a, "arena");
  world.join(stalled, "arena");
  a.accepts_bytes = stalled.accepts_bytes = 0;
  const std::string big = action("arena", in_quotes(std::string(16 * MiB, 'x')));
  u32 sent = 0;
  for (u64 bytes = 0; bytes < (u64{9} << 28); bytes += big.size(), ++sent) {
    a.say(big);
    world.turn(10);
  }
  stalled.accepts_bytes = ~u64{0};
  world.settle();
  EXPECT_EQ(world.relay().stats().gaps, 1u);
  const std::string gap = stalled.find(R"("op":"gap")");
  EXPECT_EQ(number(gap, "from"), 1u);
  EXPECT_EQ(number(gap, "to") + stalled.count(R"("type":"player_action")"), u64{sent});
}

}  // namespace
}  // namespace perseid::test
