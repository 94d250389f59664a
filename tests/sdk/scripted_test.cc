// A Client on a relay that the test plays (FakeRelay): what the real one does too seldom to wait
// for, and transports of every kind.
#include <algorithm>

#include "codec/state_encoder.h"
#include "sdk/cpp/src/json_walk.h"
#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"

namespace perseid {
namespace {

using test::config_on;
using test::FakeRelay;
using test::Peer;

std::size_t count(const std::vector<std::string>& lines, std::string_view what) {
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
    return line.find(what) != std::string::npos;
  }));
}

TEST(Scripted, ATransportMayMoveOneByteAtATime) {
  for (const Wire wire : {Wire::json, Wire::binary}) {
    FakeRelay relay(wire);
    relay.piece_bytes = 1;
    Peer ana(config_on(relay, wire));
    Room& room = ana.joined("r");
    room.chat("in pieces");
    ASSERT_TRUE(ana.wait([&] { return count(relay.said, "in pieces") == 1; }));
    relay.say_system(R"({"type":"system","op":"notice","timestamp":1,"payload":[1]})");
    ASSERT_TRUE(ana.wait([&] { return count(ana.heard, "notice [1]") == 1; }));
  }
}

TEST(Scripted, WhatATransportHoldsIsDueAtOnce) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay, Wire::json));
  ana.joined("r");
  ASSERT_TRUE(ana.wait([&] { return ana.client.due_ms() > 0; }));
  relay.piece_bytes = 1;
  relay.say_system(R"({"type":"system","op":"notice","timestamp":1,"payload":[1,2,3,4,5,6,7]})");
  ana.client.poll();  // takes a few pieces
  EXPECT_EQ(ana.client.due_ms(), 0);
  ASSERT_TRUE(ana.wait([&] { return !ana.heard.empty(); }));
  EXPECT_GT(ana.client.due_ms(), 0);
}

TEST(Scripted, ATransportThatFailsIsTriedAgainAndGivenUp) {
  FakeRelay relay(Wire::json);
  relay.refuses = true;
  Peer ana(config_on(relay, Wire::json));
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  EXPECT_EQ(std::count(ana.links.begin(), ana.links.end(), "connecting"), 6);
  EXPECT_EQ(ana.last_reason, "the test's own relay is gone");
}

std::string chat_json(u64 seq, const std::string& sender, const std::string& payload) {
  return R"({"type":"chat","room":"r","seq":)" + std::to_string(seq) + R"(,"sender":")" + sender +
         R"(","timestamp":1,"payload":)" + payload + "}";
}
constexpr const char* kSelf = "c0200008000003";

// A publish is under way when the link and the session end; the room itself outlives that.
struct Interrupted {
  Interrupted() : ana(config_on(relay, Wire::json)), room(ana.joined("r")) {
    room.chat("one", ana.note());
    EXPECT_TRUE(ana.wait([&] { return sent() == 1; }));
  }
  std::size_t sent() const { return count(relay.said, R"("text":"one")"); }
  void come_back() {
    relay.cut();
    EXPECT_TRUE(ana.wait([&] { return ana.joins.size() == 2; }));
  }
  FakeRelay relay{Wire::json};
  Peer ana;
  Room& room;
};

TEST(Scripted, APublishThatTheRecoveryBringsIsNotSentAgain) {
  Interrupted it;
  it.relay.chat_seq = 2;
  it.relay.joined_fields = R"(,"recovered":true)";
  it.come_back();
  it.relay.say(chat_json(1, "cother", R"({"text":"one"})"));
  it.relay.say(chat_json(2, kSelf, R"({"text":"one"})"));
  ASSERT_TRUE(it.ana.wait([&] { return it.ana.results.size() == 1; }));
  EXPECT_TRUE(it.ana.results[0].ok());
  EXPECT_EQ(it.ana.results[0].seq, 2u);
  EXPECT_EQ(it.sent(), 1u);
  EXPECT_EQ(it.ana.heard.size(), 2u);
}

