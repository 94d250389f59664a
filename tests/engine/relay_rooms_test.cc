// Rooms: joining, order, acknowledgement, history, recovery, presence, private messages.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

// Each test runs with the room's home on the members' shard, and on another.
class RelayRooms : public testing::TestWithParam<ShardId> {
 protected:
  FakeWorld world_{2, [](Options& o) { o.action_window_bytes = o.burst_window_bytes = 4096; }};
  const std::string room_ = world_.room_at(GetParam());
  Peer& a_ = world_.connect(0);
  Peer& b_ = world_.connect(0);
  Peer& c_ = world_.connect(1);
  std::string join_more(std::string_view more) {
    return system("join", room_field(room_) + std::string(more));
  }
};

TEST_P(RelayRooms, every_member_sees_one_order_the_sender_included) {
  for (Peer* peer : {&a_, &b_, &c_}) world_.join(*peer, room_);
  for (int i = 0; i < 50; ++i) {
    a_.say(chat(room_, std::to_string(i)));
    b_.say(chat(room_, std::to_string(100 + i)));
    c_.say(chat(room_, std::to_string(200 + i), std::to_string(i)));
    if (i % 7 == 0) world_.turn();
  }
  world_.settle();
  EXPECT_EQ(c_.count(R"("op":"ack")"), 50u);
  std::erase_if(c_.messages, [](const auto& m) { return field(m, "op") == "ack"; });
  ASSERT_EQ(a_.messages.size(), 150u);
  EXPECT_EQ(a_.messages, b_.messages);
  EXPECT_EQ(a_.messages, c_.messages);
  for (u32 i = 0; i < 150; ++i) EXPECT_EQ(number(a_.messages[i], "seq"), i + 1);
}

TEST_P(RelayRooms, a_payload_travels_byte_for_byte) {
  world_.join(a_, room_);
  const std::string payload = R"({ "a" : [1.50, -0, "\u00e9\/" ], "b":{} })";
  world_.ask(a_, chat(room_, payload));
  a_.say(chat(room_, payload, "1"));
  world_.settle();
  EXPECT_EQ(a_.count(R"("payload":)" + payload + "}"), 1u);
}

TEST_P(RelayRooms, a_repeated_id_is_acknowledged_again_and_not_delivered_twice) {
  world_.join(a_, room_);
  world_.join(b_, room_);
  a_.take();
  a_.say(chat(room_, "1", "7"));
  a_.say(chat(room_, "1", "7"));  // while the first may still be on its way
  world_.settle();
  EXPECT_GE(a_.count(R"("op":"ack","id":7)"), 1u);
  a_.take();
  b_.say(chat(room_, "2"));
  world_.settle();
  const std::string again = world_.ask(a_, chat(room_, "1", "7")).back();
  EXPECT_EQ(field(again, "op"), "ack");
  EXPECT_EQ(field(again, "seq"), "1");
  EXPECT_EQ(field(again, "room"), room_);
  EXPECT_EQ(b_.count(R"("type":"chat")"), 2u);
  // The same id in another lane, or of another session, is another publish.
  world_.ask(a_, action(room_, "1", "7"));
  EXPECT_EQ(b_.count(R"("type":"player_action")"), 1u);
  EXPECT_TRUE(world_.ask(b_, chat(room_, "3", "7")).back().find(R"("seq":3)") != std::string::npos);
}

TEST_P(RelayRooms, history_has_its_bounds) {
  world_.join(a_, room_);
  for (int i = 1; i <= 120; ++i) a_.say(chat(room_, std::to_string(i)));
  world_.settle();
  a_.take();
  const struct {
    const char* name;
    const char* fields;
    u32 first, count;
  } rows[] = {
      {"the newest fifty", "", 71, 50},
      {"the newest three", R"(,"limit":3)", 118, 3},
      {"before one", R"(,"before":10,"limit":4)", 6, 4},
      {"before the first", R"(,"before":1)", 0, 0},
      {"before the second", R"(,"before":2)", 1, 1},
      {"before zero", R"(,"before":0,"limit":0)", 0, 0},
      {"none", R"(,"limit":0)", 0, 0},
      {"from the future", R"(,"before":4294967295,"limit":2)", 119, 2},
      {"all there are", R"(,"limit":4294967295)", 1, 120},
  };
  for (const auto& row : rows) {
    const auto got = world_.ask(a_, system("history", room_field(room_) + row.fields));
    ASSERT_EQ(got.size(), 1u) << row.name;
    u32 count = 0;
    for (std::size_t at = 0; (at = got[0].find("\"seq\":", at)) != std::string::npos; ++at) {
      EXPECT_EQ(number(got[0].substr(at), "seq"), row.first + count) << row.name;
      ++count;
    }
    EXPECT_EQ(count, row.count) << row.name << got[0];
  }
}

