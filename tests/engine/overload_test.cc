// What a shard that has too much to do leaves undone, in which order, and that it takes it up
// again.
#include "engine/overload.h"

#include <gtest/gtest.h>

#include "tests/engine/links.h"
#include "tests/engine/tokens.h"

namespace perseid::test {
namespace {

TEST(Overload, a_step_takes_a_second_of_pressure_without_a_break_and_a_step_back_one_without_any) {
  struct Row {
    u64 at_ms;
    bool pressed;
    Shedding level;
  };
  const std::vector<Row> rows = {
      {100'000, false, Shedding::none},          {101'000, true, Shedding::none},
      {101'900, true, Shedding::none},           {101'950, false, Shedding::none},
      {102'000, true, Shedding::none},           {102'999, true, Shedding::none},
      {103'000, true, Shedding::connections},    {103'900, true, Shedding::connections},
      {104'000, true, Shedding::state},          {105'000, true, Shedding::anonymous_chat},
      {109'000, true, Shedding::anonymous_chat}, {109'100, false, Shedding::anonymous_chat},
      {110'000, true, Shedding::anonymous_chat}, {110'500, false, Shedding::anonymous_chat},
      {111'500, false, Shedding::state},         {112'500, false, Shedding::connections},
      {112'600, true, Shedding::connections},    {113'600, true, Shedding::state},
      {114'000, false, Shedding::state},         {115'000, false, Shedding::connections},
      {116'000, false, Shedding::none},          {118'000, false, Shedding::none}};
  Overload overload;
  Shedding before = Shedding::none;
  for (const Row& row : rows) {
    EXPECT_EQ(overload.observe(row.pressed, row.at_ms), row.level != before) << row.at_ms;
    EXPECT_EQ(overload.level(), row.level) << row.at_ms;
    before = row.level;
  }
}

class OverloadTest : public testing::Test {
 protected:
  FakeAuthenticator tokens_;
  FakeWorld world_{1,
                   [](Options& o) {
                     o.anonymous_rooms = "*";
                     o.session_bytes_per_second = ~0u;
                     o.heartbeat_interval_ms = o.timeout_ms = 3'600'000;
                   },
                   nullptr,
                   nullptr,
                   nullptr,
                   &tokens_};
  const std::string room_ = "arena";
  Peer& known_ = world_.connect(0, kJson, std::make_shared<const Grant>(grant_for("ana")));
  Peer& stranger_ = world_.connect();
  Scene scene_{world_, known_, room_, 100};

  void SetUp() override {
    world_.shard().collects_events = true;
    world_.join(known_, room_);
    world_.join(stranger_, room_);
  }
  void run_for(u64 ms, std::string_view why) {
    for (u64 at = 0; at < ms; at += 100) {
      world_.relay().set_pressure(why);
      scene_.run_for(100);
    }
  }
  // In how many of these ms any came.
  u32 sends_of_state(u64 ms, std::string_view why) {
    u32 sends = 0;
    u32 seen = stranger_.count(R"("type":"game_state")");
    scene_.each_ms = [&] {
      const u32 now = stranger_.count(R"("type":"game_state")");
      sends += std::exchange(seen, now) != now ? 1 : 0;
    };
    run_for(ms, why);
    scene_.each_ms = {};
    return sends;
  }
  std::string code_of(Peer& peer, std::string_view request) {
    const auto answers = world_.ask(peer, request);
    for (const std::string& each : answers) {
      if (field(each, "op") == "error") return field(each, "code");
    }
    return {};
  }
};

TEST_F(OverloadTest, members_get_half_the_state_are_told_why_and_get_it_back) {
  run_for(2000, {});
  stranger_.take();
  run_for(2100, "too much");
  ASSERT_TRUE(world_.relay().overload().sheds(Shedding::state));
  run_for(200, "too much");
  const std::string notice = stranger_.find(R"("op":"degraded")");
  EXPECT_EQ(field(notice, "reason"), "load");
  EXPECT_EQ(field(notice, "room"), room_);
  EXPECT_EQ(number(notice, "state_hz"), 10u);
  stranger_.take();
  EXPECT_NEAR(sends_of_state(10'000, "too much"), 100, 5) << "half, and not less";
  EXPECT_EQ(stranger_.count(R"("op":"degraded")"), 0u) << "told once";
  stranger_.take();
  run_for(8000, {});
  EXPECT_EQ(rates_told(stranger_), std::vector<u64>{20});
  EXPECT_NEAR(sends_of_state(2000, {}), 40, 2);
  EXPECT_GE(Scene::newest(stranger_), scene_.step - 1);
}

TEST_F(OverloadTest, chat_without_a_token_goes_last_and_comes_back) {
  EXPECT_EQ(code_of(stranger_, chat(room_, "1", "1")), "");
  run_for(2100, "too much");
  EXPECT_EQ(code_of(stranger_, chat(room_, "2", "2")), "") << "its turn comes later";
  run_for(1500, "too much");
  stranger_.take();
  const auto answers = world_.ask(stranger_, chat(room_, "3", "3"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(field(answers[0], "code"), "overloaded");
  EXPECT_GT(number(answers[0], "retry_after_ms"), 0u);
  EXPECT_EQ(code_of(stranger_, chat(room_, "2", "2")), "") << "acknowledged once, and so again";
  EXPECT_EQ(code_of(known_, chat(room_, "1", "4")), "") << "who has a token is heard";
  EXPECT_EQ(code_of(stranger_, action(room_, "5")), "") << "and actions are";
  run_for(1200, {});
  EXPECT_EQ(code_of(stranger_, chat(room_, "3", "3")), "") << "the id is free to be used again";
  EXPECT_EQ(world_.relay().stats().overload_chat_refused, 1u);
}

// Where nobody is asked for a token nobody has one; private chat is chat.
TEST(OpenOverload, everybodys_chat_is_shed) {
  FakeWorld world;
  Peer& ana = world.connect();
  Peer& ben = world.connect();
  const std::string welcome = world.ask(ben, system("hello", R"("id":1,"name":"ben")")).at(0);
  world.join(ana, "lobby");
  const std::string id(field(welcome, "client"));
  const auto codes = [&](const char* number) {
    std::string out;
    for (const std::string& request :
         {chat("lobby", "1", number), direct("@ben", "1", number), direct(id, "1", number)}) {
      const auto answers = world.ask(ana, request);
      out += (answers.empty() ? "" : field(answers[0], "code")) + ' ';
    }
    return out;
  };
  EXPECT_EQ(codes("1"), "   ");
  for (int i = 0; i < 40; ++i) {
    world.relay().set_pressure("too much");
    world.turn(100);
  }
  EXPECT_EQ(codes("2"), "overloaded overloaded overloaded ");
  EXPECT_EQ(world.relay().stats().overload_chat_refused, 3u);
}

TEST_F(OverloadTest, each_step_is_told_and_counted) {
  run_for(6000, "too much");
  run_for(6000, {});
  EXPECT_EQ(world_.relay().stats().overload_raised, 3u);
  EXPECT_EQ(world_.relay().stats().overload_lowered, 3u);
  const auto& told = world_.shard().event_details;
  for (const char* each :
       {"new connections are refused: too much", "state is sent half as often: too much",
        "chat of clients without a token is refused: too much", "all work is done again"}) {
    EXPECT_EQ(std::count(told.begin(), told.end(), each), 1) << each;
  }
}

}  // namespace
}  // namespace perseid::test
