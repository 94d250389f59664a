// A Client against the real relay, in both flavours: what one does in a room, and what the others
// see of it.
#include <algorithm>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

using test::Peer;
using test::until;

class Clients : public testing::TestWithParam<Wire> {
 protected:
  ClientConfig config(std::string name) const {
    return {.url = relay_.url(), .name = std::move(name), .wire = GetParam()};
  }
  test::RelayProcess relay_{{"--moderator-token", "secret", "--creators-declare-rooms"}};
};

INSTANTIATE_TEST_SUITE_P(Both, Clients, testing::Values(Wire::json, Wire::binary),
                         [](const auto& row) { return row.param == Wire::json ? "Json" : "Bin"; });

TEST_P(Clients, AChatReachesEveryMemberAndIsAcknowledged) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  Room& room = ana.joined("lobby");
  ben.joined("lobby");
  EXPECT_TRUE(room.chat("h\"i\n", ana.note()));
  EXPECT_TRUE(room.send("[1, 2.50]", ana.note()));
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return ben.heard.size() == 2 && ana.heard.size() == 2 && ana.results.size() == 2;
  }));
  const std::vector<std::string> want{R"(chat lobby 1 {"text":"h\"i\n"})",
                                      "action lobby 1 [1, 2.50]"};
  EXPECT_TRUE(std::is_permutation(want.begin(), want.end(), ben.heard.begin()));
  EXPECT_EQ(ana.results[0].seq, 1u);
  EXPECT_TRUE(ana.results[0].ok() && ana.results[1].ok());
  EXPECT_GT(ana.results[0].timestamp_ms, 1'600'000'000'000u);
  EXPECT_EQ(ana.links.back(), "open");
}

TEST_P(Clients, AnErrorOfTheRelayComesToTheRequestThatItIsOf) {
  Peer ana(config("ana"));
  Room& room = ana.joined("lobby");
  room.react(77, "x", ana.note());
  ana.client.direct("cfzzzzzzzzzzzz", "1", ana.note());
  room.chat_payload("{broken", ana.note());
  room.chat(std::string(2 * MiB, 'a'), ana.note());  // the relay would close on it
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 4; }));
  std::vector<std::string> got;
  for (const Result& result : ana.results) got.push_back(result.code);
  EXPECT_EQ(std::count(got.begin(), got.end(), "unknown_message"), 1);
  EXPECT_EQ(std::count(got.begin(), got.end(), "unknown_client"), 1);
  EXPECT_EQ(std::count(got.begin(), got.end(), "invalid_json"), 1);
  EXPECT_EQ(std::count(got.begin(), got.end(), "payload_too_large"), 1);
  EXPECT_EQ(ana.client.stats().connections, 1u);
}

TEST_P(Clients, StateIsMergedAndComesToWhoJoinsLater) {
  Peer ana(config("ana"));
  Room& room = ana.joined("arena");
  room.set("e1", {{"x", 1.5}, {"name", "Zoë"}, {"on", true}, {"turn", Quaternion{0, 0, 0.6, 0.8}}});
  room.set("e1", {{"x", 2.5}, {"bag", Json{"[1,{\"a\":null}]"}}});
  room.set("e2", {{"x", 7}});
  ASSERT_TRUE(ana.wait([&] { return room.entities().size() == 2; }));
  Peer ben(config("ben"));
  Room& seen = ben.joined("arena");
  ASSERT_TRUE(ben.wait([&] { return seen.entities().size() == 2; }));
  EXPECT_EQ(value_at(seen.entities(), "e1", "x").number(), 2.5);
  EXPECT_EQ(value_at(seen.entities(), "e1", "name").text(), "Zoë");
  EXPECT_TRUE(value_at(seen.entities(), "e1", "on").boolean());
  EXPECT_EQ(value_at(seen.entities(), "e1", "turn").quaternion()[2], 0.6);
  EXPECT_EQ(value_at(seen.entities(), "e1", "bag").json(), R"([1,{"a":null}])");
  EXPECT_EQ(seen.entities(), room.entities());
  room.set("e1", {{"name", Value()}});
  room.unset("e2");
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return seen.entities().size() == 1 && seen.entities().at("e1").size() == 4;
  }));
}

constexpr std::string_view kRule =
    R"({"state_hz":60,"schema":{"x":{"type":"float","min":-512,"max":512,"resolution":0.01},)"
    R"("hp":{"type":"int","min":0,"max":100},"on":"bool","pose":{"type":"quat"},)"
    R"("act":{"type":"enum","values":["idle","run"]},"team":{"type":"string"},"bag":"json"}})";

