// A Client whose link breaks: back-off, resume, what waits meanwhile, and a relay that is killed.
#include <algorithm>
#include <map>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

using test::Peer;
using test::until;

class Links : public testing::TestWithParam<Wire> {
 protected:
  ClientConfig config(std::string name) const {
    return {.url = relay_.url(),
            .name = std::move(name),
            .wire = GetParam(),
            .reconnect_attempts = 50,
            .reconnect_delay_ms = 20,
            .reconnect_delay_ms_max = 200};
  }
  test::RelayProcess relay_;
};

INSTANTIATE_TEST_SUITE_P(Both, Links, testing::Values(Wire::json, Wire::binary),
                         [](const auto& row) { return row.param == Wire::json ? "Json" : "Bin"; });

// Relays from before sessions could be resumed do not say how long they wait.
bool resumes(Peer& peer) {
  peer.client.cut();
  EXPECT_TRUE(peer.wait([&] { return peer.links.back() == "resuming"; }));
  EXPECT_TRUE(peer.wait([&] { return peer.links.back() == "open"; }));
  return peer.client.stats().resumed == 1;
}

std::vector<std::string> chats(const std::vector<std::string>& heard) {
  std::vector<std::string> out;
  for (const std::string& line : heard) {
    if (line.starts_with("chat ")) out.push_back(line.substr(line.find('{')));
  }
  return out;
}

std::string line(const std::string& text) {
  return R"({"text":")" + text + "\"}";
}

TEST_P(Links, WhatWasSentWhileTheRelayWasDownArrivesOnce) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  Room& room = ana.joined("lobby");
  ben.joined("lobby");
  room.chat("before", ana.note());
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return ben.heard.size() == 1 && ana.results.size() == 1; }));
  relay_.kill();
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return ana.links.back() == "resuming" && ben.links.back() == "resuming";
  }));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(room.chat("down " + std::to_string(i), ana.note()));
  ana.client.poll();
  relay_.start();
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return ana.results.size() == 101; }));
  EXPECT_TRUE(std::all_of(ana.results.begin(), ana.results.end(),
                          [](const Result& result) { return result.ok(); }));
  // Ana hears all of her own; how much of it Ben is there for already is the race of two clients.
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] { return chats(ana.heard).size() >= 101; }));
  const std::vector<std::string> got = chats(ana.heard);
  ASSERT_EQ(got.size(), 101u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(got[static_cast<std::size_t>(i) + 1], line("down " + std::to_string(i)));
  }
  EXPECT_FALSE(ana.joins.back().recovered);
  EXPECT_TRUE(ana.joins.back().again);
}

TEST_P(Links, ComesBackWithinTheBackOffsBound) {
  Peer ana(config("ana"));
  ana.joined("lobby");
  relay_.kill();
  ASSERT_TRUE(ana.wait([&] { return ana.links.size() >= 6; }));  // some attempts are in vain
  EXPECT_EQ(ana.links[2], "resuming");
  EXPECT_LE(ana.last_link.retry_in_ms, 200u);
  EXPECT_GE(ana.last_link.retry_in_ms, 10u);
  relay_.start();
  const double begin = ana.client.now_ms();
  ASSERT_TRUE(ana.wait([&] { return ana.joins.size() == 2; }));
  // One whole wait at the most, and the time to connect on a busy machine.
  EXPECT_LT(ana.client.now_ms() - begin, 200 + 5000);
}

TEST_P(Links, GivesUpAfterTheLastAttempt) {
  ClientConfig few = config("ana");
  few.reconnect_attempts = 2;
  Peer ana(few);
  Room& room = ana.joined("lobby");
  relay_.kill();
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "resuming"; }));
  room.chat("never", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed" && ana.results.size() == 1; }));
  EXPECT_EQ(std::count(ana.links.begin(), ana.links.end(), "resuming"), 2);
  EXPECT_EQ(ana.results[0].cause, Cause::closed);
  EXPECT_FALSE(room.chat("after", ana.note()));
  // And may be asked to try again.
  relay_.start();
  EXPECT_TRUE(ana.client.connect());
  ASSERT_TRUE(ana.wait([&] { return ana.joins.size() == 2; }));
}

TEST_P(Links, TheQueueHasABoundThatShows) {
  ClientConfig small = config("ana");
  small.queue_messages_max = 3;
  Peer ana(small);
  Room& room = ana.join("lobby");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(room.chat("x", ana.note()));
  EXPECT_FALSE(room.chat("x", ana.note()));
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 4; }));
  EXPECT_EQ(std::count_if(ana.results.begin(), ana.results.end(),
                          [](const Result& result) { return result.cause == Cause::queue_full; }),
            1);
}