TEST(Scripted, APublishThatTheRecoveryLacksIsSentAgainBehindIt) {
  Interrupted it;
  it.relay.chat_seq = 1;
  it.relay.joined_fields = R"(,"recovered":true)";
  it.come_back();
  EXPECT_EQ(it.sent(), 1u);  // not before it is known
  it.relay.say(chat_json(1, kSelf, R"({"text":"two"})"));
  ASSERT_TRUE(it.ana.wait([&] { return it.sent() == 2; }));
}

TEST(Scripted, APublishToARoomThatIsANewOneIsSentAgain) {
  Interrupted it;
  it.relay.epoch = "another";
  it.come_back();
  ASSERT_TRUE(it.ana.wait([&] { return it.sent() == 2; }));
}

TEST(Scripted, WhatIsNotRecoveredIsLookedUpInTheHistory) {
  Interrupted it;
  it.room.send("[7]", it.ana.note());
  ASSERT_TRUE(it.ana.wait([&] { return count(it.relay.said, "[7]") == 1; }));
  it.relay.chat_seq = 9;
  it.relay.joined_fields = R"(,"recovered":false)";
  it.come_back();
  ASSERT_TRUE(it.ana.wait([&] { return count(it.relay.ops, "history") == 1; }));
  EXPECT_EQ(it.ana.results.at(0).cause, Cause::unconfirmed);  // actions are in no history
  const std::string& asked = *std::find_if(
      it.relay.said.rbegin(), it.relay.said.rend(),
      [](const std::string& line) { return line.find("history") != std::string::npos; });
  it.relay.say_system(R"({"type":"system","op":"history","room":"r","id":)" +
                      std::string(json_member(asked, "id")) + R"(,"messages":[)" +
                      chat_json(9, kSelf, R"({"text":"one"})") + "]}");
  ASSERT_TRUE(it.ana.wait([&] { return it.ana.results.size() == 2; }));
  EXPECT_EQ(it.ana.results[1].seq, 9u);
  EXPECT_EQ(it.sent(), 1u);
}

// A publish that is delivered is one, whenever its acknowledgement is lost: no recovery brings
// again what was handed on.
TEST(Scripted, APublishWhoseDeliveryCameIsNotSentAgainInAnotherSession) {
  Interrupted it;
  it.relay.say(chat_json(1, kSelf, R"({"text":"one"})"));
  ASSERT_TRUE(it.ana.wait([&] { return it.ana.heard.size() == 1; }));
  it.relay.chat_seq = 1;
  it.relay.joined_fields = R"(,"recovered":true)";
  it.come_back();
  ASSERT_TRUE(it.ana.wait([&] { return it.ana.results.size() == 1; }));
  EXPECT_TRUE(it.ana.results[0].ok());
  EXPECT_EQ(it.ana.results[0].seq, 1u);
  it.room.chat("two");
  ASSERT_TRUE(it.ana.wait([&] { return count(it.relay.said, "two") == 1; }));
  EXPECT_EQ(it.sent(), 1u);
}

std::string id_of(const std::vector<std::string>& said, std::string_view what) {
  for (const std::string& line : said) {
    if (line.find(what) != std::string::npos) return std::string(json_member(line, "id"));
  }
  return {};
}

// Of the same text: the first was acknowledged, so what the room brings is that one.
TEST(Scripted, APublishIsNotTakenForAnOlderOneOfTheSameText) {
  Interrupted it;
  it.relay.say_system(R"({"type":"system","op":"ack","room":"r","seq":1,"timestamp":1,"id":)" +
                      id_of(it.relay.said, R"("text":"one")") + "}");
  ASSERT_TRUE(it.ana.wait([&] { return it.ana.results.size() == 1; }));
  it.room.chat("one", it.ana.note());
  ASSERT_TRUE(it.ana.wait([&] { return it.sent() == 2; }));
  it.relay.chat_seq = 1;
  it.relay.joined_fields = R"(,"recovered":true)";
  it.come_back();
  it.relay.say(chat_json(1, kSelf, R"({"text":"one"})"));
  ASSERT_TRUE(it.ana.wait([&] { return it.sent() == 3; }));
  EXPECT_EQ(it.ana.results.size(), 1u);
}

