// Edits, deletions and reactions: who may, what members hear, and what the history says after.
#include <gtest/gtest.h>

#include "tests/engine/chats.h"

namespace perseid::test {
namespace {

// Two members and a room, which lives on their shard, on another, or on the second one's.
struct Chat {
  explicit Chat(ShardId home, const FakeWorld::Tweak& tweak = {}, WireFormat second = kJson)
      : world(2, tweak),
        room(world.room_at(home)),
        ana(world.connect(0)),
        ben(world.connect(1, second)) {
    ana_id = greet(world, ana, "ana");
    ben_id = greet(world, ben, "ben");
    world.join(ana, room);
    world.join(ben, room);
  }
  std::string error_of(Peer& peer, const std::string& request) {
    const std::string answer = reply(world, peer, request);
    return field(answer, "op") == "error" ? field(answer, "code") : "";
  }
  FakeWorld world;
  std::string room;
  Peer& ana;
  Peer& ben;
  std::string ana_id;
  std::string ben_id;
};

TEST(ChatChanges, every_member_gets_them_in_the_lanes_one_order) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Chat chat(home);
    for (const std::string& message : {text(chat.room, "hi"), react(chat.room, 1, "+"),
                                       edit(chat.room, 1, "ho"), retract(chat.room, 1)}) {
      chat.ana.say(message);
    }
    chat.world.settle();
    for (Peer* peer : {&chat.ana, &chat.ben}) {
      const auto got = peer->take();
      ASSERT_EQ(got.size(), 4u);
      for (u32 i = 0; i < 4; ++i) EXPECT_EQ(number(got[i], "seq"), i + 1) << "its own, in order";
      EXPECT_NE(got[1].find(R"("payload":{"react":{"seq":1,"emoji":"+"}})"), std::string::npos);
      EXPECT_NE(got[2].find(R"("payload":{"edit":{"seq":1,"text":"ho"}})"), std::string::npos);
      EXPECT_NE(got[3].find(R"("payload":{"delete":{"seq":1}})"), std::string::npos);
    }
    EXPECT_EQ(chat.world.relay(home).stats().chat_events, 3u);
  }
}

TEST(ChatChanges, history_tells_messages_as_they_are_now) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Chat chat(home);
    chat.ana.say(test::chat(chat.room, R"({"text":"one","data":{"a":1}})"));
    chat.ana.say(text(chat.room, "two"));
    chat.ana.say(text(chat.room, "three"));
    chat.world.settle();
    chat.ben.say(react(chat.room, 1, "+"));
    chat.ben.say(react(chat.room, 3, "!"));
    chat.world.settle();
    chat.ana.say(edit(chat.room, 1, "uno"));
    chat.ana.say(react(chat.room, 1, "+"));
    chat.ana.say(retract(chat.room, 2));
    chat.world.settle();
    chat.ana.take();
    const std::string edited_at = std::to_string(chat.world.now.unix_ms);
    const std::string head = R"({"type":"chat","room":")" + chat.room + R"(","seq":)";
    const std::string by_ana = R"(,"sender":")" + chat.ana_id + R"(","timestamp":)" + edited_at;
    EXPECT_EQ(history(chat.world, chat.ana, chat.room),
              R"({"type":"system","op":"history","room":")" + chat.room + R"(","messages":[)" +
                  head + "1" + by_ana + R"(,"edited":true,"edited_timestamp":)" + edited_at +
                  R"(,"reactions":[{"emoji":"+","count":2,"mine":true}],)" +
                  R"("payload":{"text":"uno","data":{"a":1}}},)" + head + "2" + by_ana +
                  R"(,"deleted":true,"payload":{}},)" + head + "3" + by_ana +
                  R"(,"reactions":[{"emoji":"!","count":1,"mine":false}],)" +
                  R"("payload":{"text":"three"}}]})");
    EXPECT_NE(history(chat.world, chat.ben, chat.room).find(R"("!","count":1,"mine":true)"),
              std::string::npos);
  }
}

TEST(ChatChanges, history_counts_messages_not_changes) {
  Chat chat(0);
  for (u32 i = 1; i <= 4; ++i) {
    chat.ana.say(text(chat.room, "m" + std::to_string(i)));
    chat.ana.say(react(chat.room, 2 * i - 1, "+"));
  }
  chat.world.settle();
  const auto seqs = [&](std::string_view more) {
    const std::string answer = history(chat.world, chat.ben, chat.room, more);
    std::string out;
    for (std::size_t at = 0; (at = answer.find(R"("seq":)", at)) != std::string::npos; ++at) {
      out += std::to_string(number(answer.substr(at), "seq")) + " ";
    }
    return out;
  };
  EXPECT_EQ(seqs(""), "1 3 5 7 ");
  EXPECT_EQ(seqs(R"(,"limit":2)"), "5 7 ");
  EXPECT_EQ(seqs(R"(,"limit":2,"before":7)"), "3 5 ");
  EXPECT_EQ(seqs(R"(,"before":1)"), "");
}

