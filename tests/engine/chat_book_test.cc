// ChatBook: what events make of messages, in any order and however often they are fed.
#include "engine/chat_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/engine/random.h"

namespace perseid::test {
namespace {

ChatEvent react(Seq seq, Seq target, u64 sender, std::string_view emoji, bool remove = false) {
  return {seq, 1000 + seq, sender, {ChatKind::react, remove, target, emoji, {}}};
}
ChatEvent edit(Seq seq, Seq target, std::string_view text) {
  return {seq, 1000 + seq, 1, {ChatKind::edit, false, target, {}, text}};
}
ChatEvent erase(Seq seq, Seq target) {
  return {seq, 1000 + seq, 1, {ChatKind::erase, false, target, {}, {}}};
}

std::string marks(const ChatBook& book, Seq message, u64 asker = 0) {
  const ChatMark* mark = book.find(message);
  if (mark == nullptr) return "none";
  std::string out;
  append_marks(out, *mark, asker);
  return out;
}

TEST(ChatBook, counts_a_clients_reaction_once_and_takes_it_away) {
  ChatBook book({});
  book.apply(react(5, 2, 7, "+"));
  book.apply(react(6, 2, 7, "+"));
  book.apply(react(7, 2, 8, "+"));
  book.apply(react(8, 2, 8, "-"));
  EXPECT_EQ(marks(book, 2, 8), R"("reactions":[{"emoji":"+","count":2,"mine":true},)"
                               R"({"emoji":"-","count":1,"mine":true}])");
  book.apply(react(9, 2, 8, "+", true));
  book.apply(react(10, 2, 9, "+", true));
  EXPECT_EQ(marks(book, 2, 8), R"("reactions":[{"emoji":"+","count":1,"mine":false},)"
                               R"({"emoji":"-","count":1,"mine":true}])");
  book.apply(react(11, 2, 7, "+", true));
  book.apply(react(12, 2, 8, "-", true));
  EXPECT_EQ(marks(book, 2), "none");
  EXPECT_EQ(book.bytes(), 0u);
}

TEST(ChatBook, keeps_the_newest_edit_and_nothing_of_what_is_deleted) {
  ChatBook book({});
  book.apply(edit(5, 2, R"("a")"));
  book.apply(edit(6, 2, R"("b")"));
  book.apply(react(7, 2, 7, "+"));
  EXPECT_EQ(book.find(2)->text, R"("b")");
  EXPECT_EQ(marks(book, 2), R"("edited":true,"edited_timestamp":1006,)"
                            R"("reactions":[{"emoji":"+","count":1,"mine":false}])");
  book.apply(erase(8, 2));
  book.apply(edit(9, 2, R"("c")"));
  book.apply(react(10, 2, 7, "-"));
  EXPECT_EQ(marks(book, 2), R"("deleted":true)");
  EXPECT_TRUE(book.find(2)->text.empty());
}

TEST(ChatBook, says_what_may_not_be_and_what_changes_nothing) {
  ChatBook book({.reactions_max = 2, .bytes_max = 10'000});
  const auto check = [&](const ChatEvent& event) { return book.check(event.says, event.sender); };
  const auto changes = [&](const ChatEvent& event) {
    return book.changes(event.says, event.sender);
  };
  EXPECT_TRUE(changes(react(5, 2, 7, "+")));
  EXPECT_FALSE(changes(react(5, 2, 7, "+", true)));
  book.apply(react(5, 2, 7, "+"));
  EXPECT_FALSE(changes(react(6, 2, 7, "+")));
  book.apply(react(6, 2, 8, "+"));
  EXPECT_EQ(check(react(7, 2, 9, "+")), Error::chat_limit) << "a third reaction";
  EXPECT_EQ(check(react(7, 2, 7, "+")), Error::ok) << "it is there";
  EXPECT_EQ(check(react(7, 2, 7, "+", true)), Error::ok);
  EXPECT_EQ(check(edit(7, 3, '"' + std::string(10'000, 't') + '"')), Error::chat_limit);
  EXPECT_EQ(check(edit(7, 3, R"("t")")), Error::ok);
  book.apply(erase(8, 2));
  EXPECT_EQ(check(react(9, 2, 7, "+")), Error::unknown_message);
  EXPECT_EQ(check(edit(9, 2, R"("t")")), Error::unknown_message);
  EXPECT_EQ(check(erase(9, 2)), Error::ok);
  EXPECT_FALSE(changes(erase(9, 2)));
}

TEST(ChatBook, bounds_the_emojis_of_a_message) {
  ChatBook book({});
  for (u32 i = 0; i < ChatBook::kEmojisMax; ++i) {
    const std::string emoji = std::to_string(i);
    const ChatEvent event = react(10 + i, 2, 7, emoji);
    ASSERT_EQ(book.check(event.says, 7), Error::ok);
    book.apply(event);
  }
  EXPECT_EQ(book.check(react(90, 2, 8, "one more").says, 8), Error::chat_limit);
  EXPECT_EQ(book.check(react(90, 2, 8, "0").says, 8), Error::ok);
}

TEST(ChatBook, finds_messages_between_events) {
  ChatBook book({});
  for (const Seq seq : {3, 4, 5, 8}) book.apply(react(seq, 1, seq, "+"));
  EXPECT_EQ(book.events_between(1, 11), 4u);
  EXPECT_EQ(book.events_between(4, 6), 2u);
  EXPECT_EQ(book.events_between(6, 6), 0u);
  EXPECT_EQ(book.newest_event(), 8u);
  struct Case {
    u64 messages;
    Seq least, end, want;
  };
  // Messages: 1 2 6 7 9 10.
  for (const Case& row :
       {Case{1, 1, 11, 10}, Case{2, 1, 11, 9}, Case{3, 1, 11, 7}, Case{4, 1, 11, 6},
        Case{5, 1, 11, 2}, Case{6, 1, 11, 1}, Case{9, 1, 11, 1}, Case{5, 4, 11, 4},
        Case{1, 1, 6, 2}, Case{0, 1, 11, 11}, Case{3, 11, 11, 11}}) {
    const Seq first = book.first_of(row.messages, row.least, row.end);
    EXPECT_EQ(first, row.want) << row.messages << " from " << row.least << " to " << row.end;
  }
}

TEST(ChatBook, forgets_what_leaves_the_window) {
  ChatBook book({});
  book.apply(react(5, 2, 7, "+"));
  book.apply(react(6, 4, 7, "+"));
  book.forget_before(4);
  EXPECT_EQ(marks(book, 2), "none");
  EXPECT_TRUE(book.is_event(5));
  book.forget_before(6);
  EXPECT_FALSE(book.is_event(5));
  EXPECT_TRUE(book.is_event(6));
  EXPECT_EQ(book.bytes(), 0u);
}

// As a store hands them out: messages and payloads, perhaps some of them twice.
TEST(ChatBook, is_fed_from_kept_payloads) {
  ChatBook book({});
  ChatPayloadReader reader;
  const ChatEvent kept{.seq = 5, .timestamp_unix_ms = 1700, .sender = 7, .says = {}};
  EXPECT_TRUE(book.apply_payload(reader, kept, R"({"edit":{"seq":2,"text":"new"}})"));
  EXPECT_TRUE(book.apply_payload(reader, kept, R"({"edit":{"seq":2,"text":"new"}})"));
  EXPECT_FALSE(book.apply_payload(reader, kept, R"({"text":"a message"})"));
  EXPECT_FALSE(book.apply_payload(reader, kept, R"({"react":)"));
  EXPECT_EQ(marks(book, 2), R"("edited":true,"edited_timestamp":1700)");

  ChatFolder folder;
  const Delivery message{.room_escaped = "r",
                         .seq = 2,
                         .sender = 7,
                         .timestamp_unix_ms = 1600,
                         .payload = R"({"text":"old","data":1})"};
  const Delivery& folded = folder.fold(message, book.find(2), 7);
  EXPECT_EQ(folded.payload, R"({"text":"new","data":1})");
  EXPECT_EQ(folder.fold(message, nullptr, 7).payload, message.payload);
}

// A plain model beside it: whatever comes, both say the same, and events fed again change nothing.
void check_model(u32 seed) {
  Random random(seed);
  ChatBook book({});
  std::vector<ChatEvent> events;
  std::map<Seq, std::map<std::string, std::vector<u64>>> model;
  static const std::string kEmojis[] = {"a", "b", "c"};
  for (Seq seq = 100; seq < 2100; ++seq) {
    const Seq target = 1 + random.below(20);
    const u64 sender = 1 + random.below(6);
    const std::string& emoji = kEmojis[random.below(3)];
    const bool remove = random.below(2) == 0;
    std::vector<u64>& clients = model[target][emoji];
    const auto it = std::find(clients.begin(), clients.end(), sender);
    const ChatEvent event = react(seq, target, sender, emoji, remove);
    EXPECT_EQ(book.changes(event.says, sender), (it != clients.end()) == remove);
    if (remove && it != clients.end()) clients.erase(it);
    if (!remove && it == clients.end()) clients.push_back(sender);
    book.apply(event);
    events.push_back(event);
  }
  const u64 bytes = book.bytes();
  for (const ChatEvent& event : events) book.apply(event);
  EXPECT_EQ(book.bytes(), bytes);
  for (const auto& [target, emojis] : model) {
    u32 total = 0;
    for (const auto& [emoji, clients] : emojis) {
      total += static_cast<u32>(clients.size());
      if (clients.empty()) continue;
      const std::string& wanted = emoji;
      const auto& reactions = book.find(target)->reactions;
      const auto it = std::find_if(reactions.begin(), reactions.end(),
                                   [&](const ChatReaction& r) { return r.emoji == wanted; });
      ASSERT_NE(it, reactions.end());
      EXPECT_EQ(it->clients, clients);
    }
    if (total > 0) {
      EXPECT_EQ(book.find(target)->reactions_total, total);
    }
  }
}

TEST(ChatBook, agrees_with_a_model) {
  for (u32 seed = 1; seed <= 20 && !HasFatalFailure(); ++seed) check_model(seed);
}

}  // namespace
}  // namespace perseid::test
