// Who comes in, what a token lets its bearer do, and what happens when it ends.
#include <gtest/gtest.h>

#include "tests/engine/tokens.h"

namespace perseid::test {
namespace {

class SignIn : public testing::Test {
 protected:
  FakeAuthenticator tokens_;
  FakeWorld world_{1,       [](Options& o) { o.anonymous_rooms = "lobby*, hall"; },
                   nullptr, nullptr,
                   nullptr, &tokens_};

  Peer& signed_in(std::string_view user, Grant grant) {
    Peer& peer = world_.connect();
    tokens_.grants[std::string(user)] = std::move(grant);
    const auto answers = world_.ask(peer, hello_with(user));
    EXPECT_EQ(answers.size(), 1u);
    EXPECT_EQ(field(answers.at(0), "op"), "welcome");
    return peer;
  }
  std::string code_of(Peer& peer, std::string_view request) {
    const auto answers = world_.ask(peer, request);
    return answers.empty() ? "" : field(answers[0], "code");
  }
  Stats stats() { return world_.relay().stats(); }
};

TEST_F(SignIn, AWrongTokenIsRefusedWithTheReasonAndTheConnectionEnds) {
  Peer& peer = world_.connect();
  const auto answers = world_.ask(peer, hello_with("nonsense"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(field(answers[0], "code"), "bad_token");
  EXPECT_NE(answers[0].find("No such word."), std::string::npos);
  EXPECT_EQ(peer.closed, CloseCode::unauthenticated);
  EXPECT_EQ(stats().tokens_refused, 1u);
}

// Joins, publishes, questions: the same answer, whatever there is.
TEST(SignInStrict, WhoHasShownNothingGetsNothing) {
  for (const std::string& request :
       {system("join", R"("id":1,"room":"r")"), system("hello", R"("id":1)"),
        system("discover", R"("id":1,"room":"r")"), chat("r", "1", "1"), direct("@ana", "1", "1"),
        system("history", R"("id":1,"to":"@ana")"), system("refresh", R"("id":1,"token":"t")"),
        system("ping", R"("id":1)"), state("r", R"({"set":{}})", "1")}) {
    FakeAuthenticator tokens;
    FakeWorld world(1, {}, nullptr, nullptr, nullptr, &tokens);
    Peer& peer = world.connect();
    const auto answers = world.ask(peer, request);
    ASSERT_EQ(answers.size(), 1u) << request;
    EXPECT_EQ(field(answers[0], "code"), "unauthenticated") << request;
    EXPECT_EQ(peer.closed, CloseCode::unauthenticated) << request;
    EXPECT_EQ(tokens.asked, 0u) << request;
    EXPECT_EQ(world.relay().stats().unauthenticated_closed, 1u);
  }
}

TEST_F(SignIn, WhoSaysNothingAtAllIsClosedInTime) {
  Peer& silent = world_.connect();
  Peer& quick = signed_in("ana", grant_for("ana"));
  world_.run_for(world_.options.handshake_timeout_ms + 1, 50);
  EXPECT_EQ(silent.closed, CloseCode::unauthenticated);
  EXPECT_EQ(quick.closed, CloseCode::none);
}

// HOSTILE.md rows 15 and 34: pongs are all that a stranger can be sent, and it need not read them.
TEST_F(SignIn, row_15_and_34_a_stranger_may_leave_little_unread_and_more_once_it_is_admitted) {
  const std::string pong = "\x8a\x7d" + std::string(125, 'p');
  const auto fill = [&](Peer& peer) {
    peer.accepts_bytes = 0;
    u64 bytes = 0;
    while (world_.relay().push_frame(peer.slot, as_bytes(pong)) == Error::ok) bytes += pong.size();
    world_.turn();
    EXPECT_EQ(peer.closed, CloseCode::too_slow);
    return bytes;
  };
  const u64 budget = world_.options.unauthenticated_bytes_max;
  const u64 of_stranger = fill(world_.connect());
  EXPECT_LE(of_stranger, budget);
  EXPECT_GT(of_stranger, budget - pong.size());
  EXPECT_GT(fill(signed_in("ana", grant_for("ana"))), 10 * budget);
  EXPECT_EQ(stats().outbox_overflows, 2u);
}

// A review found it nameless until it said hello: bans by name did not hold for it.
TEST_F(SignIn, ATokenOfTheRequestIsAsGoodAsOneOfAHello) {
  Peer& root = signed_in("root", grant_in("root", "*", kMayAdminister));
  world_.join(root, "r", R"(,"presence":true)");
  Peer& peer = world_.connect(0, kJson, std::make_shared<const Grant>(grant_for("ana")));
  EXPECT_EQ(field(world_.join(peer, "r"), "op"), "joined");
  EXPECT_TRUE(root.has(R"("name":"ana")"));
  EXPECT_EQ(code_of(root, direct("@ana", "1", "1")), "");
  EXPECT_EQ(peer.count(R"("payload":1)"), 1u);
  world_.ask(peer, system("hello", R"("id":1,"name":"other")"));
  EXPECT_EQ(code_of(root, direct("@ana", "2", "2")), "");
  EXPECT_EQ(peer.count(R"("payload":2)"), 1u);
  EXPECT_EQ(code_of(root, system("ban", R"("id":1,"room":"r","name":"ana")")), "");
  Peer& again = world_.connect(0, kJson, std::make_shared<const Grant>(grant_for("ana")));
  EXPECT_EQ(code_of(again, system("join", R"("id":1,"room":"r")")), "banned");
  Peer& other = world_.connect(0, kJson, std::make_shared<const Grant>(grant_for("ben")));
  EXPECT_EQ(field(world_.ask(other, system("hello", R"("id":1)")).at(0), "op"), "welcome");
}

TEST_F(SignIn, AnonymousClientsHaveTheirRoomsOnly) {
  Peer& peer = world_.connect();
  EXPECT_EQ(field(world_.join(peer, "lobby1"), "op"), "joined");
  EXPECT_EQ(field(world_.join(peer, "hall"), "op"), "joined");
  EXPECT_EQ(code_of(peer, system("join", R"("id":1,"room":"arena")")), "forbidden");
  EXPECT_EQ(code_of(peer, direct("@ana", "1", "1")), "forbidden");
  EXPECT_EQ(code_of(peer, system("refresh", R"("id":1,"token":"t")")), "bad_value");
  EXPECT_EQ(code_of(peer, chat("lobby1", "1", "7")), "") << "an ack";
}

// What is meant for ana does not go to whoever calls itself so.
TEST_F(SignIn, AnAnonymousNameGetsNoMailOfItsOwner) {
  Peer& thief = world_.connect();
  world_.ask(thief, system("hello", R"("id":1,"name":"ana")"));
  Peer& ben = signed_in("ben", grant_for("ben"));
  EXPECT_EQ(code_of(ben, direct("@ana", "1", "1")), "unknown_client");
  Peer& ana = signed_in("ana", grant_for("ana"));
  EXPECT_EQ(code_of(ben, direct("@ana", "1", "2")), "");
  EXPECT_TRUE(ana.has(R"("payload":1)"));
  EXPECT_FALSE(thief.has(R"("payload":1)"));
}

TEST_F(SignIn, TheNameIsTheTokensWhateverTheHelloSays) {
  Peer& peer = world_.connect();
  tokens_.grants["t"] = grant_for("ana");
  world_.ask(peer, hello_with("t", R"("name":"boss")"));
  Peer& watcher = signed_in("ben", grant_for("ben"));
  world_.join(watcher, "r", R"(,"presence":true)");
  world_.join(peer, "r");
  EXPECT_TRUE(watcher.has(R"("name":"ana")"));
  EXPECT_FALSE(watcher.has("boss"));
}

struct Need {
  Permission permission;
  std::string request;
  std::string code;  // without it
};

std::vector<Need> needs() {
  return {
      {kMayJoin, system("join", R"("id":1,"room":"g2")"), "forbidden"},
      {kMayChat, chat("g1", "1", "1"), "forbidden"},
      {kMayAct, action("g1", "1", "1"), "forbidden"},
      {kMaySetState, state("g1", R"({"set":{"a":{"x":1}}})", "1"), "forbidden"},
      {kMaySeePresence, system("discover", R"("id":1,"room":"g1")"), "forbidden"},
      {kMaySeePresence, system("join", R"("id":1,"room":"g3","presence":true)"), "forbidden"},
      {kMayReadHistory, system("history", R"("id":1,"room":"g1")"), "forbidden"},
      {kMayReadHistory, system("join", R"("id":1,"room":"g4","history":5)"), "forbidden"},
      {kMayModerate, system("kick", R"("id":1,"room":"g1","name":"ben")"), "forbidden"},
  };
}

// Each with all permissions but the one, and with all.
TEST_F(SignIn, EachPermissionIsAskedFor) {
  u32 n = 0;
  for (const Need& need : needs()) {
    for (const bool has : {false, true}) {
      constexpr Permissions kAllInRooms = kPermissionsAll & ~kMayAdminister;
      const Permissions rest = kAllInRooms & ~need.permission;
      const std::string user = "user" + std::to_string(++n);
      Grant grant = grant_in(user, "g?", has ? kAllInRooms : rest);
      // Who may not join is in already.
      if (need.permission == kMayJoin) grant.rooms.push_back({"g1", kMayJoin});
      Peer& peer = signed_in(user, grant);
      EXPECT_EQ(field(world_.join(peer, "g1"), "op"), "joined") << need.request;
      EXPECT_EQ(code_of(peer, need.request) == need.code, !has) << need.request;
      world_.disconnect(peer);
    }
  }
}

TEST_F(SignIn, PermissionsHoldInTheRoomsOfTheirPattern) {
  Peer& ana = signed_in("ana", grant_in("ana", "game-*", kMayJoin | kMayAct));
  EXPECT_EQ(code_of(ana, system("join", R"("id":1,"room":"chat-1")")), "forbidden");
  world_.join(ana, "game-1");
  EXPECT_EQ(code_of(ana, action("game-1", "1", "1")), "");
  EXPECT_EQ(code_of(ana, chat("game-1", "1", "2")), "forbidden");
  Peer& admin = signed_in("root", grant_in("root", "*", kMayAdminister));
  world_.join(admin, "game-1");
  EXPECT_EQ(code_of(admin, system("kick", R"("id":1,"room":"game-1","name":"ana")")), "");
  EXPECT_TRUE(ana.has(R"("reason":"kicked")"));
}

// Recovery reads what was said before: who may not is sent what comes, and told so.
TEST_F(SignIn, WithoutHistoryAJoinerRecoversNothing) {
  Peer& ana = signed_in("ana", grant_for("ana"));
  const std::string joined = world_.join(ana, "r");
  for (int i = 0; i < 3; ++i) world_.ask(ana, chat("r", "1"));
  const std::string since =
      R"("since":{"epoch":)" + in_quotes(field(joined, "epoch")) + R"(,"chat":0})";
  Peer& ben = signed_in("ben", grant_in("ben", "r", kMayJoin | kMayChat));
  const auto heard = world_.ask(ben, system("join", R"("id":1,"room":"r",)" + since));
  EXPECT_EQ(heard.size(), 1u) << "joined, and no chat";
  Peer& cy = signed_in("cy", grant_for("cy"));
  EXPECT_EQ(world_.ask(cy, system("join", R"("id":1,"room":"r",)" + since)).size(), 4u);
}

TEST_F(SignIn, ATokenThatEndsIsToldOfAndThenEndsTheConnection) {
  const u64 ends = world_.now.unix_ms + 100'000;
  Peer& ana = signed_in("ana", grant_for("ana", ends));
  world_.run_for(39'000, 100);
  EXPECT_FALSE(ana.has("token_expiring"));
  world_.run_for(2'000, 100);
  EXPECT_EQ(ana.count("token_expiring"), 1u);
  world_.run_for(58'000, 100);
  EXPECT_EQ(ana.closed, CloseCode::none);
  world_.run_for(2'000, 100);
  EXPECT_EQ(ana.closed, CloseCode::unauthenticated);
  EXPECT_EQ(ana.count("token_expiring"), 1u);
  EXPECT_EQ(stats().tokens_expired, 1u);
}

TEST_F(SignIn, RefreshGoesOnAndAnotherUsersTokenDoesNot) {
  const u64 ends = world_.now.unix_ms + 10'000;
  Peer& ana = signed_in("ana", grant_for("ana", ends));
  EXPECT_EQ(ana.count("token_expiring"), 0u);
  tokens_.grants["newer"] = grant_for("ana", ends + 50'000);
  tokens_.grants["bens"] = grant_for("ben", ends + 50'000);
  const std::string ask = R"("id":3,"token":)";
  EXPECT_EQ(code_of(ana, system("refresh", ask + R"("nonsense")")), "bad_token");
  EXPECT_EQ(code_of(ana, system("refresh", ask + R"("bens")")), "rate_limited");
  EXPECT_EQ(tokens_.asked, 2u) << "a signature costs more than a message";
  world_.run_for(100);
  ana.take();
  EXPECT_EQ(code_of(ana, system("refresh", ask + R"("bens")")), "forbidden");
  world_.run_for(100);
  ana.take();
  EXPECT_EQ(code_of(ana, system("refresh", R"("id":3)")), "missing_field");
  const auto answers = world_.ask(ana, system("refresh", ask + R"("newer")"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(field(answers[0], "op"), "refreshed");
  EXPECT_GT(number(answers[0], "token_ends_in_ms"), 50'000u);
  world_.run_for(30'000, 100);
  EXPECT_EQ(ana.closed, CloseCode::none) << "the first would have ended long ago";
  world_.run_for(40'000, 100);
  EXPECT_EQ(ana.closed, CloseCode::unauthenticated);
}

// Fewer rooms than before: out of those, with the reason, and told to who stays.
TEST_F(SignIn, ANewerTokenMayTakeRoomsAway) {
  Grant both = grant_in("ana", "red", kMayJoin);
  both.rooms.push_back({"blue", kMayJoin});
  Peer& ana = signed_in("ana", both);
  world_.join(ana, "red");
  world_.join(ana, "blue");
  Peer& ben = signed_in("ben", grant_for("ben"));
  world_.join(ben, "blue", R"(,"presence":true)");
  tokens_.grants["newer"] = grant_in("ana", "red", kMayJoin);
  world_.ask(ana, system("refresh", R"("id":3,"token":"newer")"));
  EXPECT_TRUE(ben.has(R"("event":"leave")"));
  world_.ask(ana, chat("blue", "1", "4"));
  EXPECT_EQ(code_of(ana, chat("blue", "1", "5")), "not_joined");
  EXPECT_EQ(code_of(ana, chat("red", "1", "6")), "forbidden") << "joined, and may not write";
}

// From here on faults that a review found.

TEST_F(SignIn, WhoMayNotSeePresenceIsToldOfNobody) {
  Peer& ben = signed_in("ben", grant_for("ben"));
  world_.join(ben, "r");
  Peer& ana = signed_in("ana", grant_in("ana", "r", kMayJoin));
  const std::string joined = world_.join(ana, "r");
  EXPECT_EQ(joined.find("ben"), std::string::npos) << joined;
  EXPECT_NE(joined.find(R"("members":[])"), std::string::npos) << joined;
}

TEST_F(SignIn, ANewerTokenMayTakePresenceAway) {
  Peer& ana = signed_in("ana", grant_for("ana"));
  world_.join(ana, "r", R"(,"presence":true)");
  tokens_.grants["newer"] = grant_in("ana", "r", kMayJoin | kMayChat);
  world_.ask(ana, system("refresh", R"("id":3,"token":"newer")"));
  Peer& ben = signed_in("ben", grant_for("ben"));
  ana.take();
  world_.join(ben, "r");
  world_.ask(ben, chat("r", "1"));
  EXPECT_EQ(ana.find("presence"), "");
  EXPECT_TRUE(ana.has(R"("payload":1)"));
}

// The join is on its way to another shard when the token that allows it goes.
TEST_F(SignIn, AJoinThatIsOvertakenByANewerTokenIsRefused) {
  FakeWorld world(2, {}, nullptr, nullptr, nullptr, &tokens_);
  tokens_.grants["t"] = grant_for("ana");
  tokens_.grants["newer"] = grant_in("ana", "other", kMayJoin);
  Peer& peer = world.connect(0);
  world.ask(peer, hello_with("t"));
  const std::string room = world.room_at(1);
  peer.say("[" + system("join", R"("id":5,"history":50,)" + room_field(room)) + "," +
           system("refresh", R"("id":6,"token":"newer")") + "]");
  world.settle();
  EXPECT_TRUE(peer.has(R"("op":"refreshed")"));
  EXPECT_FALSE(peer.has(R"("op":"joined")"));
  EXPECT_FALSE(peer.has(R"("op":"left")"));
  EXPECT_EQ(field(peer.find(R"("id":5)"), "code"), "forbidden");
}

TEST_F(SignIn, ANewerTokenTakesAGridWithItsCells) {
  auto rules = std::make_shared<RoomRules>();
  ASSERT_EQ(rules->add(R"({"pattern":"grid*","schema":{"x":{"type":"float","min":-99,"max":99,)"
                       R"("resolution":1},"y":{"type":"float","min":-99,"max":99,"resolution":1}},)"
                       R"("grid":{"cell":10,"radius":12}})"),
            "");
  FakeWorld world(2, {}, rules, nullptr, nullptr, &tokens_);
  const std::string room = world.room_at(1, "grid");
  tokens_.grants["t"] = grant_for("ana");
  tokens_.grants["newer"] = grant_in("ana", "other", kMayJoin);
  tokens_.grants["ben"] = grant_for("ben");
  Peer& ana = world.connect(0);
  Peer& ben = world.connect(0);
  world.ask(ana, hello_with("t"));
  world.ask(ben, hello_with("ben"));
  world.join(ana, room, R"(,"view":{"x":0,"y":0})");
  world.join(ben, room, R"(,"view":{"x":0,"y":0})");
  world.run_for(200);
  world.ask(ana, system("refresh", R"("id":6,"token":"newer")"));
  ana.take();
  ben.say(state(room, R"({"set":{"rock":{"x":1,"y":1}}})"));
  world.run_for(200);
  EXPECT_TRUE(ben.has("rock"));
  EXPECT_FALSE(ana.has("rock"));
}

TEST_F(SignIn, AnonymousClientsGetNoPrivateMessages) {
  Peer& guest = world_.connect();
  const auto welcome = world_.ask(guest, system("hello", R"("id":1)"));
  const std::string id = field(welcome.at(0), "client");
  Peer& ben = signed_in("ben", grant_for("ben"));
  EXPECT_EQ(code_of(ben, direct(id, "1", "1")), "unknown_client");
}

// Under a name that is somebody else's nothing of that user is read or moved.
TEST_F(SignIn, AnAnonymousNameHasNoReadPositionOfItsOwner) {
  Peer& ana = signed_in("ana", grant_for("ana"));
  world_.join(ana, "lobby");
  for (int i = 0; i < 5; ++i) world_.ask(ana, chat("lobby", "1"));
  world_.ask(ana, system("read", R"("room":"lobby","seq":4)"));
  Peer& thief = world_.connect();
  world_.ask(thief, system("hello", R"("id":1,"name":"ana")"));
  EXPECT_EQ(field(world_.join(thief, "lobby"), "read"), "0");
  world_.ask(thief, system("read", R"("room":"lobby","seq":5)"));
  Peer& again = signed_in("ana", grant_for("ana"));
  EXPECT_EQ(field(world_.join(again, "lobby"), "read"), "4");
}

TEST(SignInModerators, TheirTokenGivesNoPrivateMessagesAndTakesNoName) {
  FakeAuthenticator tokens;
  FakeWorld world(
      1, [](Options& o) { o.moderator_token = "m"; }, nullptr, nullptr, nullptr, &tokens);
  Peer& guard = world.connect();
  EXPECT_EQ(field(world.ask(guard, hello_with("m", R"("name":"ana")")).at(0), "op"), "welcome");
  const std::string history = system("history", R"("id":1,"to":"@ben")");
  EXPECT_EQ(field(world.ask(guard, history).at(0), "code"), "forbidden");
  // Who has shown a token of its own stays who it is.
  Peer& cy = world.connect(0, kJson, std::make_shared<const Grant>(grant_for("cy")));
  world.ask(cy, hello_with("m"));
  world.join(cy, "r");
  world.join(guard, "r");
  const auto kicked = world.ask(cy, system("kick", R"("id":1,"room":"r","name":"ana")"));
  EXPECT_NE(field(kicked.at(0), "op"), "error");
  EXPECT_EQ(field(world.ask(cy, history).at(0), "op"), "history");
}

// Its clock jumps: what counts is what the wall says when the timer fires.
TEST_F(SignIn, AClockThatGoesBackGivesATokenItsTime) {
  Peer& ana = signed_in("ana", grant_for("ana", world_.now.unix_ms + 10'000));
  world_.now.unix_ms -= 3'600'000;
  world_.run_for(20'000, 100);
  EXPECT_EQ(ana.closed, CloseCode::none);
}

class SignInResume : public SignIn {
 protected:
  // Says hello with a session's secret; the answer.
  std::string resumed(std::string_view secret, std::string_view more) {
    Peer& peer = world_.connect();
    const auto answers = world_.ask(
        peer, system("hello", R"("id":9,"session":)" + in_quotes(secret) + std::string(more)));
    last_ = &peer;
    return answers.empty() ? "" : answers[0];
  }
  // Of a new session, which then breaks.
  std::string dropped(std::string_view token) {
    Peer& peer = world_.connect();
    const std::string welcome = world_.ask(peer, hello_with(token)).at(0);
    world_.join(peer, "r");
    world_.disconnect(peer);
    world_.settle();
    return field(welcome, "session");
  }
  Peer* last_ = nullptr;
};

TEST_F(SignInResume, ASessionGoesOnForItsUserOnly) {
  tokens_.grants["anas"] = grant_for("ana");
  tokens_.grants["bens"] = grant_for("ben");
  const std::string secret = dropped("anas");
  EXPECT_EQ(field(resumed(secret, R"(,"token":"bens")"), "resumed"), "false") << "it is another's";
  EXPECT_EQ(field(resumed(secret, R"(,"token":"nonsense")"), "code"), "bad_token");
  EXPECT_EQ(field(resumed(secret, ""), "resumed"), "true") << "the secret is enough";
  EXPECT_EQ(field(resumed(secret, R"(,"token":"anas")"), "resumed"), "true");
}

// 4001 in the middle of a game: with a new token it goes on in its seat.
TEST_F(SignInResume, WhoseTokenHasEndedComesBackWithANewOne) {
  const u64 ends = world_.now.unix_ms + 10'000;
  tokens_.grants["short"] = grant_for("ana", ends);
  tokens_.grants["long"] = grant_for("ana", ends + 3'600'000);
  Peer& peer = world_.connect();
  const std::string secret = field(world_.ask(peer, hello_with("short")).at(0), "session");
  world_.join(peer, "r");
  Peer& ben = signed_in("ben", grant_for("ben"));
  world_.join(ben, "r", R"(,"presence":true)");
  world_.run_for(11'000, 100);
  ASSERT_EQ(peer.closed, CloseCode::unauthenticated);
  world_.disconnect(peer);
  world_.settle();
  EXPECT_EQ(field(resumed(secret, ""), "resumed"), "false") << "anonymous, and new";
  EXPECT_EQ(field(resumed(secret, R"(,"token":"long")"), "resumed"), "true");
  EXPECT_FALSE(ben.has(R"("event":"leave")"));
  EXPECT_TRUE(ben.has(R"("event":"resume")"));
}

// It goes on where it was, and not where it says that it stopped reading: that is a history.
TEST_F(SignInResume, WithoutHistoryNothingFromBeforeIsSentAgain) {
  tokens_.grants["t"] = grant_in("ana", "r", kMayJoin);
  Peer& ben = signed_in("ben", grant_for("ben"));
  world_.join(ben, "r");
  for (int i = 0; i < 3; ++i) world_.ask(ben, chat("r", "1"));
  const std::string secret = dropped("t");
  world_.ask(ben, chat("r", "2"));
  const std::string since = R"(,"since":{"rooms":{"r":{"chat":0,"player_action":0}}})";
  EXPECT_EQ(field(resumed(secret, since), "resumed"), "true");
  EXPECT_FALSE(last_->has(R"("payload":1)"));
}

TEST_F(SignInResume, TheSecretIsEnoughWhateverWasAskedBefore) {
  tokens_.grants["t"] = grant_for("ana");
  const std::string secret = dropped("t");
  Peer& peer = world_.connect();
  const auto answers =
      world_.ask(peer, "[" + system("ping", R"("id":1)") + "," +
                           system("hello", R"("id":2,"session":)" + in_quotes(secret)) + "]");
  EXPECT_EQ(field(answers.back(), "resumed"), "true");
}

}  // namespace
}  // namespace perseid::test
