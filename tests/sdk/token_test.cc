// Tokens: shown, fetched, renewed before they end and after, and refused. sdk/js has the same
// tests.
#include <perseid.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"
#include "tests/sdk/relay_process.h"
#include "tests/sdk/tokens.h"

namespace perseid {
namespace {

using test::kTokenSecret;
using test::Peer;
using test::signed_token;
using test::until;

std::vector<std::string> flags(std::vector<std::string> more) {
  std::vector<std::string> out{"--token-secret", kTokenSecret, "--token-leeway-ms", "0"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

struct Strict {
  explicit Strict(std::vector<std::string> more = {}) : relay(flags(std::move(more))) {}
  ClientConfig config(Wire wire = Wire::binary) const {
    return {.url = relay.url(),
            .wire = wire,
            .reconnect_attempts = 20,
            .reconnect_delay_ms = 20,
            .reconnect_delay_ms_max = 100};
  }
  ClientConfig with_token(std::string token, Wire wire = Wire::binary) const {
    ClientConfig out = config(wire);
    out.token = std::move(token);
    return out;
  }
  ClientConfig with_function(FetchToken fetch, Wire wire = Wire::binary) const {
    ClientConfig out = config(wire);
    out.fetch_token = std::move(fetch);
    return out;
  }
  test::RelayProcess relay;
};

std::size_t count(const std::vector<std::string>& lines, std::string_view what) {
  return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), what));
}

class Tokens : public testing::TestWithParam<Wire> {};
INSTANTIATE_TEST_SUITE_P(Both, Tokens, testing::Values(Wire::json, Wire::binary),
                         [](const auto& row) { return row.param == Wire::json ? "Json" : "Bin"; });

TEST_P(Tokens, SayWhoThisIs) {
  const Strict strict;
  ClientConfig named = strict.with_token(signed_token(60'000), GetParam());
  named.name = "somebody else";
  Peer ana(std::move(named));
  Peer ben(strict.with_token(signed_token(60'000, "ben"), GetParam()));
  Room& room = ben.joined("lobby", {.presence = true});
  ana.joined("lobby");
  ASSERT_TRUE(until({&ana.client, &ben.client}, [&] {
    return std::ranges::any_of(room.members(), [](const auto& each) { return each.name == "ana"; });
  }));
}

// What the relay refuses for good ends the client, and failure() says with which code.
struct Refused {
  const char* code;
  std::string token;
};
TEST_P(Tokens, WhatIsRefusedEndsTheClient) {
  const Strict strict;
  const Refused kRows[] = {
      {"bad_token", signed_token(60'000) + "x"},
      {"bad_token", signed_token(60'000, "ana", "another secret of 32 bytes!!!")},
      {"token_expired", signed_token(-60'000)}};
  for (const Refused& row : kRows) {
    Peer ana(strict.with_token(row.token, GetParam()));
    ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; })) << row.code;
    EXPECT_EQ(ana.links.size(), 2u) << "it is not tried again";
    EXPECT_EQ(ana.client.failure().fault, LinkFault::rejected);
    EXPECT_EQ(ana.client.failure().code, row.code) << ana.last_reason;
    EXPECT_EQ(ana.last_link.close_code, 4001);
  }
  Peer nobody(strict.config(GetParam()));
  nobody.join("lobby");
  ASSERT_TRUE(nobody.wait([&] { return nobody.links.back() == "closed"; }));
  EXPECT_EQ(nobody.client.failure().code, "unauthenticated") << nobody.last_reason;
}

TEST_P(Tokens, AFunctionWhoseTokenIsNoneEndsTheClientToo) {
  const Strict strict;
  int asked = 0;
  Peer ana(strict.with_function(
      [&](const GiveToken& give) {
        ++asked;
        give("none");
      },
      GetParam()));
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  EXPECT_EQ(ana.client.failure().code, "bad_token");
  EXPECT_EQ(asked, 1);
}

TEST_P(Tokens, AFunctionIsAskedAgainBeforeATokenEndsAndNobodyNotices) {
  const Strict strict({"--token-warning-ms", "2300"});
  int asked = 0;
  Peer ana(strict.with_function(
      [&](const GiveToken& give) {
        ++asked;
        give(signed_token(2'500));
      },
      GetParam()));
  ana.joined("lobby");
  ASSERT_TRUE(ana.wait([&] { return asked >= 6; }));
  EXPECT_EQ(ana.links, (std::vector<std::string>{"connecting", "open"}));
  EXPECT_EQ(ana.client.stats().connections, 1u);
}

TEST_P(Tokens, WhoseTokenEndsGoesOnInTheSameSessionWithTheNext) {
  const Strict strict({"--token-warning-ms", "0"});
  int asked = 0;
  Peer ana(strict.with_function(
      [&](const GiveToken& give) { give(signed_token(++asked == 1 ? 2'000 : 60'000)); },
      GetParam()));
  Room& room = ana.joined("lobby");
  const std::string id = ana.client.id();
  ASSERT_TRUE(ana.wait([&] { return ana.client.stats().resumed == 1; }));
  EXPECT_EQ(count(ana.links, "resuming"), 1u);
  EXPECT_EQ(ana.client.id(), id);
  room.chat("here still", ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_TRUE(ana.results[0].ok());
}

// One that ended on its way to the relay is followed by another, and the session is kept.
TEST_P(Tokens, AFunctionIsAskedAgainWhereAnOldTokenIsRefused) {
  const Strict strict({"--token-warning-ms", "0"});
  int asked = 0;
  Peer ana(strict.with_function(
      [&](const GiveToken& give) {
        const double lasts_ms[] = {2'000, -1000, 60'000};
        give(signed_token(lasts_ms[std::min(asked++, 2)]));
      },
      GetParam()));
  ana.joined("lobby");
  ASSERT_TRUE(ana.wait([&] { return ana.client.stats().resumed == 1; }));
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(count(ana.links, "resuming"), 2u);
}

TEST_P(Tokens, AStringThatEndsEndsTheClientAndANewOneBeginsAgain) {
  const Strict strict({"--token-warning-ms", "0"});
  Peer ana(strict.with_token(signed_token(2'000), GetParam()));
  ana.joined("lobby");
  ASSERT_TRUE(ana.wait([&] { return ana.links.back() == "closed"; }));
  EXPECT_EQ(ana.last_link.close_code, 4001);
  EXPECT_EQ(ana.client.failure().fault, LinkFault::rejected);
  ana.client.refresh(signed_token(60'000), ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_EQ(ana.results[0].cause, Cause::closed);
  EXPECT_TRUE(ana.client.connect());
  ASSERT_TRUE(ana.wait([&] { return ana.joins.size() == 2; }));
}

TEST_P(Tokens, AFunctionThatFailsIsToldAndAskedAgain) {
  const Strict strict;
  int asked = 0;
  ClientConfig config = strict.with_function(
      [&](const GiveToken& give) {
        if (++asked < 3) return give.fail("no backend");
        give(signed_token(60'000));
      },
      GetParam());
  Client client(std::move(config));
  std::vector<std::string> told;
  std::vector<LinkFault> faults;
  client.on.error = [&](const Result& result) {
    told.push_back(result.code + ": " + result.message);
  };
  client.on.link = [&](const LinkEvent& event) {
    if (event.retry_in_ms != 0) faults.push_back(event.fault);
  };
  ASSERT_TRUE(client.connect());
  const Room& room = client.join("lobby");
  ASSERT_TRUE(until({&client}, [&] { return room.joined(); }));
  EXPECT_EQ(told, std::vector<std::string>(2, "no_token: fetch_token failed: no backend"));
  EXPECT_EQ(faults, std::vector<LinkFault>(2, LinkFault::no_token));
}

TEST_P(Tokens, AStringIsRefreshedByHandWhenItIsToldToEnd) {
  const Strict strict({"--token-warning-ms", "60000"});
  Peer ana(strict.with_token(signed_token(5'000), GetParam()));
  u64 ends_in_ms = 0;
  ana.client.on.token_expiring = [&](u64 in_ms) { ends_in_ms = in_ms; };
  ASSERT_TRUE(ana.wait([&] { return ends_in_ms != 0; }));
  EXPECT_LE(ends_in_ms, 5'000u);
  ana.client.refresh(signed_token(60'000, "ben"), ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_EQ(ana.results[0].error, Error::forbidden);
  bool renewed = false;  // at most ten times a second
  const auto try_again = [&](const auto& self) -> void {
    ana.client.refresh(signed_token(3'600'000), [&, self](const Result& result) {
      if (result.error == Error::rate_limited) return self(self);
      EXPECT_TRUE(result.ok()) << result.code;
      renewed = true;
    });
  };
  try_again(try_again);
  ASSERT_TRUE(ana.wait([&] { return renewed; }));
  EXPECT_EQ(ana.links, (std::vector<std::string>{"connecting", "open"}));
}

// The answer is lost with the link, and the old token ends meanwhile: the new one is shown.
TEST_P(Tokens, OneThatWasOfferedOnALinkThatBrokeIsShownOnTheNext) {
  const Strict strict({"--token-warning-ms", "0"});
  bool away = false;
  ClientConfig config = strict.with_token(signed_token(3'000), GetParam());
  config.reconnect_attempts = 1'000;
  config.transport = [&](const Endpoint& to) -> std::unique_ptr<Transport> {
    Endpoint where = to;
    if (away) where.port = 1;  // nobody is there
    return make_tcp_transport(where);
  };
  Peer ana(std::move(config));
  ana.joined("lobby");
  const double ended = ana.client.now_ms() + 3'000;
  away = true;
  ana.client.cut();
  ana.client.refresh(signed_token(60'000), ana.note());
  ASSERT_TRUE(ana.wait([&] { return ana.client.now_ms() > ended; }));
  away = false;
  ASSERT_TRUE(ana.wait([&] { return ana.results.size() == 1; }));
  EXPECT_TRUE(ana.results[0].ok()) << ana.results[0].code;
  EXPECT_EQ(ana.client.stats().resumed, 1u);
}

TEST(TokenFunctions, MayAnswerLaterByAnyThreadAndWhenTheClientIsGone) {
  const Strict strict;
  std::optional<GiveToken> give;
  {
    Peer ana(strict.with_function([&](GiveToken asked) { give = std::move(asked); }));
    ASSERT_TRUE(ana.wait([&] { return give.has_value(); }));
    ana.client.poll();
    EXPECT_EQ(ana.client.state(), LinkState::connecting);
    std::thread backend([&] { (*give)(signed_token(60'000)); });
    ana.joined("lobby");
    backend.join();
    (*give)("a second one counts for nothing");
    ana.client.poll();
    EXPECT_EQ(ana.client.state(), LinkState::open);
  }
  (*give)("too late");
}

TEST(TokenFunctions, AreAskedForEachConnectionAndAnOldAnswerIsPassedOver) {
  test::FakeRelay relay(Wire::json);
  std::vector<GiveToken> asks;
  ClientConfig config{.wire = Wire::json, .reconnect_attempts = 100, .reconnect_delay_ms = 1};
  config.transport = relay.factory();
  config.fetch_token = [&](GiveToken give) { asks.push_back(std::move(give)); };
  Peer ana(std::move(config));
  ASSERT_TRUE(ana.wait([&] { return asks.size() == 1; }));
  EXPECT_TRUE(relay.said.empty());  // no hello without it
  relay.cut();
  ASSERT_TRUE(ana.wait([&] { return asks.size() == 2; }));
  asks[0]("old");
  ana.client.poll();
  EXPECT_TRUE(relay.said.empty());
  asks[1]("new");
  ASSERT_TRUE(ana.wait([&] { return ana.client.state() == LinkState::open; }));
  EXPECT_NE(relay.said[0].find(R"("token":"new")"), std::string::npos) << relay.said[0];
  relay.cut();
  ASSERT_TRUE(ana.wait([&] { return asks.size() == 3; }));
}

// A backend that says nothing holds nobody for good.
TEST(TokenFunctions, ThatNeverAnswerAreGivenUpLikeAConnection) {
  test::FakeRelay relay(Wire::json);
  int asked = 0;
  ClientConfig config{.wire = Wire::json,
                      .reconnect_attempts = 100,
                      .reconnect_delay_ms = 1,
                      .connect_timeout_ms = 20};
  config.transport = relay.factory();
  config.fetch_token = [&](const GiveToken&) { ++asked; };
  Peer ana(std::move(config));
  ASSERT_TRUE(ana.wait([&] { return asked == 3; }));
  EXPECT_EQ(ana.last_link.fault, LinkFault::timed_out);
}

// The same by the C header.
struct InC {
  int asked = 0;
  std::vector<uint64_t> warnings;
  std::vector<std::string> results;
};

void fetch_in_c(void* user, perseid_token_ask* ask) {
  if (++static_cast<InC*>(user)->asked == 1) return perseid_give_token(ask, nullptr, "not yet");
  perseid_give_token(ask, signed_token(60'000).c_str(), nullptr);
}

bool poll_until(perseid_client* client, const std::function<bool()>& condition) {
  const double end = perseid_now_ms(client) + test::kWaitMsMax;
  while (!condition() && perseid_now_ms(client) < end) perseid_poll(client, 1);
  return condition();
}

TEST(TokensInC, AreFetchedRefreshedAndRefused) {
  const Strict strict({"--token-warning-ms", "60000"});
  const std::string url = strict.relay.url();
  InC seen;
  perseid_config config{};
  config.url = url.c_str();
  config.fetch_token = fetch_in_c;
  config.fetch_token_user = &seen;
  perseid_client* fetching = perseid_create(&config);
  ASSERT_EQ(perseid_connect(fetching), 1);
  EXPECT_TRUE(poll_until(fetching, [&] { return perseid_state(fetching) == PERSEID_OPEN; }));
  EXPECT_GE(seen.asked, 2);
  perseid_destroy(fetching);

  const std::string token = signed_token(30'000);
  config.fetch_token = nullptr;
  config.token = token.c_str();
  perseid_client* client = perseid_create(&config);
  const auto warned = [](void* user, uint64_t ends_in_ms) {
    static_cast<InC*>(user)->warnings.push_back(ends_in_ms);
  };
  perseid_set_token_expiring_handler(client, warned, &seen);
  ASSERT_EQ(perseid_connect(client), 1);
  EXPECT_TRUE(poll_until(client, [&] { return !seen.warnings.empty(); }));
  const auto note = [](void* user, const perseid_result* result) {
    static_cast<InC*>(user)->results.emplace_back(result->code);
  };
  perseid_refresh(client, signed_token(3'600'000).c_str(), note, &seen);
  EXPECT_TRUE(poll_until(client, [&] { return !seen.results.empty(); }));
  EXPECT_EQ(seen.results, std::vector<std::string>{""});
  perseid_destroy(client);

  config.token = "none";
  perseid_client* refused = perseid_create(&config);
  ASSERT_EQ(perseid_connect(refused), 1);
  EXPECT_TRUE(poll_until(refused, [&] { return perseid_state(refused) == PERSEID_CLOSED; }));
  EXPECT_STREQ(perseid_failure_code(refused), "bad_token");
  perseid_destroy(refused);
}

}  // namespace
}  // namespace perseid