// The new session's link breaks before its `joined` comes: what it recovers was not heard, and is
// asked for anew.
TEST(Scripted, ASessionThatIsResumedBeforeItsFirstJoinedAsksAnew) {
  Interrupted it;
  it.relay.lets_in = false;
  it.relay.cut();
  ASSERT_TRUE(it.ana.wait([&] { return count(it.relay.ops, "join") == 2; }));
  it.relay.welcome_fields = R"(,"rooms":[{"room":"r","room_number":1,"epoch":"e"}])";
  it.relay.resumes = true;
  it.relay.lets_in = true;
  it.relay.chat_seq = 2;
  it.relay.joined_fields = R"(,"recovered":true)";
  it.come_back();
  std::erase(it.relay.ops, "ping");
  const std::vector<std::string> last(it.relay.ops.end() - 3, it.relay.ops.end());
  EXPECT_EQ(last, (std::vector<std::string>{"hello", "leave", "join"}));
  it.relay.say(chat_json(1, "cother", R"({"text":"two"})"));
  it.ana.client.poll();
  it.relay.say(chat_json(2, kSelf, R"({"text":"one"})"));
  ASSERT_TRUE(it.ana.wait([&] { return it.ana.results.size() == 1; }));
  EXPECT_EQ(it.ana.results[0].seq, 2u);
  EXPECT_EQ(it.sent(), 1u);
}

TEST(Scripted, WhatIsMissingAndWhatComesTwiceIsCounted) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay, Wire::json));
  ana.joined("r");
  relay.say(chat_json(1, "cx", "1"));
  relay.say(chat_json(1, "cx", "1"));
  relay.say(chat_json(4, "cx", "4"));
  relay.say_system(R"({"type":"system","op":"gap","room":"r","lane":"chat","from":2,"to":3})");
  relay.say_system(R"({"type":"system","op":"gap","room":"r","lane":"chat","from":5,"to":8})");
  relay.say(chat_json(9, "cx", "9"));
  ASSERT_TRUE(ana.wait([&] { return count(ana.heard, "chat r 9") == 1; }));
  EXPECT_EQ(ana.heard, (std::vector<std::string>{"chat r 1 1", "gap 2-3", "chat r 4 4", "gap 5-8",
                                                 "chat r 9 9"}));
  const LinkStats stats = ana.client.stats();
  EXPECT_EQ(stats.lanes[static_cast<u8>(Lane::chat)].lost, 6u);
  EXPECT_EQ(stats.duplicates, 1u);
}

TEST(Scripted, DegradedIsALinkStateUntilItIsRestored) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay, Wire::json));
  Room& room = ana.joined("r");
  relay.say_system(
      R"({"type":"system","op":"degraded","room":"r","reason":"bandwidth","state_hz":5})");
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "degraded"; }));
  EXPECT_EQ(room.state_hz(), 5u);
  relay.say_system(R"({"type":"system","op":"restored","room":"r","state_hz":20})");
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "open"; }));
  EXPECT_EQ(room.state_hz(), 20u);
}

// A stream of an encoder as the relay sends it, in messages of kind 5.
struct Stream {
  explicit Stream(FakeRelay& to) : relay(to) {
    relay.joined_fields = std::string(R"(,"state":{"hz":20,"schema":)") + kSchema + "}";
    std::string problem;
    schema = Schema::parse(kSchema, problem);
    encoder = std::make_unique<StateEncoder>(schema, 1);
  }
  static constexpr const char* kSchema = R"({"n":{"type":"int","min":0,"max":1000}})";
  std::string set(u32 value) {
    row = {.present = 1, .parts = {value}, .texts = {}};
    const StateChange change{
        .slot = 0,
        .kind = fresh ? StateChange::Kind::appeared : StateChange::Kind::changed,
        .key = "e",
        .row = &row};
    fresh = false;
    std::string out;
    encoder->encode({&change, 1}, true, out);
    return out;
  }
  std::string whole() {
    std::string out;
    encoder->keyframe(out);
    return out;
  }
  void send(const std::string& coded, bool full) {
    std::string message(1, static_cast<char>(full ? 0x15 : 0x05));
    message += '\x01';  // the room's number
    message += static_cast<char>(++tick);
    relay.say(message + coded);
  }
  FakeRelay& relay;
  std::shared_ptr<const Schema> schema;
  std::unique_ptr<StateEncoder> encoder;
  StateRow row;
  bool fresh = true;
  u8 tick = 0;
};

