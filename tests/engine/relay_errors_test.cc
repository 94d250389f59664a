// Every error that the rules answer with: request in, answer out.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

struct ErrorCase {
  const char* name;
  std::string request;
  const char* code;
  const char* field = "";  // of the answer, "" if it has none
  const char* id = "";
};

const std::string kDeep = std::string(40, '[') + std::string(40, ']');

const ErrorCase kErrorCases[] = {
    {"not JSON", "hello", "invalid_json"},
    {"nothing", "", "invalid_json"},
    {"half an object", R"({"type":"chat")", "invalid_json"},
    {"a number beyond a double", chat("lobby", "1e400"), "invalid_json"},
    {"a lone surrogate", chat("lobby", R"("\ud800")"), "invalid_json"},
    {"a scalar", "7", "not_an_object"},
    {"an array of scalars", "[7]", "not_an_object"},
    {"too deep", chat("lobby", kDeep), "too_deep"},
    {"a field twice", R"({"type":"chat","type":"chat"})", "duplicate_field", "type"},
    {"no type", R"({"id":3})", "missing_field", "type", "3"},
    {"no op", R"({"type":"system","id":3})", "missing_field", "op", "3"},
    {"no room", R"({"type":"chat","payload":1,"id":3})", "missing_field", "room", "3"},
    {"no payload", R"({"type":"chat","room":"lobby"})", "missing_field", "payload"},
    {"no epoch", system("join", R"("room":"x","since":{})"), "missing_field", "since.epoch"},
    {"room is a number", R"({"type":"chat","room":5,"payload":1})", "wrong_type", "room"},
    {"state is an array", state("lobby", "[]", "3"), "wrong_type", "payload", "3"},
    {"set is an array", state("lobby", R"({"set":[]})", "3"), "wrong_type", "payload.set", "3"},
    {"an entity is a number", state("lobby", R"({"set":{"a":1}})"), "wrong_type", "payload.set"},
    {"unset is an object", state("lobby", R"({"unset":{}})"), "wrong_type", "payload.unset"},
    {"unset of a number", state("lobby", R"({"unset":[1]})"), "wrong_type", "payload.unset"},
    {"an unknown part of a state", state("lobby", R"({"sets":{}})"), "bad_value", "payload"},
    {"an empty room name", chat("", "1"), "bad_value", "room"},
    {"a line break in a room name", chat(R"(a\nb)", "1"), "bad_value", "room"},
    {"room and to", R"({"type":"chat","room":"a","to":"c0000000000001","payload":1})", "bad_value",
     "to"},
    {"a malformed client id", direct("bob", "1", "3"), "bad_value", "to", "3"},
    {"an id too long", chat("lobby", "1", in_quotes(std::string(40, 'i'))), "bad_value", "id"},
    {"an unknown type", R"({"type":"shout","id":3})", "unknown_type", "type", "3"},
    {"an unknown op", system("dance", R"("id":3)"), "unknown_op", "op", "3"},
    {"a long room name", chat(std::string(129, 'r'), "1"), "name_too_long", "room"},
    {"a long name", system("hello", R"("name":")" + std::string(65, 'n') + '"'), "name_too_long",
     "name"},
    {"a large meta", system("hello", R"("meta":{"a":")" + std::string(1100, 'm') + R"("})"),
     "payload_too_large", "meta"},
    {"hello after joining", system("hello", R"("id":3)"), "already_welcomed", "op", "3"},
    {"chat to a room not joined", chat("elsewhere", "1", "3"), "not_joined", "room", "3"},
    {"action to a room not joined", action("elsewhere", "1"), "not_joined", "room"},
    {"state to a room not joined", state("elsewhere", "{}"), "not_joined", "room"},
    {"leave of a room not joined", system("leave", R"("room":"elsewhere")"), "not_joined", "room"},
    {"history of a room not joined", system("history", R"("room":"elsewhere","id":3)"),
     "not_joined", "room", "3"},
    {"discover of a room not joined", system("discover", R"("room":"elsewhere")"), "not_joined",
     "room"},
    {"joining twice", system("join", R"("room":"lobby","id":3)"), "already_joined", "room", "3"},
    {"a client that never was", direct("c0000000000zzz", "1", "3"), "unknown_client", "to", "3"},
    {"a client of a shard that is not", direct("c3zzzzzzzzzzzz", "1"), "unknown_client", "to"},
};

TEST(RelayErrors, every_bad_request_gets_its_error_and_costs_nothing_else) {
  for (const ErrorCase& row : kErrorCases) {
    FakeWorld world;
    Peer& peer = world.connect();
    Peer& other = world.connect();
    world.join(peer, "lobby");
    world.join(other, "lobby");
    peer.take();
    peer.send(row.request);
    world.settle();
    ASSERT_EQ(peer.messages.size(), 1u) << row.name;
    const std::string& answer = peer.messages[0];
    EXPECT_EQ(field(answer, "code"), row.code) << row.name << " " << answer;
    EXPECT_EQ(field(answer, "field"), row.field) << row.name << " " << answer;
    EXPECT_EQ(field(answer, "id"), row.id) << row.name << " " << answer;
    EXPECT_EQ(peer.closed, CloseCode::none) << row.name;
    EXPECT_TRUE(other.messages.empty()) << row.name;
    EXPECT_EQ(world.relay().stats().errors_answered, 1u) << row.name;
    EXPECT_FALSE(world.ask(peer, chat("lobby", "1")).empty()) << row.name << ": it goes on";
  }
}