TEST_P(RelayRooms, a_joiner_may_ask_for_history_behind_joined) {
  world_.join(a_, room_);
  for (int i = 1; i <= 5; ++i) a_.say(chat(room_, std::to_string(i)));
  world_.settle();
  const auto got = world_.ask(b_, join_more(R"(,"history":2)"));
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(field(got[0], "op"), "joined");
  EXPECT_EQ(field(got[1], "seq"), "4");
  EXPECT_EQ(field(got[2], "seq"), "5");
  EXPECT_EQ(world_.ask(c_, join_more(R"(,"history":0)")).size(), 1u);
}

TEST_P(RelayRooms, since_is_honoured_whole_or_not_at_all) {
  const std::string epoch = field(world_.join(a_, room_), "epoch");
  for (int i = 1; i <= 5; ++i) {
    a_.say(chat(room_, std::to_string(i)));
    a_.say(action(room_, std::to_string(i)));
  }
  world_.settle();
  const std::string known = R"(,"since":{"epoch":")" + epoch + '"';
  const struct {
    const char* name;
    std::string since;
    const char* recovered;
    u32 chats, actions;
  } rows[] = {
      {"both lanes", known + R"(,"chat":3,"player_action":4})", "true", 2, 1},
      {"one lane", known + R"(,"chat":0})", "true", 5, 0},
      {"no lane", known + "}", "true", 0, 0},
      {"nothing missed", known + R"(,"chat":5,"player_action":5})", "true", 0, 0},
      {"never sent yet", known + R"(,"chat":6})", "false", 0, 0},
      {"far in the future", known + R"(,"chat":4294967295,"player_action":1})", "false", 0, 0},
      {"one of two in the future", known + R"(,"chat":1,"player_action":9})", "false", 0, 0},
      {"unknown epoch", R"(,"since":{"epoch":"0123456789abcdef","chat":3})", "false", 0, 0},
      {"no epoch at all", R"(,"since":{"epoch":"","chat":3})", "false", 0, 0},
  };
  for (const auto& row : rows) {
    Peer& peer = world_.connect(0);
    const auto got = world_.ask(peer, join_more(row.since));
    EXPECT_EQ(field(got[0], "recovered"), row.recovered) << row.name;
    peer.messages = got;
    EXPECT_EQ(peer.count(R"("type":"chat")"), row.chats) << row.name;
    EXPECT_EQ(peer.count(R"("type":"player_action")"), row.actions) << row.name;
    world_.disconnect(peer);
    world_.settle();
  }
}

TEST_P(RelayRooms, since_before_the_window_is_not_recovered) {
  const std::string epoch = field(world_.join(a_, room_), "epoch");
  for (int i = 0; i < 500; ++i) {
    a_.say(action(room_, in_quotes(std::string(400, 'x'))));
    if (i % 100 == 0) world_.settle();
  }
  world_.settle();
  const auto got =
      world_.ask(b_, join_more(R"(,"since":{"epoch":")" + epoch + R"(","player_action":1})"));
  EXPECT_EQ(field(got[0], "recovered"), "false");
  EXPECT_EQ(got.size(), 1u);
}

TEST_P(RelayRooms, recovery_does_not_skip_or_repeat_on_the_same_connection) {
  const std::string epoch = field(world_.join(a_, room_), "epoch");
  world_.join(b_, room_);
  b_.say(chat(room_, "1"));
  world_.settle();
  world_.ask(b_, system("leave", room_field(room_)));
  for (int i = 2; i <= 4; ++i) a_.say(chat(room_, std::to_string(i)));
  world_.settle();
  b_.say(join_more(R"(,"since":{"epoch":")" + epoch + R"(","chat":1})"));
  a_.say(chat(room_, "5"));
  world_.settle();
  a_.say(chat(room_, "6"));
  world_.settle();
  std::vector<u64> seqs;
  for (const auto& message : b_.messages) {
    if (field(message, "type") == "chat") seqs.push_back(number(message, "seq"));
  }
  EXPECT_EQ(seqs, (std::vector<u64>{2, 3, 4, 5, 6}));
}

TEST_P(RelayRooms, presence_is_told_to_those_who_asked) {
  world_.ask(b_, system("hello", R"("name":"bob")"));
  world_.ask(a_, join_more(R"(,"presence":true)"));
  world_.ask(c_, join_more(""));
  a_.take();
  world_.join(b_, room_);
  world_.ask(b_, system("leave", room_field(room_)));
  EXPECT_EQ(a_.count(R"("event":"join")"), 1u);
  EXPECT_EQ(a_.count(R"("event":"leave")"), 1u);
  EXPECT_EQ(field(a_.find(R"("event":"join")"), "name"), "bob");
  EXPECT_FALSE(c_.has("presence"));
  EXPECT_FALSE(b_.has("presence"));
}

TEST_P(RelayRooms, discover_lists_members_of_all_shards) {
  world_.ask(a_, system("hello", R"("name":"ana")"));
  world_.ask(c_, system("hello", R"("name":"cleo")"));
  for (Peer* peer : {&a_, &b_, &c_}) world_.join(*peer, room_);
  const auto got = world_.ask(a_, system("discover", room_field(room_) + R"(,"id":9)"));
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(field(got[0], "op"), "clients");
  EXPECT_EQ(field(got[0], "id"), "9");
  for (const char* part : {R"("name":"ana","status":"connected","last_seen":)", R"("name":"cleo")",
                           R"("name":"")", R"("connection_type":"websocket")"}) {
    EXPECT_NE(got[0].find(part), std::string::npos) << part;
  }
}