TEST(Scripted, AStateThatDiffersIsAskedForAgain) {
  FakeRelay relay(Wire::binary);
  Stream stream(relay);
  Peer ana(config_on(relay, Wire::binary));
  Room& room = ana.joined("r");
  const auto n = [&] { return value_at(room.entities(), "e", "n").number(-1); };
  stream.send(stream.whole(), true);
  stream.send(stream.set(1), false);
  ASSERT_TRUE(ana.wait([&] { return n() == 1; }));
  std::string bad = stream.set(2);
  bad[1] = static_cast<char>(bad[1] ^ 1);  // in the checksum
  stream.send(bad, false);
  stream.send(stream.set(3), false);  // of no use without a whole state
  ASSERT_TRUE(ana.wait([&] { return count(relay.ops, "keyframe") == 1; }));
  ASSERT_TRUE(ana.wait([&] { return ana.client.stats().state_refused == 2; }));
  EXPECT_EQ(n(), 1);  // nothing was taken of what differs
  stream.send(stream.whole(), true);
  stream.send(stream.set(4), false);
  ASSERT_TRUE(ana.wait([&] { return n() == 4; }));
  EXPECT_EQ(ana.client.stats().keyframes_asked, 1u);  // one a second, whatever comes meanwhile
}

TEST(Scripted, WhatIsNoMessageIsPassedOver) {
  for (const std::string& bad :
       {std::string(""), std::string("\x00", 1), std::string("\x0f"), std::string("\x01\xff"),
        std::string("\x05"), std::string("\xff")}) {
    FakeRelay relay(Wire::binary);
    Peer ana(config_on(relay, Wire::binary));
    ana.joined("r");
    relay.say(bad);
    ASSERT_TRUE(ana.wait([&] { return ana.client.stats().malformed == 1; }));
    EXPECT_EQ(ana.links.back(), "open");
  }
}

// Entities of a grid are of the cell that set them last, whichever order the cells tell it in.
TEST(Scripted, WhoCrossesABorderStaysAndIsOnce) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay, Wire::json));
  Room& room = ana.joined("r");
  int gone = 0;
  room.on.state = [&](const StateEvent& event) { gone += static_cast<int>(event.gone.size()); };
  const auto cell = [&](int tick, int x, const std::string& rest) {
    relay.say(R"({"type":"game_state","room":"r","tick":)" + std::to_string(tick) + R"(,"cell":[)" +
              std::to_string(x) + R"(,0],)" + rest + "}");
  };
  const auto x = [&] { return value_at(room.entities(), "e", "x").number(-1); };
  cell(1, 0, R"("full":true,"payload":{"set":{"e":{"x":1}}})");
  cell(2, 1, R"("payload":{"set":{"e":{"x":2}}})");  // in the new cell
  cell(2, 0, R"("payload":{"unset":["e"]})");        // from the old one, afterwards
  ASSERT_TRUE(ana.wait([&] { return x() == 2; }));
  cell(3, 1, R"("payload":{"set":{"f":{"x":9}}})");
  ASSERT_TRUE(ana.wait([&] { return room.entities().size() == 2; }));
  EXPECT_EQ(gone, 0);
  cell(4, 0, R"("payload":{"set":{"e":{"x":3}}})");
  cell(5, 1, R"("full":true,"payload":{"set":{}})");  // out of view: takes f, but not e
  ASSERT_TRUE(ana.wait([&] { return gone == 1; }));
  EXPECT_EQ(x(), 3);
  cell(6, 0, R"("payload":{"unset":["e"]})");
  ASSERT_TRUE(ana.wait([&] { return room.entities().empty(); }));
}

}  // namespace
}  // namespace perseid