TEST(RelayErrors, a_problem_in_an_array_does_not_touch_its_neighbours) {
  FakeWorld world;
  Peer& peer = world.connect();
  world.join(peer, "lobby");
  peer.send("[" + chat("lobby", "1", "1") + "," + chat("none", "2", "2") + ",7," +
            chat("lobby", "3", "3") + "]");
  world.settle();
  EXPECT_TRUE(peer.has(R"("op":"ack","id":1)"));
  EXPECT_TRUE(peer.has(R"("op":"error","id":2,"code":"not_joined")"));
  EXPECT_TRUE(peer.has(R"("code":"not_an_object")"));
  EXPECT_TRUE(peer.has(R"("op":"ack","id":3)"));
  EXPECT_EQ(peer.count(R"("type":"chat")"), 2u);
}

TEST(RelayErrors, too_many_messages_in_an_array_are_refused_as_a_whole) {
  FakeWorld world(1, [](Options& o) { o.messages_per_frame_max = 3; });
  Peer& peer = world.connect();
  const auto got = world.ask(peer, "[{},{},{},{}]");
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(field(got[0], "code"), "too_many_messages_in_frame");
}

TEST(RelayErrors, the_wrong_kind_of_frame_closes_with_1003) {
  FakeWorld world;
  for (const WireFormat format : {kJson, kBin}) {
    Peer& peer = world.connect(0, format);
    std::vector<u8> bytes(kParsePaddingBytes + 2, '{');
    world.relay().receive(peer.slot,
                          format.flavour == Flavour::json ? Opcode::binary : Opcode::text,
                          {bytes.data(), 2});
    EXPECT_EQ(peer.closed, CloseCode::unsupported_data);
    // Closing: nothing more is read.
    world.relay().receive(peer.slot,
                          format.flavour == Flavour::json ? Opcode::text : Opcode::binary,
                          {bytes.data(), 2});
    world.settle();
    EXPECT_TRUE(peer.messages.empty());
  }
}

TEST(RelayErrors, a_broken_binary_message_is_answered_once_after_the_good_ones) {
  FakeWorld world;
  Peer& peer = world.connect(0, kBin);
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::system, .json = system("ping")});
  peer.send(bytes + "\xff\xff\xff");
  world.settle();
  ASSERT_EQ(peer.messages.size(), 2u);
  EXPECT_EQ(field(peer.messages[0], "op"), "pong");
  EXPECT_EQ(field(peer.messages[1], "code"), "invalid_binary");
}

TEST(RelayErrors, hello_is_answered_once_and_before_anything_is_joined) {
  FakeWorld world;
  Peer& peer = world.connect();
  const auto got = world.ask(peer, system("hello", R"("id":1,"name":"ana","meta":{})"));
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(field(got[0], "op"), "welcome");
  EXPECT_EQ(field(got[0], "client").size(), 14u);
  EXPECT_EQ(field(got[0], "session").size(), 40u);
  EXPECT_EQ(field(got[0], "heartbeat_interval_ms"), "5000");
  EXPECT_EQ(field(world.ask(peer, system("hello"))[0], "code"), "already_welcomed");
}

TEST(RelayErrors, a_state_beyond_its_limits_is_refused_here_and_from_afar) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    FakeWorld world(2, [](Options& o) { o.room_entities_max = 1; });
    const std::string room = world.room_at(home);
    Peer& peer = world.connect(0);
    world.join(peer, room);
    const auto got = world.ask(peer, state(room, R"({"set":{"a":{"x":1},"b":{"x":1}}})", "3"));
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(field(got[0], "code"), "state_limit");
    EXPECT_EQ(field(got[0], "field"), "payload.set");
    EXPECT_EQ(field(got[0], "id"), "3");
    world.run_for(200);
    EXPECT_FALSE(peer.has("game_state")) << "whole or not at all";
    EXPECT_EQ(field(world.ask(peer, state(room, R"({"set":{"a":{"x":1}}})", "4"))[0], "op"), "ack");
  }
}

TEST(RelayErrors, a_full_mailbox_is_told_as_overloaded_and_the_id_may_be_used_again) {
  FakeWorld world(2);
  const std::string room = world.room_at(1);
  Peer& peer = world.connect(0);
  Peer& far = world.connect(1);
  world.join(peer, room);
  const std::string far_id = field(world.ask(far, system("hello"))[0], "client");
  world.shard(0).refuses_bulk = true;
  for (const std::string& request : {chat(room, "1", "3"), direct(far_id, "1", "4")}) {
    const auto got = world.ask(peer, request);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(field(got[0], "code"), "overloaded");
    EXPECT_GT(number(got[0], "retry_after_ms"), 0u);
  }
  EXPECT_EQ(world.relay(0).stats().overloaded, 2u);
  world.shard(0).refuses_bulk = false;
  peer.say(chat(room, "1", "3"));
  peer.say(direct(far_id, "1", "4"));
  world.settle();
  EXPECT_TRUE(peer.has(R"("op":"ack","id":3)"));
  EXPECT_TRUE(peer.has(R"("op":"ack","id":4)"));
  EXPECT_EQ(peer.count(R"("type":"chat")"), 1u);
}

}  // namespace
}  // namespace perseid::test
