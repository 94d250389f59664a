// The door between shards: order, bound, and no wake-up lost.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "net/mailbox.h"

namespace perseid::test {
namespace {

Letter numbered(u64 sender, u32 number) {
  return Letter(
      PublishLetter{.room = {}, .sender = {sender}, .parcel = {}, .repeat_key = number, .lane = 0});
}
u64 number_of(const Letter& letter) {
  return std::get<PublishLetter>(letter.body).repeat_key;
}
u64 sender_of(const Letter& letter) {
  return std::get<PublishLetter>(letter.body).sender.value;
}

TEST(Mailbox, bulk_is_refused_at_the_bound_and_control_is_not) {
  Mailbox mailbox(1, 2);
  EXPECT_TRUE(mailbox.post(0, numbered(0, 0), Post::bulk));
  EXPECT_TRUE(mailbox.post(0, numbered(0, 1), Post::bulk));
  Letter third = numbered(0, 2);
  EXPECT_FALSE(mailbox.post(0, std::move(third), Post::bulk));
  EXPECT_EQ(number_of(third), 2u) << "a refused letter is untouched";
  EXPECT_TRUE(mailbox.post(0, std::move(third), Post::control));
  std::array<Letter, 8> out;
  ASSERT_EQ(mailbox.take(out), 3u);
  for (u64 i = 0; i < 3; ++i) EXPECT_EQ(number_of(out[i]), i);
  EXPECT_TRUE(mailbox.post(0, numbered(0, 3), Post::bulk)) << "there is room again";
}

TEST(Mailbox, there_is_no_sleeping_while_letters_wait) {
  Mailbox mailbox(1, 16);
  EXPECT_FALSE(mailbox.claim_wake()) << "nobody sleeps";
  mailbox.post(0, numbered(0, 0), Post::bulk);
  EXPECT_FALSE(mailbox.begin_sleep());
  std::array<Letter, 8> out;
  EXPECT_EQ(mailbox.take(out), 1u);
  EXPECT_TRUE(mailbox.begin_sleep());
  EXPECT_TRUE(mailbox.claim_wake());
  EXPECT_FALSE(mailbox.claim_wake()) << "one wakes, once";
}

// Three senders, one receiver that sleeps whenever it may and only wakes when woken: a lost wake-up
// would stop it for ever (the test's own time limit), and each sender's order is checked.
TEST(Mailbox, nothing_is_lost_or_reordered_and_no_wake_up_is_missed) {
  constexpr u32 kSenders = 3;
  constexpr u32 kLetters = 100'000;
  Mailbox mailbox(kSenders, 1024);
  std::atomic<u32> bell{0};
  std::vector<std::thread> senders;
  for (u32 sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      for (u32 i = 0; i < kLetters; ++i) {
        const Post urgency = i % 2 == 0 ? Post::bulk : Post::control;
        while (!mailbox.post(static_cast<ShardId>(sender), numbered(sender, i), urgency)) {
          std::this_thread::yield();
        }
        if (!mailbox.claim_wake()) continue;
        bell.fetch_add(1);
        bell.notify_one();
      }
    });
  }
  std::array<u64, kSenders> next{};
  std::vector<Letter> out(64);
  for (u64 taken = 0; taken < u64{kSenders} * kLetters;) {
    const u32 heard = bell.load();
    const std::size_t count = mailbox.take(out);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(number_of(out[i]), next[sender_of(out[i])]++);
    taken += count;
    if (count == 0 && mailbox.begin_sleep()) {
      bell.wait(heard);
      mailbox.end_sleep();
    }
  }
  for (std::thread& sender : senders) sender.join();
}

}  // namespace
}  // namespace perseid::test
