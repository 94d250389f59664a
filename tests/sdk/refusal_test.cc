// What a Client makes of a relay that refuses: the hello, a token, a history that it needs.
#include <algorithm>

#include "sdk/cpp/src/json_walk.h"
#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"

namespace perseid {
namespace {

using test::FakeRelay;
using test::Peer;

ClientConfig config_on(FakeRelay& relay) {
  ClientConfig config{
      .token = "configured", .wire = Wire::json, .reconnect_attempts = 9, .reconnect_delay_ms = 1};
  config.transport = relay.factory();
  return config;
}

std::vector<std::string> said_by(const FakeRelay& relay, std::string_view what) {
  std::vector<std::string> out;
  std::copy_if(relay.said.begin(), relay.said.end(), std::back_inserter(out),
               [&](const std::string& line) { return line.find(what) != std::string::npos; });
  return out;
}

std::vector<std::string> hellos(const FakeRelay& relay) {
  return said_by(relay, R"("op":"hello")");
}

std::string member_of(const std::string& line, std::string_view name) {
  return json_text(json_member(line, name));
}

TEST(Refusals, AHelloThatIsToWaitKeepsTheSessionAndWaits) {
  for (const char* code : {"rate_limited", "overloaded", "connection_limit"}) {
    FakeRelay relay(Wire::json);
    Peer ana(config_on(relay));
    ana.joined("r");
    relay.resumes = true;
    relay.hello_error = R"("code":")" + std::string(code) + R"(","retry_after_ms":150)";
    const double told = ana.client.now_ms();
    relay.cut();
    ASSERT_TRUE(ana.wait([&] { return hellos(relay).size() == 3; }));
    EXPECT_GE(ana.client.now_ms() - told, 150);
    EXPECT_EQ(member_of(hellos(relay)[2], "session"), "s");
    ASSERT_TRUE(ana.wait([&] { return ana.client.stats().resumed == 1; }));
    EXPECT_EQ(ana.last_link.state, LinkState::open);
  }
}

// A relay that resumes nothing takes a plain one.
TEST(Refusals, AHelloThatIsRefusedOtherwiseIsSaidAgainWithoutTheSession) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay));
  ana.joined("r");
  relay.hello_error = R"("code":"unknown_op")";
  relay.cut();
  ASSERT_TRUE(ana.wait([&] { return hellos(relay).size() == 3; }));
  EXPECT_EQ(member_of(hellos(relay)[1], "session"), "s");
  EXPECT_EQ(member_of(hellos(relay)[2], "session"), "");
}

TEST(Refusals, ATokenThatWasOfferedAndIsRefusedGivesWayToTheConfiguredOne) {
  FakeRelay relay(Wire::json);
  Peer ana(config_on(relay));
  ana.joined("r");
  ana.client.refresh("offered", ana.note());
  ASSERT_TRUE(ana.wait([&] { return said_by(relay, R"("op":"refresh")").size() == 1; }));
  relay.hello_error = R"("code":"bad_token")";
  relay.resumes = true;
  relay.cut();
  ASSERT_TRUE(ana.wait([&] { return hellos(relay).size() == 3; }));
  EXPECT_EQ(member_of(hellos(relay)[1], "token"), "offered");
  EXPECT_EQ(member_of(hellos(relay)[2], "token"), "configured");
  EXPECT_EQ(member_of(hellos(relay)[2], "session"), "s");
  ASSERT_TRUE(ana.wait([&] { return said_by(relay, R"("op":"refresh")").size() == 2; }));
  relay.say_error(std::string(json_member(said_by(relay, R"("op":"refresh")")[1], "id")),
                  R"("code":"bad_token")");
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_EQ(ana.results[0].error, Error::bad_token);
}

