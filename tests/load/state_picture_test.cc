// What a member of the state load makes of what it gets, in both flavours.
#include "tools/load/state_picture.h"

#include <gtest/gtest.h>

#include "tools/load/state_member.h"

namespace perseid::load {
namespace {

// With what a parser may read behind it.
std::string padded(std::string text) {
  text.reserve(text.size() + kParsePaddingBytes);
  return text;
}

std::shared_ptr<const Schema> schema() {
  Config config;
  config.verify = true;
  return state_schema(config);
}

std::string json_state(u64 tick, bool full, std::string_view payload) {
  return padded(R"({"type":"game_state","room":"r","tick":)" + std::to_string(tick) +
                (full ? R"(,"full":true)" : "") + R"(,"payload":)" + std::string(payload) + "}");
}

std::string take(StatePicture& picture, const std::string& message) {
  StateHead head;
  EXPECT_TRUE(read_state_head(message, false, head)) << message;
  return picture.apply(head);
}

TEST(StatePicture, ReadsWhatStandsBeforeThePayload) {
  StateHead head;
  ASSERT_TRUE(read_state_head(
      R"({"type":"game_state","room":"r-1","tick":7,"cell":[-3,4],"level":1,"full":true,"payload":{}})",
      false, head));
  EXPECT_EQ(head.tick, 7u);
  EXPECT_TRUE(head.full);
  EXPECT_EQ(head.cell, (StateCell{.present = true, .x = -3, .y = 4, .level = 1}));
  EXPECT_EQ(head.payload, "{}");
  EXPECT_FALSE(read_state_head(R"({"type":"chat","room":"r","seq":1})", false, head));
  EXPECT_FALSE(read_state_head("\x01", true, head));
}

TEST(StatePicture, HoldsWhatJsonSaid) {
  StatePicture picture(schema(), false);
  EXPECT_EQ(take(picture, json_state(1, false, R"({"set":{"a":{"x":-512,"y":1.5,"n":3}}})")), "");
  EXPECT_EQ(take(picture, json_state(2, false, R"({"set":{"a":{"x":-511.99}},"unset":["b"]})")),
            "");
  std::string twice;
  const auto entities = picture.entities(twice);
  ASSERT_EQ(entities.size(), 1u);
  EXPECT_EQ(entities.at("a"), (StatePicture::Row{7, 1, 51350, 3}));
}

TEST(StatePicture, TicksThatGoBackAreWrongUnlessAskedFor) {
  StatePicture picture(schema(), false);
  EXPECT_EQ(take(picture, json_state(5, true, R"({"set":{}})")), "");
  EXPECT_NE(take(picture, json_state(5, false, R"({"set":{}})")), "");
  EXPECT_NE(take(picture, json_state(4, false, R"({"set":{}})")), "");
  EXPECT_NE(take(picture, json_state(3, true, R"({"set":{}})")), "");
  picture.asked();
  picture.asked();
  EXPECT_EQ(take(picture, json_state(2, true, R"({"set":{}})")), "");
  EXPECT_EQ(picture.stepped_back(), 3u);
}

TEST(StatePicture, WhatDoesNotFitIsNamed) {
  StatePicture picture(schema(), false);
  EXPECT_NE(take(picture, json_state(1, false, R"({"set":{"a":{"z":1}}})")), "");
  StatePicture coded(schema(), true);
  StateHead head{.tick = 1, .full = false, .cell = {}, .payload = "x"};
  EXPECT_EQ(coded.apply(head), "a delta came before the whole state");
  head.full = true;
  EXPECT_EQ(coded.apply(head), "a coded frame is malformed");
}

TEST(StateMember, SaysWhereItIsAndKnowsItAgain) {
  StateMember member(3, 1);
  const auto fields = schema();
  std::vector<u8> frame;
  member.update(*fields, "r", true, 0.05, 77, frame);
  EXPECT_FALSE(frame.empty());
  EXPECT_EQ(member.key(), "player3");
  EXPECT_EQ(member.row().parts.at(2), 1u);
  EXPECT_EQ(member.said_at(member.row().parts.data()), 77u);
  EXPECT_EQ(member.said_at(member.row().parts.data()), 0u);
  member.rename();
  EXPECT_EQ(member.key(), "player3.1");
}

TEST(Mover, StaysInTheWorldAndNeverJumps) {
  Mover mover(9);
  for (int i = 0; i < 100'000; ++i) {
    const double x = mover.x();
    mover.step(0.05);
    ASSERT_LE(std::abs(mover.x()), kWorldMetres);
    ASSERT_LE(std::abs(mover.y()), kWorldMetres);
    ASSERT_LE(std::abs(mover.x() - x), 0.5);
  }
}

}  // namespace
}  // namespace perseid::load
