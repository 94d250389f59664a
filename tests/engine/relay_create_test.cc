// Rooms by rule: the file's, the creator's, and what joined says of them.
#include <gtest/gtest.h>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {
namespace {

constexpr const char* kHp = R"({"hp":{"type":"int","min":0,"max":100,"out_of_range":"clamp"}})";

std::string create(std::string_view room, std::string_view rule) {
  return system("join", room_field(room) + R"(,"id":1,"create":)" + std::string(rule));
}

std::string with_schema(std::string_view more = "") {
  return R"({"schema":{"hp":{"type":"int","min":0,"max":100}})" + std::string(more) + "}";
}

std::shared_ptr<const RoomRules> rules_of(std::initializer_list<const char*> rules) {
  auto out = std::make_shared<RoomRules>();
  for (const char* json : rules) EXPECT_EQ(out->add(json), "");
  return out;
}

void permit(Options& options) {
  options.creators_declare_rooms = true;
}

std::string state_of(std::string_view joined) {
  const std::size_t begin = joined.find(R"("state":)");
  if (begin == std::string_view::npos) return "";
  const std::size_t end = joined.find(R"(,"members_total")", begin);
  return std::string(joined.substr(begin + 8, end - begin - 8));
}

TEST(RelayCreate, the_creator_says_what_a_room_is) {
  for (const WireFormat format : {kJson, kJsonDeflate, kBin, kBinDeflate}) {
    FakeWorld world(2, permit);
    const std::string room = world.room_at(1);
    Peer& creator = world.connect(0, format);
    const auto got = world.ask(creator, create(room, with_schema(R"(,"state_hz":30)")));
    ASSERT_FALSE(got.empty());
    const std::string want = std::string(R"({"hz":30,"schema":)") + kHp +
                             R"(,"checksum_every":20,"ownership":"anyone"})";
    EXPECT_EQ(state_of(got[0]), want) << got[0];
    Peer& later = world.connect(1, format);
    EXPECT_EQ(state_of(world.join(later, room)), want) << "whoever joins is told";
  }
}

TEST(RelayCreate, a_room_that_is_there_stays_what_it_is) {
  FakeWorld world(1, permit);
  Peer& first = world.connect();
  world.ask(first, create("a", with_schema()));
  Peer& second = world.connect();
  const auto got = world.ask(second, create("a", R"({"no rule":1})"));
  EXPECT_EQ(field(got[0], "op"), "joined");
  EXPECT_NE(state_of(got[0]).find("hp"), std::string::npos) << got[0];
  world.join(first, "plain");
  const auto plain = world.ask(second, create("plain", with_schema()));
  EXPECT_EQ(field(plain[0], "op"), "joined");
  EXPECT_EQ(state_of(plain[0]), "");
}

TEST(RelayCreate, where_creators_may_not_it_is_forbidden) {
  FakeWorld world;
  Peer& peer = world.connect();
  const auto got = world.ask(peer, create("a", with_schema()));
  EXPECT_EQ(field(got[0], "code"), "forbidden_create");
  EXPECT_EQ(field(got[0], "field"), "create");
  EXPECT_EQ(field(got[0], "id"), "1");
  EXPECT_EQ(world.relay().stats().rooms_created, 0u);
  EXPECT_NE(world.join(peer, "a"), "") << "without it the room is made";
  const auto again = world.ask(world.connect(), create("a", with_schema()));
  EXPECT_EQ(field(again[0], "op"), "joined") << "a room that is there may be joined with it";
}

TEST(RelayCreate, what_is_no_rule_is_a_bad_value) {
  FakeWorld world(1, permit);
  Peer& peer = world.connect();
  const std::pair<const char*, const char*> kRules[] = {
      {R"({"colour":1})", "create: colour: unknown"},
      {R"({"schema":{}})", "create: schema: a schema needs at least one field"},
      {R"({"schema":{"x":"int"}})", "create: schema.x.min: missing"},
      {R"({"pattern":"*"})", "create: pattern: only for the file; this is the rule of one room"},
      {R"({"grid":{"cell":1,"radius":1}})", "create: grid: needs a schema"}};
  for (const auto& [rule, says] : kRules) {
    const auto got = world.ask(peer, create("a", rule));
    EXPECT_EQ(field(got[0], "code"), "bad_value") << rule;
    EXPECT_EQ(field(got[0], "field"), "create") << rule;
    EXPECT_EQ(field(got[0], "message"), says) << rule;
  }
  for (const char* value : {"1", "null", "[]", "\"x\""}) {
    EXPECT_EQ(field(world.ask(peer, create("a", value))[0], "code"), "wrong_type") << value;
  }
  const std::string large = R"({"x":")" + std::string(33'000, 'x') + "\"}";
  EXPECT_EQ(field(world.ask(peer, create("a", large))[0], "code"), "payload_too_large");
  EXPECT_EQ(world.relay().stats().rooms_created, 0u);
  EXPECT_EQ(field(world.ask(peer, create("a", "{}"))[0], "op"), "joined");
}

TEST(RelayCreate, the_files_rule_comes_before_the_creators) {
  const auto rules = rules_of(
      {R"({"pattern":"arena-*","state_hz":60,"schema":{"on":"bool"}})", R"({"pattern":"plain"})"});
  for (const bool permitted : {false, true}) {
    FakeWorld world(
        2, [&](Options& o) { o.creators_declare_rooms = permitted; }, rules);
    Peer& peer = world.connect();
    const auto arena = world.ask(peer, create("arena-1", with_schema()));
    EXPECT_EQ(state_of(arena[0]), R"({"hz":60,"schema":{"on":{"type":"bool"}},)"
                                  R"("checksum_every":20,"ownership":"anyone"})");
    const auto plain = world.ask(peer, create("plain", with_schema()));
    EXPECT_EQ(field(plain[0], "op"), "joined");
    EXPECT_EQ(state_of(plain[0]), "");
    EXPECT_EQ(state_of(world.join(peer, "other")), "") << "no rule, no word";
  }
}

// Ticks of a room by its rule, of another by the option.
TEST(RelayCreate, a_room_ticks_at_its_own_rate) {
  FakeWorld world(
      1, [](Options& o) { o.state_hz = 10; }, rules_of({R"({"pattern":"quick","state_hz":100})"}));
  Peer& peer = world.connect();
  world.join(peer, "quick");
  world.join(peer, "slow");
  u32 quick = 0;
  u32 slow = 0;
  for (u32 ms = 0; ms < 1000; ++ms) {
    for (const char* room : {"quick", "slow"}) {
      peer.send(state(room, R"({"set":{"e":{"x":)" + std::to_string(ms) + "}}}"));
    }
    world.turn(1);
    quick += peer.count(R"("room":"quick","tick")");
    slow += peer.count(R"("room":"slow","tick")");
    (void)peer.take();
  }
  EXPECT_NEAR(quick, 100, 2);
  EXPECT_NEAR(slow, 10, 2);
}

TEST(RelayCreate, a_room_has_its_own_action_window) {
  FakeWorld world(1, {}, rules_of({R"({"pattern":"gathers","action_window_ms":50})"}));
  Peer& peer = world.connect();
  world.join(peer, "gathers");
  world.join(peer, "plain");
  peer.send(action("gathers", "1"));
  peer.send(action("plain", "2"));
  world.run_for(10);
  EXPECT_TRUE(peer.has(R"("room":"plain")"));
  EXPECT_FALSE(peer.has(R"("room":"gathers")"));
  world.run_for(60);
  EXPECT_TRUE(peer.has(R"("room":"gathers")"));
}

}  // namespace
}  // namespace perseid::test