TEST_P(Clients, StateOfARoomWithASchemaIsTheSameInBothFlavours) {
  Peer ana(config("ana"));
  ClientConfig other = config("ben");
  other.wire = GetParam() == Wire::json ? Wire::binary : Wire::json;
  Peer ben(other);
  Room& mine = ana.joined("typed", {.create = std::string(kRule)});
  Room& theirs = ben.joined("typed");
  EXPECT_EQ(mine.state_hz(), 60u);
  for (int i = 0; i < 50; ++i) {
    mine.set("a",
             {{"x", i * 0.377}, {"hp", i}, {"on", i % 2 == 0}, {"act", i % 3 ? "run" : "idle"}});
    theirs.set("b", {{"x", -i * 1.1},
                     {"pose", Quaternion{0.1 * i, 0.2, 0.3, 0.4}},
                     {"team", "r\"" + std::to_string(i)},
                     {"bag", Json{"[" + std::to_string(i) + "]"}}});
    ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
      return value_at(theirs.entities(), "a", "hp").number(-1) == i &&
             value_at(mine.entities(), "b", "bag").json() == "[" + std::to_string(i) + "]";
    })) << i;
  }
  ASSERT_TRUE(
      until({&ana.client, &ben.client}, [&] { return mine.entities() == theirs.entities(); }));
  EXPECT_EQ(ana.client.stats().keyframes_asked + ben.client.stats().keyframes_asked, 0u);
  EXPECT_EQ(ana.client.stats().state_refused, 0u);
}

TEST_P(Clients, OfAGridOneSeesWhatIsInView) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  const std::string rule = R"({"state_hz":60,"grid":{"cell":32,"radius":40},"schema":{)"
                           R"("x":{"type":"float","min":-512,"max":512,"resolution":0.01},)"
                           R"("y":{"type":"float","min":-512,"max":512,"resolution":0.01}}})";
  Room& mine = ana.joined("grid", {.create = rule, .view = R"({"follow":"a"})"});
  Room& theirs = ben.joined("grid", {.view = R"({"follow":"b"})"});
  mine.set("a", {{"x", 0}, {"y", 0}});
  theirs.set("b", {{"x", 400}, {"y", 0}});
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return mine.entities().contains("a") && theirs.entities().contains("b");
  }));
  EXPECT_FALSE(mine.entities().contains("b"));
  // It walks over, through many cells: never twice, never lost on the way once it is near.
  for (int x = 400; x >= 0; x -= 8) {
    theirs.set("b", {{"x", x}, {"y", 1}});
    ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
      return value_at(theirs.entities(), "b", "x").number(-1) == x;
    })) << x;
  }
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return value_at(mine.entities(), "b", "x").number(-1) == 0 && theirs.entities().contains("a");
  }));
  theirs.set("b", {{"x", -400}, {"y", 1}});
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return !mine.entities().contains("b"); }));
  EXPECT_TRUE(mine.entities().contains("a"));
}

TEST_P(Clients, PrivateMessagesReachAClientAndAName) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return !ana.client.id().empty() && !ben.client.id().empty(); }));
  ana.client.direct(ben.client.id(), R"({"text":"psst"})", ana.note());
  ana.client.direct("@ben", "7", ana.note(), true);
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return ben.heard.size() == 2 && ana.results.size() == 2; }));
  EXPECT_EQ(ben.heard[0], R"(direct chat {"text":"psst"})");
  EXPECT_EQ(ben.heard[1], "direct action 7");
  EXPECT_EQ(ben.senders[0], ana.client.id());
  EXPECT_TRUE(ana.results[0].ok() && ana.results[1].ok());
}

TEST_P(Clients, MembersAreDiscoveredAndPresenceIsTold) {
  Peer ana(config("ana"));
  Room& room = ana.joined("lobby", {.presence = true});
  std::vector<std::string> events;
  room.on.presence = [&](const Presence& presence) {
    events.push_back(std::to_string(static_cast<int>(presence.event)) + std::string(presence.name));
  };
  {
    Peer ben(config("ben"));
    ben.joined("lobby");
    ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return room.members().size() == 2; }));
    std::vector<std::string> found;
    ana.client.discover("lobby", [&](const Result& result, std::span<const ClientInfo> clients) {
      EXPECT_TRUE(result.ok());
      for (const ClientInfo& client : clients) found.push_back(client.name + client.status);
    });
    ASSERT_TRUE(ana.wait([&] { return !found.empty(); }));
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, (std::vector<std::string>{"anaconnected", "benconnected"}));
    ben.client.close();
  }
  ASSERT_TRUE(ana.wait([&] { return room.members().size() == 1; }));
  EXPECT_EQ(events.front(), "0ben");
  EXPECT_EQ(events.back(), "1ben");
}

