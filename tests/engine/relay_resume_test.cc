// Sessions that go on with another connection (docs/protocol.md, "Resuming").
#include <gtest/gtest.h>

#include "tests/engine/resumes.h"

namespace perseid::test {
namespace {

std::string seqs_of(const Peer& peer, std::string_view type) {
  std::string out;
  for (const std::string& message : peer.messages) {
    if (message.find(R"({"type":")" + std::string(type)) != 0) continue;
    out += field(message, "seq") + ' ';
  }
  return out;
}

class RelayResume : public testing::TestWithParam<u32> {
 protected:
  RelayResume() : world(GetParam()) { room = world.room_at(static_cast<ShardId>(GetParam() - 1)); }
  u64 stat(Counter Stats::*counter) {
    u64 sum = 0;
    for (u32 i = 0; i < GetParam(); ++i) {
      sum += (world.relay(static_cast<ShardId>(i)).stats().*counter).get();
    }
    return sum;
  }
  FakeWorld world;
  std::string room;
};

TEST_P(RelayResume, the_same_client_the_same_seat_and_what_it_missed_once_and_in_order) {
  Named ana = named(world);
  Named bob = named(world, "bob");
  world.join(*ana.peer, room);
  world.join(*bob.peer, room, R"(,"presence":true)");
  world.ask(*bob.peer, chat(room, "1"));
  world.ask(*bob.peer, action(room, "1"));
  ana.peer->take();
  world.disconnect(*ana.peer);
  world.settle();
  for (const char* text : {"2", "3"}) {
    world.ask(*bob.peer, chat(room, text));
    world.ask(*bob.peer, action(room, text));
  }
  Peer& back =
      resume(world, ana, seen("{" + in_quotes(room) + R"(:{"chat":1,"player_action":1}})"));
  const std::string welcome = back.messages.at(0);
  EXPECT_EQ(field(welcome, "resumed"), "true");
  EXPECT_EQ(field(welcome, "client"), ana.client);
  EXPECT_EQ(field(welcome, "session"), ana.secret);
  EXPECT_EQ(field(welcome, "id"), "h");
  EXPECT_EQ(field(welcome, "room"), room);
  EXPECT_EQ(field(welcome, "recovered"), "true");
  EXPECT_EQ(seqs_of(back, "chat"), "2 3 ");
  EXPECT_EQ(seqs_of(back, "player_action"), "2 3 ");
  back.take();
  world.ask(*bob.peer, chat(room, "4"));
  EXPECT_EQ(seqs_of(back, "chat"), "4 ");
  back.say(chat(room, "5", "9"));
  world.settle();
  EXPECT_TRUE(back.has("ack")) << "it sits where it sat";
  EXPECT_EQ(stat(&Stats::sessions_resumed), 1u);
}

TEST_P(RelayResume, others_see_drop_and_resume_and_never_leave_and_join) {
  Named ana = named(world);
  Peer& watcher = world.connect();
  world.join(*ana.peer, room);
  world.join(watcher, room, R"(,"presence":true)");
  world.disconnect(*ana.peer);
  world.settle();
  const std::string drop = watcher.find("presence");
  EXPECT_EQ(field(drop, "event"), "drop");
  EXPECT_EQ(field(drop, "client"), ana.client);
  EXPECT_EQ(field(drop, "name"), "ana");
  Peer& late = world.connect();
  EXPECT_NE(world.join(late, room).find(R"("name":"ana","dropped":true)"), std::string::npos);
  world.ask(watcher, system("discover", room_field(room) + R"(,"id":1)"));
  watcher.say(system("discover", room_field(room) + R"(,"id":1)"));
  world.settle();
  EXPECT_NE(watcher.find(R"("op":"clients")").find(R"("status":"dropped")"), std::string::npos);
  watcher.take();
  resume(world, ana);
  EXPECT_EQ(field(watcher.find("presence"), "event"), "resume");
  EXPECT_EQ(watcher.count("presence"), 1u);
  EXPECT_EQ(world.join(world.connect(), room).find("dropped"), std::string::npos);
}

TEST_P(RelayResume, after_the_window_it_is_gone_and_others_see_it_leave) {
  Named ana = named(world);
  Peer& watcher = world.connect();
  world.join(*ana.peer, room);
  world.join(watcher, room, R"(,"presence":true)");
  world.disconnect(*ana.peer);
  world.run_for(world.options.resume_window_ms - 2000, 1000);
  EXPECT_EQ(watcher.count("\"leave\""), 0u);
  world.run_for(3000, 1000);
  EXPECT_EQ(watcher.count("\"leave\""), 1u);
  Peer& back = resume(world, ana);
  EXPECT_EQ(field(back.find("welcome"), "resumed"), "false");
  EXPECT_NE(field(back.find("welcome"), "client"), ana.client);
  EXPECT_FALSE(back.has("\"rooms\""));
  EXPECT_EQ(stat(&Stats::sessions_expired), 1u);
  EXPECT_EQ(stat(&Stats::resumes_refused), 1u);
}

TEST_P(RelayResume, a_newer_connection_takes_the_session_over) {
  Named ana = named(world);
  Peer& watcher = world.connect();
  world.join(*ana.peer, room);
  world.join(watcher, room, R"(,"presence":true)");
  watcher.take();
  Peer& newer = resume(world, ana);
  EXPECT_EQ(ana.peer->closed, CloseCode::session_taken_over);
  EXPECT_EQ(field(newer.find("welcome"), "resumed"), "true");
  EXPECT_EQ(field(newer.find("welcome"), "client"), ana.client);
  world.ask(watcher, chat(room, "1"));
  EXPECT_EQ(seqs_of(newer, "chat"), "1 ");
  EXPECT_EQ(seqs_of(*ana.peer, "chat"), "");
  world.disconnect(*ana.peer);
  world.settle();
  EXPECT_EQ(watcher.count("presence"), 0u);
  world.ask(watcher, chat(room, "2"));
  EXPECT_EQ(seqs_of(newer, "chat"), "1 2 ");
  EXPECT_EQ(newer.closed, CloseCode::none);
  EXPECT_EQ(stat(&Stats::sessions_taken_over), 1u);
}

TEST_P(RelayResume, a_publish_repeated_after_it_is_acknowledged_and_not_delivered_twice) {
  Named ana = named(world);
  Peer& reader = world.connect();
  world.join(*ana.peer, room);
  world.join(reader, room);
  ana.peer->say(chat(room, "1", "41"));
  world.settle();
  const std::string ack = ana.peer->find("ack");
  world.disconnect(*ana.peer);
  world.run_for(5000, 1000);
  Peer& back = resume(world, ana);
  back.take();
  back.say(chat(room, "1", "41"));
  world.settle();
  EXPECT_EQ(back.find("ack"), ack);
  EXPECT_EQ(seqs_of(reader, "chat"), "1 ");
}

TEST_P(RelayResume, what_was_on_its_way_to_it_comes_behind_the_welcome) {
  Named ana = named(world);
  Named bob = named(world, "bob", static_cast<ShardId>(GetParam() - 1));
  world.join(*ana.peer, room);
  ana.peer->accepts_bytes = 0;
  world.ask(*bob.peer, direct(ana.client, "1"));
  world.disconnect(*ana.peer);
  world.settle();
  bob.peer->say(direct(ana.client, "2", "7"));
  world.settle();
  EXPECT_TRUE(bob.peer->has("ack"));
  Peer& back = resume(world, ana);
  ASSERT_EQ(back.messages.size(), 3u);
  EXPECT_EQ(field(back.messages[0], "op"), "welcome");
  EXPECT_EQ(field(back.messages[1], "payload"), "1");
  EXPECT_EQ(field(back.messages[2], "payload"), "2");
}

// The drop overtakes the answer to a join.
TEST_P(RelayResume, a_join_that_was_on_its_way_is_answered_after_it) {
  Named ana = named(world);
  Peer& watcher = world.connect();
  world.join(watcher, room, R"(,"presence":true)");
  watcher.take();
  ana.peer->say(system("join", room_field(room) + R"(,"id":3)"));
  world.set_letters_held(true);
  world.turn();
  world.disconnect(*ana.peer);
  world.turn();
  world.set_letters_held(false);
  world.settle();
  Peer& back = resume(world, ana);
  EXPECT_EQ(field(back.messages.at(0), "room"), room);
  EXPECT_TRUE(GetParam() == 1 || field(back.messages.at(1), "op") == "joined");
  EXPECT_EQ(watcher.count("\"leave\""), 0u);
  back.take();
  world.ask(watcher, chat(room, "1"));
  EXPECT_EQ(seqs_of(back, "chat"), "1 ");
}

TEST_P(RelayResume, its_state_is_whole_again_and_goes_on) {
  Named ana = named(world);
  Peer& writer = world.connect();
  world.join(*ana.peer, room);
  world.join(writer, room);
  world.ask(writer, state(room, R"({"set":{"e":{"x":1}}})"));
  world.run_for(200);
  EXPECT_TRUE(ana.peer->has("game_state"));
  world.disconnect(*ana.peer);
  world.ask(writer, state(room, R"({"set":{"e":{"x":2}}})"));
  world.run_for(200);
  Peer& back = resume(world, ana);
  EXPECT_NE(back.find("game_state").find(R"("full":true)"), std::string::npos);
  EXPECT_NE(back.find("game_state").find(R"({"x":2})"), std::string::npos);
  back.take();
  world.ask(writer, state(room, R"({"set":{"e":{"x":3}}})"));
  world.run_for(200);
  EXPECT_EQ(back.find("game_state").find(R"("full":true)"), std::string::npos);
  EXPECT_NE(back.find("game_state").find(R"({"x":3})"), std::string::npos);
}

TEST_P(RelayResume, who_reads_presence_gets_a_fresh_roster) {
  Named ana = named(world);
  world.join(*ana.peer, room, R"(,"presence":true)");
  Peer& other = world.connect();
  world.join(other, room);
  world.disconnect(*ana.peer);
  world.settle();
  world.disconnect(other);
  world.settle();
  Peer& back = resume(world, ana);
  EXPECT_EQ(number(back.find("roster"), "members_total"), 1u);
}

TEST_P(RelayResume, a_forged_secret_is_refused) {
  Named ana = named(world);
  world.join(*ana.peer, room);
  world.disconnect(*ana.peer);
  std::string forged = ana.secret;
  forged.back() = forged.back() == '0' ? '1' : '0';
  for (const std::string& secret : {forged, std::string("s"), std::string("nonsense"),
                                    "s" + std::string(39, 'z'), ana.client}) {
    Peer& peer = world.connect();
    peer.say(hello(secret));
    world.settle();
    EXPECT_EQ(field(peer.find("welcome"), "resumed"), "false") << secret;
  }
  EXPECT_EQ(field(resume(world, ana).find("welcome"), "resumed"), "true");
}

INSTANTIATE_TEST_SUITE_P(HomeHereAndElsewhere, RelayResume, testing::Values(1u, 2u));

TEST(RelayResumeEnds, who_said_good_bye_or_was_closed_for_its_fault_does_not_come_back) {
  FakeWorld world;
  Named ana = named(world);
  world.relay().begin_close(ana.peer->slot, "The client closed it.", false);
  world.disconnect(*ana.peer);
  EXPECT_EQ(field(resume(world, ana).find("welcome"), "resumed"), "false");
  Named bob = named(world);
  world.relay().begin_close(bob.peer->slot, "The client's stream ended.", true);
  world.disconnect(*bob.peer);
  EXPECT_EQ(field(resume(world, bob).find("welcome"), "resumed"), "true");
  Named eve = named(world);
  eve.peer->send(std::string(1, '\1'));
  std::vector<u8> bytes(kParsePaddingBytes + 1);
  world.relay().receive(eve.peer->slot, Opcode::binary, {bytes.data(), 1});
  EXPECT_EQ(eve.peer->closed, CloseCode::unsupported_data);
  eve.peer->to_send.clear();
  world.disconnect(*eve.peer);
  EXPECT_EQ(field(resume(world, eve).find("welcome"), "resumed"), "false");
}

TEST(RelayResumeEnds, without_hello_or_without_a_window_nothing_is_kept) {
  FakeWorld world(1, [](Options& o) { o.resume_window_ms = 0; });
  Named ana = named(world);
  world.disconnect(*ana.peer);
  EXPECT_EQ(world.relay().stats().sessions_dropped, 0u);
  EXPECT_EQ(field(resume(world, ana).find("welcome"), "resumed"), "false");
  FakeWorld other;
  other.disconnect(other.connect());
  EXPECT_EQ(other.relay().stats().sessions_dropped, 0u);
}

TEST(RelayResumeEnds, a_client_that_falls_silent_is_dropped_at_once_and_keeps_what_waits) {
  FakeWorld world(1, [](Options& o) { o.timeout_ms = 2000, o.heartbeat_interval_ms = 500; });
  Named ana = named(world);
  Named bob = named(world, "bob");
  ana.peer->answers_pings = false;
  ana.peer->accepts_bytes = 40;  // a frame is torn
  world.ask(*bob.peer, direct(ana.client, R"("first")"));
  world.ask(*bob.peer, direct(ana.client, R"("second")"));
  world.run_for(3000);
  EXPECT_EQ(ana.peer->closed, CloseCode::heartbeat_timeout);
  bob.peer->take();
  bob.peer->say(direct(ana.client, R"("third")", "1"));
  world.settle();
  EXPECT_TRUE(bob.peer->has("ack"));
  Peer& back = resume(world, ana);
  ASSERT_EQ(back.messages.size(), 4u);
  EXPECT_EQ(field(back.messages[1], "payload"), "first");
  EXPECT_EQ(field(back.messages[2], "payload"), "second");
  EXPECT_EQ(field(back.messages[3], "payload"), "third");
  ana.peer->accepts_bytes = ~u64{0};
  world.settle();
  world.disconnect(*ana.peer);
  world.settle();
}

TEST(RelayResumeEnds, another_format_does_not_go_on_and_the_old_session_ends) {
  FakeWorld world;
  Named ana = named(world, "ana", 0, kJsonDeflate);
  Peer& watcher = world.connect();
  world.join(watcher, "lobby", R"(,"presence":true)");
  world.join(*ana.peer, "lobby");
  world.disconnect(*ana.peer);
  Peer& plain = resume(world, ana);
  EXPECT_EQ(field(plain.find("welcome"), "resumed"), "false");
  world.run_for(5);
  EXPECT_EQ(watcher.count("\"leave\""), 1u);
  Named bob = named(world);
  world.disconnect(*bob.peer);
  Peer& packed = resume(world, bob, "", 0, kJsonDeflate);
  EXPECT_EQ(field(packed.find("welcome"), "resumed"), "true") << "plain frames anybody can read";
}

TEST(RelayResumeEnds, more_than_may_wait_the_oldest_go_first) {
  FakeWorld world(1, [](Options& o) { o.resumable_sessions_max = 2; });
  std::vector<Named> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(named(world));
    world.disconnect(*all.back().peer);
  }
  EXPECT_EQ(world.relay().stats().sessions_expired, 1u);
  EXPECT_EQ(field(resume(world, all[0]).find("welcome"), "resumed"), "false");
  EXPECT_EQ(field(resume(world, all[1]).find("welcome"), "resumed"), "true");
  EXPECT_EQ(field(resume(world, all[2]).find("welcome"), "resumed"), "true");
}

TEST(RelayResumeEnds, who_writes_to_somebody_away_learns_when_it_is_too_much) {
  FakeWorld world(1, [](Options& o) { o.parked_bytes_max = 65536; });
  Named ana = named(world);
  Named bob = named(world, "bob");
  world.disconnect(*ana.peer);
  const std::string text = in_quotes(std::string(1000, 'x'));
  u32 taken = 0;
  for (int i = 1; i <= 100; ++i) {
    bob.peer->say(direct(ana.client, text, std::to_string(i)));
    world.settle();
    if (bob.peer->has("recipient_slow")) break;
    ++taken;
  }
  EXPECT_GT(taken, 10u);
  EXPECT_LT(taken, 70u);
  EXPECT_EQ(resume(world, ana).count("xxx"), taken);
}

TEST(RelayResumeGaps, without_since_it_says_where_it_goes_on_and_with_it_tells_the_gap) {
  FakeWorld world(1, [](Options& o) { o.action_window_bytes = o.burst_window_bytes = 4096; });
  Named ana = named(world);
  Peer& writer = world.connect();
  world.join(*ana.peer, "lobby");
  world.join(writer, "lobby");
  world.ask(writer, action("lobby", "1"));
  world.ask(writer, action("lobby", "2"));
  world.disconnect(*ana.peer);
  Peer& back = resume(world, ana);
  EXPECT_EQ(number(back.find("welcome"), "player_action"), 2u) << "so much was handed over";
  EXPECT_EQ(seqs_of(back, "player_action"), "");
  world.disconnect(back);
  const std::string text = in_quotes(std::string(500, 'x'));
  for (int i = 3; i <= 60; ++i) world.ask(writer, action("lobby", text));
  world.run_for(3000);
  Peer& late = resume(world, ana, seen(R"({"lobby":{"player_action":1}})"));
  EXPECT_EQ(field(late.find("welcome"), "recovered"), "false");
  const std::string gap = late.find("gap");
  EXPECT_EQ(number(gap, "from"), 2u);
  const std::string first = late.find("player_action\",\"room");
  EXPECT_EQ(number(first, "seq"), number(gap, "to") + 1);
  EXPECT_EQ(late.count("\"gap\""), 1u);
}

// It was in the window when its join was answered, and not when the answer could leave.
TEST(RelayResumeGaps, a_gap_behind_a_join_that_waits_still_is_told_with_it) {
  FakeWorld world(1, [](Options& o) { o.action_window_bytes = o.burst_window_bytes = 4096; });
  Named ana = named(world);
  Peer& writer = world.connect();
  const std::string epoch = field(world.join(writer, "lobby"), "epoch");
  for (const char* payload : {"1", "2", "3"}) world.ask(writer, action("lobby", payload));
  ana.peer->accepts_bytes = 0;
  ana.peer->say(system("join", R"("id":3,"room":"lobby","since":{"epoch":)" + in_quotes(epoch) +
                                   R"(,"player_action":1})"));
  world.settle();
  const std::string text = in_quotes(std::string(500, 'x'));
  for (int i = 4; i <= 60; ++i) world.ask(writer, action("lobby", text));
  ana.peer->accepts_bytes = 20;
  world.run_for(20);
  Peer& back = resume(world, ana);
  EXPECT_EQ(field(back.find("joined"), "recovered"), "true");
  const std::string gap = back.find("\"gap\"");
  EXPECT_EQ(number(gap, "from"), 2u);
  EXPECT_EQ(number(back.find("player_action\",\"room"), "seq"), number(gap, "to") + 1);
}

// What waited of it in the outbox came, and then the lane said it again.
TEST(RelayResumeGaps, a_history_that_was_on_its_way_is_not_said_twice) {
  for (const WireFormat format : {kJson, kBin}) {
    FakeWorld world;
    Named ana = named(world, "ana", 0, format);
    Peer& bob = world.connect();
    world.join(bob, "lobby");
    for (int i = 0; i < 10; ++i) bob.say(chat("lobby", in_quotes(std::string(300, 'x'))));
    world.settle();
    ana.peer->accepts_bytes = 1800;
    ana.peer->say(system("join", room_field("lobby") + R"(,"history":10)"));
    world.settle();
    ASSERT_TRUE(ana.peer->has("joined"));
    u64 last = 0;
    for (const std::string& message : ana.peer->messages) {
      if (field(message, "type") == "chat") last = number(message, "seq");
    }
    ASSERT_LT(last, 10u);
    ASSERT_GT(last, 0u);
    world.disconnect(*ana.peer);
    Peer& back =
        resume(world, ana, seen(R"({"lobby":{"chat":)" + std::to_string(last) + "}}"), 0, format);
    for (const std::string& message : back.messages) {
      if (field(message, "type") != "chat") continue;
      EXPECT_EQ(number(message, "seq"), ++last);
    }
    EXPECT_EQ(last, 10u);
  }
}

TEST(RelayResumeGaps, a_since_that_is_no_since_is_refused_and_may_be_said_again) {
  FakeWorld world;
  Named ana = named(world);
  world.disconnect(*ana.peer);
  for (const char* rooms : {R"({"lobby":1})", R"({"lobby":{"chat":-1}})", R"({"l":{"chat":"1"}})",
                            R"({"l":{"player_action":1.5}})"}) {
    Peer& peer = world.connect();
    peer.say(hello(ana.secret, seen(rooms)));
    world.settle();
    EXPECT_EQ(field(peer.find("error"), "code"), "bad_value") << rooms;
    EXPECT_EQ(field(peer.find("error"), "field"), "since.rooms") << rooms;
  }
  EXPECT_EQ(field(resume(world, ana, seen("{}")).find("welcome"), "resumed"), "true");
}

// Several requests in one frame: those behind hello are the resumed session's.
TEST(RelayResumeGaps, what_stands_behind_hello_in_the_same_frame_is_the_sessions) {
  FakeWorld world;
  Named ana = named(world);
  world.join(*ana.peer, "lobby");
  world.disconnect(*ana.peer);
  Peer& back = world.connect();
  back.say("[" + system("ping", R"("id":1)") + "," + hello(ana.secret) + "," +
           chat("lobby", "7", "2") + "]");
  world.settle();
  ASSERT_GE(back.messages.size(), 4u);
  EXPECT_EQ(field(back.messages[0], "op"), "pong");
  EXPECT_EQ(field(back.messages[1], "op"), "welcome");
  EXPECT_TRUE(back.has(R"("op":"ack")"));
  EXPECT_EQ(field(back.find("{\"type\":\"chat"), "sender"), ana.client);
}

}  // namespace
}  // namespace perseid::test