TEST(ChatChanges, only_the_author_changes_a_message) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Chat chat(home);
    chat.ana.say(text(chat.room, "hi"));
    chat.world.settle();
    for (const std::string& change :
         {edit(chat.room, 1, "hacked", "7"), retract(chat.room, 1, "8")}) {
      const std::string answer = reply(chat.world, chat.ben, change);
      EXPECT_EQ(field(answer, "code"), "not_author") << answer;
      EXPECT_TRUE(field(answer, "field").ends_with(".seq"));
    }
    chat.ana.take();
    EXPECT_EQ(chat.error_of(chat.ana, edit(chat.room, 1, "ho", "9")), "");
    EXPECT_EQ(chat.error_of(chat.ana, retract(chat.room, 1, "10")), "");
  }
}

struct TargetCase {
  const char* name;
  std::string change;
  const char* field;
};

TEST(ChatChanges, what_is_no_message_cannot_be_changed) {
  Chat chat(1);
  chat.ana.say(text(chat.room, "hi"));
  chat.ana.say(text(chat.room, "gone"));
  chat.ana.say(react(chat.room, 1, "+"));
  chat.ana.say(retract(chat.room, 2));
  chat.world.settle();
  const std::string& room = chat.room;
  const TargetCase kCases[] = {
      {"one that is not there yet", edit(room, 50, "x", "1"), "payload.edit.seq"},
      {"one far beyond", retract(room, 9007199254740991, "1"), "payload.delete.seq"},
      {"a reaction to a reaction", react(room, 3, "+", "1"), "payload.react.seq"},
      {"an edit of a reaction", edit(room, 3, "x", "1"), "payload.edit.seq"},
      {"deletion of a deletion", retract(room, 4, "1"), "payload.delete.seq"},
      {"a reaction to what is deleted", react(room, 2, "+", "1"), "payload.react.seq"},
      {"an edit of what is deleted", edit(room, 2, "x", "1"), "payload.edit.seq"},
  };
  for (const TargetCase& row : kCases) {
    const std::string answer = reply(chat.world, chat.ana, row.change);
    EXPECT_EQ(field(answer, "code"), "unknown_message") << row.name << " " << answer;
    EXPECT_EQ(field(answer, "field"), row.field) << row.name;
    EXPECT_EQ(field(answer, "id"), "1") << row.name;
  }
}

TEST(ChatChanges, malformed_payloads_are_refused_with_their_place_and_reach_nobody) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Chat chat(home);
    chat.ana.say(text(chat.room, "hi"));
    chat.world.settle();
    chat.ben.take();
    const std::string answer =
        reply(chat.world, chat.ana, test::chat(chat.room, R"({"react":{"seq":"1"}})", "4"));
    EXPECT_EQ(field(answer, "code"), "wrong_type");
    EXPECT_EQ(field(answer, "field"), "payload.react.seq");
    EXPECT_EQ(field(answer, "id"), "4");
    EXPECT_TRUE(chat.ben.messages.empty());
    EXPECT_EQ(field(reply(chat.world, chat.ana, text(chat.room, "the id is free", "4")), "op"),
              "ack");
  }
}

TEST(ChatChanges, payloads_that_say_nothing_of_ours_pass_as_they_are) {
  Chat chat(1);
  u32 ids = 10;
  for (const char* payload : {R"("hi")", "7", "null", "[1]", "{}", R"({"sound":{"react":5}})"}) {
    EXPECT_EQ(chat.error_of(chat.ana, test::chat(chat.room, payload, std::to_string(++ids))), "")
        << payload;
    EXPECT_TRUE(chat.ben.has(std::string(R"("payload":)") + payload)) << payload;
    chat.ben.take();
    chat.ana.take();
  }
}

TEST(ChatChanges, what_changes_nothing_is_acknowledged_and_not_told) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Chat chat(home);
    chat.ana.say(text(chat.room, "hi"));
    chat.ana.say(react(chat.room, 1, "+"));
    chat.world.settle();
    chat.ana.take();
    chat.ben.take();
    const std::string again = reply(chat.world, chat.ana, react(chat.room, 1, "+", "4"));
    EXPECT_EQ(field(again, "op"), "ack");
    EXPECT_EQ(field(again, "seq"), "") << "nothing was numbered";
    EXPECT_EQ(field(reply(chat.world, chat.ana, react(chat.room, 1, "-", "5", true)), "op"), "ack");
    EXPECT_TRUE(chat.ben.messages.empty());
    EXPECT_EQ(number(reply(chat.world, chat.ana, text(chat.room, "next", "6")), "seq"), 3u);
  }
}