TEST_P(Clients, MessagesAreChangedAndTheirHistorySaysSo) {
  Peer ana(config("ana"));
  Room& room = ana.joined("lobby");
  room.chat("one");
  room.chat("two");
  room.chat("three", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  room.edit(1, "ONE", ana.note());
  room.remove(2, ana.note());
  room.react(3, "👍", ana.note());
  room.react(3, "🎲", ana.note());
  room.unreact(3, "🎲", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 6; }));
  std::vector<std::string> lines;
  room.history({}, [&](const Result&, std::span<const Message> messages) {
    for (const Message& message : messages) {
      std::string line = std::to_string(message.seq) + " " + message.text();
      if (message.edited) line += " edited";
      if (message.deleted) line += " deleted";
      for (const Reaction& r : message.reactions) line += " " + r.emoji + std::to_string(r.count);
      EXPECT_EQ(message.sender, ana.client.id());
      lines.push_back(line);
    }
  });
  ASSERT_TRUE(ana.wait([&] { return !lines.empty(); }));
  EXPECT_EQ(lines, (std::vector<std::string>{"1 ONE edited", "2  deleted", "3 three 👍1"}));
  // Who joins with a history gets the same as deliveries.
  Peer ben(config("ben"));
  ben.joined("lobby", {.history = 10});
  ASSERT_TRUE(ben.wait([&] { return ben.heard.size() == 3; }));
  EXPECT_EQ(ben.heard[0], R"(chat lobby 1 old {"text":"ONE"})");
}

TEST_P(Clients, TypingPassesByAndReadingIsRemembered) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  Room& room = ana.joined("lobby");
  ben.joined("lobby");
  room.typing(true);
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return !ben.heard.empty(); }));
  EXPECT_EQ(ben.heard[0], R"(chat lobby 0 {"typing":true})");
  room.chat("a");
  room.chat("b", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  room.read(1, ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 2; }));
  EXPECT_TRUE(ana.results[1].ok()) << ana.results[1].code;
  room.leave(ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 3; }));
  EXPECT_EQ(ana.client.find("lobby"), nullptr);
  ana.joined("lobby");
  EXPECT_EQ(ana.joins.back().read, 1u);
  EXPECT_EQ(ana.joins.back().unread, 1u);
}

TEST_P(Clients, AModeratorKicksAndTheMemberIsTold) {
  ClientConfig strict = config("mod");
  strict.token = "secret";
  Peer mod(strict);
  Peer ben(config("ben"));
  mod.joined("lobby");
  Room& room = ben.joined("lobby");
  Result result;
  bool answered = false;
  mod.client.request("kick", R"("room":"lobby","name":"ben")",
                     [&](const Result& got, std::string_view) {
                       result = got;
                       answered = true;
                     });
  ASSERT_TRUE(until({&mod.client, &ben.client}, [&] { return answered && !room.joined(); }));
  EXPECT_TRUE(result.ok()) << result.code;
  EXPECT_EQ(ben.heard.back(), "left kicked");
  ben.joined("lobby");
}

TEST_P(Clients, ARefusedJoinIsTold) {
  Peer ana(config("ana"));
  ana.join(std::string(200, 'x'));
  ASSERT_TRUE(ana.wait([&] { return ana.join_results.size() == 1; }));
  EXPECT_EQ(ana.join_results[0].error, Error::name_too_long);
  EXPECT_EQ(ana.join_results[0].field, "room");
}

TEST_P(Clients, PingsTellLatencyAndClock) {
  Peer ana(config("ana"));
  ana.joined("lobby");
  ASSERT_TRUE(ana.wait([&] { return ana.client.stats().latency.p50_ms > 0; }));
  EXPECT_GT(ana.client.server_ms(), 1.6e12);  // the relay says Unix time
  const LinkStats stats = ana.client.stats();
  EXPECT_EQ(stats.connections, 1u);
  EXPECT_GT(stats.bytes_in, 0u);
  EXPECT_GT(stats.lanes[static_cast<u8>(Lane::system)].messages_out, 1u);
}

TEST_P(Clients, MessagesComeCompressedIfTheyMay) {
  ClientConfig packed = config("ana");
  packed.compress = true;
  Peer ana(packed);
  Room& room = ana.joined("lobby");
  const std::string text(20000, 'a');
  room.chat(text, ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.heard.size() == 1; }));
  EXPECT_EQ(ana.heard[0].size(), std::string(R"(chat lobby 1 {"text":""})").size() + text.size());
  EXPECT_LT(ana.client.stats().bytes_in, text.size());
}

}  // namespace
}  // namespace perseid