// The client ends meanwhile: what nobody has accepted is not shown by the next connect().
TEST(Refusals, ATokenThatWasRefusedIsNotKept) {
  FakeRelay relay(Wire::json);
  ClientConfig config = config_on(relay);
  config.reconnect_attempts = 1;
  Peer ana(std::move(config));
  ana.joined("r");
  ana.client.refresh("offered", ana.note());
  ASSERT_TRUE(ana.wait([&] { return said_by(relay, R"("op":"refresh")").size() == 1; }));
  relay.hello_error = R"("code":"bad_token")";
  relay.cut();
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  ASSERT_TRUE(ana.client.connect());
  ASSERT_TRUE(ana.wait([&] { return hellos(relay).size() == 3; }));
  EXPECT_EQ(member_of(hellos(relay)[2], "token"), "configured");
}

// A publish is under way when link and session end, and the room cannot recover.
struct Unknown {
  Unknown() : ana(config_on(relay)), room(ana.joined("r")) {
    room.chat("one", ana.note());
    EXPECT_TRUE(ana.wait([&] { return sent() == 1; }));
    relay.chat_seq = 9;
    relay.joined_fields = R"(,"recovered":false)";
    relay.cut();
    EXPECT_TRUE(ana.wait([&] { return asked() == 1; }));
  }
  std::size_t sent() const { return said_by(relay, R"("text":"one")").size(); }
  std::size_t asked() const { return said_by(relay, R"("op":"history")").size(); }
  std::string id() const {
    return std::string(json_member(said_by(relay, R"("op":"history")").back(), "id"));
  }
  void answer(const std::vector<int>& seqs) {
    std::string messages;
    for (const int seq : seqs) {
      messages += (messages.empty() ? "" : ",") +
                  (R"({"type":"chat","room":"r","seq":)" + std::to_string(seq)) +
                  R"(,"sender":"cother","timestamp":1,"payload":{}})";
    }
    relay.say_system(R"({"type":"system","op":"history","room":"r","id":)" + id() +
                     R"(,"messages":[)" + messages + "]}");
  }
  FakeRelay relay{Wire::json};
  Peer ana;
  Room& room;
};

TEST(Refusals, AHistoryThatIsRefusedLeavesAPublishUnconfirmed) {
  Unknown it;
  it.relay.say_error(it.id(), R"("code":"forbidden")");
  ASSERT_TRUE(it.ana.wait([&] { return it.ana.results.size() == 1; }));
  EXPECT_EQ(it.ana.results[0].cause, Cause::unconfirmed);
  it.room.chat("two", it.ana.note());
  ASSERT_TRUE(it.ana.wait([&] { return said_by(it.relay, "two").size() == 1; }));
  EXPECT_EQ(it.sent(), 1u);
}

TEST(Refusals, AHistoryThatIsToWaitIsAskedAgain) {
  for (const char* code : {"rate_limited", "overloaded", "store_unavailable"}) {
    Unknown it;
    const double told = it.ana.client.now_ms();
    it.relay.say_error(it.id(), R"("code":")" + std::string(code) + R"(","retry_after_ms":100)");
    ASSERT_TRUE(it.ana.wait([&] { return it.asked() == 2; }));
    EXPECT_GE(it.ana.client.now_ms() - told, 100);
    EXPECT_EQ(it.sent(), 1u);
    it.answer({1, 2, 3, 4, 5, 6, 7, 8, 9});
    ASSERT_TRUE(it.ana.wait([&] { return it.sent() == 2; }));  // it is not there
    EXPECT_TRUE(it.ana.results.empty());
  }
}

TEST(Refusals, AHistoryWithAHoleLeavesAPublishUnconfirmed) {
  for (const std::vector<int>& seqs : {std::vector<int>{2, 9}, std::vector<int>{}}) {
    Unknown it;
    it.answer(seqs);
    ASSERT_TRUE(it.ana.wait([&] { return it.ana.results.size() == 1; }));
    EXPECT_EQ(it.ana.results[0].cause, Cause::unconfirmed);
    EXPECT_EQ(it.sent(), 1u);
  }
}

}  // namespace
}  // namespace perseid