TEST_P(Links, ACutConnectionIsResumedWithoutAGap) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  Room& mine = ana.joined("lobby");
  Room& theirs = ben.joined("lobby", {.presence = true});
  std::vector<int> presence;
  theirs.on.presence = [&](const Presence& p) { presence.push_back(static_cast<int>(p.event)); };
  const std::string id = ana.client.id();
  if (!resumes(ana)) GTEST_SKIP() << "this relay resumes no sessions";
  EXPECT_EQ(ana.client.id(), id);
  mine.set("mine", {{"x", 1}});
  ASSERT_TRUE(
      until({&ana.client, &ben.client}, [&] { return theirs.entities().contains("mine"); }));
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds; ++i) {
    theirs.chat("ben " + std::to_string(i));
    theirs.set("theirs", {{"n", i}});
    mine.chat("ana " + std::to_string(i), ana.note());
    ana.client.flush();  // on its way when the connection breaks
    ana.client.cut();
    ben.client.flush();
  }
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return ana.results.size() == kRounds && chats(ana.heard).size() >= 2 * kRounds &&
           chats(ben.heard).size() >= 2 * kRounds &&
           value_at(mine.entities(), "theirs", "n").number() == kRounds - 1;
  }));
  EXPECT_EQ(chats(ana.heard), chats(ben.heard));
  std::map<std::string, int> counts;
  for (const std::string& chat : chats(ben.heard)) ++counts[chat];
  EXPECT_EQ(counts.size(), 2u * kRounds);
  for (const Result& result : ana.results) EXPECT_TRUE(result.ok());
  EXPECT_EQ(std::count(presence.begin(), presence.end(), static_cast<int>(PresenceEvent::leave)),
            0);
  EXPECT_TRUE(theirs.entities().contains("mine"));
  EXPECT_EQ(ana.client.id(), id);
  EXPECT_EQ(ana.client.stats().lanes[static_cast<u8>(Lane::chat)].lost, 0u);
}

TEST_P(Links, StateThatIsSetOnALinkThatHasEndedLeavesByTheNext) {
  Peer ana(config("ana"));
  Peer ben(config("ben"));
  Room& mine = ana.joined("lobby");
  const Room& theirs = ben.joined("lobby");
  ana.client.cut();
  mine.set("mine", {{"x", 7}});
  EXPECT_FALSE(mine.send("[1]", {}, Send::now));
  ana.client.poll();
  ASSERT_TRUE(until({&ana.client, &ben.client},
                    [&] { return value_at(theirs.entities(), "mine", "x").number() == 7; }));
}

TEST_P(Links, MayConnectAgainRightBehindClose) {
  Peer ana(config("ana"));
  Room& room = ana.joined("lobby");
  room.chat("last words", ana.note());
  ana.client.close();
  EXPECT_TRUE(ana.client.connect());
  ASSERT_TRUE(ana.wait([&] { return ana.joins.size() == 2; }));
  EXPECT_EQ(ana.links,
            (std::vector<std::string>{"connecting", "open", "closed", "connecting", "open"}));
  ASSERT_EQ(ana.results.size(), 1u);
  EXPECT_EQ(ana.results[0].cause, Cause::closed);
  room.chat("again", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 2; }));
  EXPECT_TRUE(ana.results[1].ok());
}

TEST_P(Links, RequestsWithoutAnAnswerAreAskedAgain) {
  Peer ana(config("ana"));
  Room& room = ana.joined("lobby");
  bool answered = false;
  room.discover([&](const Result& result, std::span<const ClientInfo> clients) {
    answered = true;
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(clients.size(), 1u);
  });
  ana.client.flush();
  ana.client.cut();
  ASSERT_TRUE(ana.wait([&] { return answered; }));
}

TEST_P(Links, ARelayThatShutsDownIsWaitedForAsItSays) {
  Peer ana(config("ana"));
  ana.joined("lobby");
  relay_.terminate();
  ASSERT_TRUE(ana.wait([&] { return ana.links.size() >= 3; }));
  EXPECT_EQ(ana.links[2], "resuming");
  relay_.start();
  ASSERT_TRUE(ana.wait([&] { return ana.joins.size() == 2; }));
}

TEST_P(Links, SilenceIsADeadLink) {
  ClientConfig quick = config("ana");
  quick.heartbeat_interval_ms = 50;
  Peer ana(quick);
  ana.joined("lobby");
  relay_.stop();
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "resuming"; }));
  EXPECT_EQ(ana.last_reason, "nothing was heard from the relay");
  relay_.go_on();
  ASSERT_TRUE(ana.wait([&] { return ana.joins.size() == 2; }));
}

TEST_P(Links, AWrongAddressAndNoRelayAreTold) {
  ClientConfig wrong = config("ana");
  wrong.url = "http://127.0.0.1/ws";
  EXPECT_FALSE(Client(wrong).connect());
  wrong.url = relay_.url() + "elsewhere";
  Peer lost(wrong);
  ASSERT_TRUE(lost.wait([&] { return lost.links.back() == "closed"; }));
  EXPECT_NE(lost.last_reason.find("404"), std::string::npos) << lost.last_reason;
}

TEST_P(Links, ANameIsLookedUpAndALoopMayRunOnAThread) {
  ClientConfig named = config("ana");
  named.url = "ws://localhost:" + std::to_string(relay_.port());
  Peer ana(named);
  Room& room = ana.join("lobby");
  room.on.joined = [&](const Joined&) { ana.client.stop(); };
  ana.client.post([&] { room.chat("from another thread"); });
  ana.client.run();
  EXPECT_TRUE(room.joined());
  ASSERT_TRUE(ana.wait([&] { return ana.heard.size() == 1; }));
}

TEST_P(Links, ClosingSaysGoodByeAndSendsWhatWasSaidBefore) {
  Peer ben(config("ben"));
  Room& seen = ben.joined("lobby", {.presence = true});
  {
    Peer ana(config("ana"));
    ana.joined("lobby").chat("last words");
    ana.client.close();
  }
  ASSERT_TRUE(ben.wait([&] { return ben.heard.size() == 1 && seen.members().size() == 1; }));
}

}  // namespace
}  // namespace perseid