TEST_P(RelayRooms, leaving_ends_delivery_at_once_and_the_room_goes_on) {
  for (Peer* peer : {&a_, &b_, &c_}) world_.join(*peer, room_);
  world_.ask(b_, system("leave", room_field(room_)));
  world_.ask(a_, chat(room_, "1"));
  EXPECT_TRUE(b_.messages.empty());
  EXPECT_EQ(c_.count(R"("type":"chat")"), 1u);
  EXPECT_EQ(field(world_.ask(b_, chat(room_, "1"))[0], "code"), "not_joined");
}

TEST_P(RelayRooms, publishing_right_behind_join_needs_no_waiting) {
  a_.say(join_more(""));
  a_.say(chat(room_, "1", "1"));
  a_.say(state(room_, R"({"set":{"a":{"x":1}}})", "2"));
  world_.settle();
  EXPECT_TRUE(a_.has(R"("op":"ack","id":1)"));
  EXPECT_TRUE(a_.has(R"("op":"ack","id":2)"));
}

TEST_P(RelayRooms, actions_wait_for_their_window_and_chat_does_not) {
  world_.options.action_window_ms = 50;
  world_.join(a_, room_);
  world_.join(b_, room_);
  a_.say(action(room_, "1"));
  a_.say(chat(room_, "2"));
  world_.settle();
  EXPECT_EQ(b_.count(R"("type":"chat")"), 1u);
  EXPECT_EQ(b_.count(R"("type":"player_action")"), 0u);
  world_.run_for(25);
  a_.say(action(room_, "3"));
  a_.say(chat(room_, "4"));
  world_.settle();
  EXPECT_EQ(b_.count(R"("type":"player_action")"), 0u);
  world_.run_for(26);
  EXPECT_EQ(b_.count(R"("type":"player_action")"), 2u) << "both, from the first one's window";
}

TEST_P(RelayRooms, private_messages_find_their_client_anywhere) {
  const std::string c_id = field(world_.ask(c_, system("hello"))[0], "client");
  const std::string a_id = field(world_.ask(a_, system("hello"))[0], "client");
  const auto got = world_.ask(a_, direct(c_id, R"({"text":"psst"})", "5"));
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(field(got[0], "op"), "ack");
  EXPECT_EQ(field(got[0], "room"), "");
  ASSERT_EQ(c_.messages.size(), 1u);
  EXPECT_EQ(field(c_.messages[0], "sender"), a_id);
  EXPECT_EQ(field(c_.messages[0], "to"), c_id);
  world_.ask(a_, direct(c_id, R"({"text":"psst"})", "5"));
  EXPECT_EQ(c_.messages.size(), 1u) << "a repeated id is not delivered twice";
  world_.disconnect(c_);
  world_.run_for(world_.options.resume_window_ms + 1000, 1000);  // until then it may come back
  a_.take();
  const auto late = world_.ask(a_, direct(c_id, "1", "6"));
  EXPECT_EQ(field(late[0], "code"), "unknown_client");
  EXPECT_EQ(field(late[0], "id"), "6");
}

TEST_P(RelayRooms, a_private_message_to_one_who_does_not_read_is_refused_and_costs_him_nothing) {
  world_.options.outbox_bytes_max = 4096;
  const std::string c_id = field(world_.ask(c_, system("hello"))[0], "client");
  c_.accepts_bytes = 0;
  std::string refused;
  for (int i = 0; i < 100 && refused.empty(); ++i) {
    a_.say(direct(c_id, in_quotes(std::string(200, 'x'))));
    world_.settle();
    refused = a_.find("recipient_slow");
  }
  EXPECT_EQ(field(refused, "code"), "recipient_slow");
  EXPECT_EQ(c_.closed, CloseCode::none);
}

TEST_P(RelayRooms, goaway_reaches_everybody) {
  world_.relay(0).goaway(1234);
  world_.settle();
  EXPECT_EQ(field(a_.find("goaway"), "reason"), "shutdown");
  const u64 a_ms = number(a_.find("goaway"), "reconnect_delay_ms");
  const u64 b_ms = number(b_.find("goaway"), "reconnect_delay_ms");
  for (const u64 delay_ms : {a_ms, b_ms}) {
    EXPECT_GE(delay_ms, 1234u);
    EXPECT_LE(delay_ms, 2468u);
  }
  EXPECT_NE(a_ms, b_ms) << "spread, so that not all come back at once";
}

INSTANTIATE_TEST_SUITE_P(Home, RelayRooms, testing::Values(ShardId{0}, ShardId{1}),
                         [](const auto& row) { return row.param == 0 ? "here" : "afar"; });

}  // namespace
}  // namespace perseid::test