TEST(ChatChanges, reactions_are_bounded_by_message_and_by_room) {
  Chat chat(0, [](Options& o) { o.message_reactions_max = 2; });
  chat.ana.say(text(chat.room, "hi"));
  chat.world.settle();
  EXPECT_EQ(chat.error_of(chat.ana, react(chat.room, 1, "a", "1")), "");
  EXPECT_EQ(chat.error_of(chat.ana, react(chat.room, 1, "b", "2")), "");
  EXPECT_EQ(chat.error_of(chat.ana, react(chat.room, 1, "c", "3")), "chat_limit");
  EXPECT_EQ(chat.error_of(chat.ana, react(chat.room, 1, "b", "4", true)), "");
  EXPECT_EQ(chat.error_of(chat.ana, react(chat.room, 1, "c", "5")), "");
  EXPECT_EQ(chat.world.relay(0).stats().chat_marks_refused, 1u);

  Chat small(0, [](Options& o) { o.chat_marks_bytes_max = 4096; });
  small.ana.say(text(small.room, "hi"));
  small.world.settle();
  EXPECT_EQ(small.error_of(small.ana, edit(small.room, 1, std::string(4000, 'e'), "1")),
            "chat_limit");
  EXPECT_EQ(small.error_of(small.ana, edit(small.room, 1, std::string(3000, 'e'), "2")), "");
  EXPECT_EQ(small.error_of(small.ana, edit(small.room, 1, std::string(3000, 'f'), "3")),
            "chat_limit");
  EXPECT_EQ(small.error_of(small.ana, retract(small.room, 1, "4")), "") << "that gives back";
}

TEST(ChatChanges, marks_leave_with_their_messages) {
  Chat chat(0, [](Options& o) {
    o.chat_history = 4;
    o.chat_window_bytes = 4096;
    o.burst_window_bytes = 4096;
  });
  chat.ana.say(text(chat.room, "hi"));
  chat.ana.say(edit(chat.room, 1, std::string(1000, 'e')));
  chat.world.settle();
  for (u32 i = 0; i < 100; ++i) {
    chat.ana.say(text(chat.room, std::string(500, 't')));
    chat.world.run_for(200, 100);
  }
  chat.world.run_for(3000, 100);
  chat.ana.take();
  EXPECT_EQ(chat.error_of(chat.ana, edit(chat.room, 1, "late", "1")), "unknown_message");
  EXPECT_EQ(history(chat.world, chat.ana, chat.room).find("edited"), std::string::npos);
}

TEST(ChatChanges, a_repeated_change_is_acknowledged_with_its_first_seq) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    Chat chat(home);
    chat.ana.say(text(chat.room, "hi"));
    chat.world.settle();
    const std::string first = reply(chat.world, chat.ana, edit(chat.room, 1, "ho", "4"));
    const std::string again = reply(chat.world, chat.ana, edit(chat.room, 1, "ho", "4"));
    EXPECT_EQ(number(first, "seq"), 2u);
    EXPECT_EQ(again, first);
    EXPECT_EQ(chat.ben.count(R"("edit")"), 1u);
  }
}

TEST(ChatChanges, the_binary_flavour_carries_the_same) {
  Chat chat(1, {}, kBin);
  chat.ana.say(text(chat.room, "hi"));
  chat.ana.say(edit(chat.room, 1, "ho"));
  chat.world.settle();
  EXPECT_TRUE(chat.ben.has(R"("seq":2,"sender":")" + chat.ana_id +
                           R"(","payload":{"edit":{"seq":1,"text":"ho"}})"));
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::chat,
                                .target = BinaryTarget::room_name,
                                .room = chat.room,
                                .id_kind = BinaryId::number,
                                .id_number = 9,
                                .json = R"({"react":{"seq":1,"emoji":"+"}})"});
  chat.ben.send(std::move(bytes));
  chat.world.settle();
  EXPECT_TRUE(chat.ben.has(R"("op":"ack","id":9)"));
  EXPECT_TRUE(chat.ana.has(R"("payload":{"react":{"seq":1,"emoji":"+"}})"));
  EXPECT_NE(history(chat.world, chat.ben, chat.room).find(R"("count":1,"mine":true)"),
            std::string::npos);
}

}  // namespace
}  // namespace perseid::test
