// Name, KeyedHash, PublishMemory: values too small for a file each.
#include <gtest/gtest.h>

#include <set>

#include "engine/keyed_hash.h"
#include "engine/name.h"
#include "engine/publish_memory.h"

namespace perseid::test {
namespace {

TEST(Name, keeps_its_bytes_and_costs_nothing_when_empty) {
  EXPECT_EQ(Name().view(), "");
  EXPECT_EQ(Name("").view(), "");
  const std::string long_name(1024, 'x');
  for (const std::string_view text :
       {std::string_view("a"), std::string_view("Zo\xc3\xab\0x", 6), std::string_view(long_name)}) {
    EXPECT_EQ(Name(text).view(), text);
  }
  Name moved = Name("ana");
  const Name name = std::move(moved);
  EXPECT_EQ(name.view(), "ana");
}

// The reference vector of SipHash-2-4 (Aumasson and Bernstein, appendix A): key 00..0f, 15 bytes.
TEST(KeyedHash, is_siphash_2_4) {
  KeyedHash hash;
  for (u8 i = 0; i < 16; ++i) hash.key[i] = i;
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  EXPECT_EQ(hash(text), 0xa129ca6149be45e5u);
}

TEST(KeyedHash, another_key_gives_other_buckets) {
  KeyedHash one;
  KeyedHash two;
  two.key[7] = 1;
  u32 same = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "room" + std::to_string(i);
    if (one(name) % 64 == two(name) % 64) ++same;
  }
  EXPECT_LT(same, 60u) << "names that collide under one key do not under another";
}

TEST(KeyedMap, finds_by_view_without_a_copy) {
  KeyedMap<int> map(0, KeyedHash{});
  map.emplace("lobby", 1);
  EXPECT_NE(map.find(std::string_view("lobby")), map.end());
  EXPECT_EQ(map.find(std::string_view("lobb")), map.end());
}

TEST(PublishMemory, remembers_the_last_and_forgets_the_oldest) {
  PublishMemory memory;
  for (u64 key = 1; key <= PublishMemory::kEntriesMax; ++key) {
    memory.begin(key);
    EXPECT_TRUE(memory.find(key)->pending());
    EXPECT_EQ(memory.find(key)->settle(static_cast<Seq>(key), 7), 0u);
  }
  EXPECT_EQ(memory.find(1)->seq(), 1u);
  memory.begin(1000);
  EXPECT_EQ(memory.find(1), nullptr);
  EXPECT_EQ(memory.find(2)->seq(), 2u);
  memory.forget(2);
  EXPECT_EQ(memory.find(2), nullptr);
  memory.forget(2);
  EXPECT_NE(memory.find(1000), nullptr);
}

TEST(PublishMemory, an_entry_holds_a_whole_seq_and_a_time_near_now) {
  PublishMemory memory;
  const u64 now_ms = 1'700'000'000'000;
  memory.begin(5);
  memory.find(5)->repeat();
  memory.find(5)->repeat();
  EXPECT_EQ(memory.find(5)->settle((u64{1} << 47) + 3, now_ms), 2u);
  EXPECT_FALSE(memory.find(5)->pending());
  EXPECT_EQ(memory.find(5)->seq(), (u64{1} << 47) + 3);
  EXPECT_EQ(memory.find(5)->timestamp_unix_ms(now_ms + 86'400'000), now_ms);
  EXPECT_EQ(memory.find(5)->timestamp_unix_ms(now_ms - 86'400'000), now_ms);
}

TEST(PublishMemory, keeps_the_newest_and_goes_on_behind_them) {
  PublishMemory memory;
  for (u64 key = 1; key <= 100; ++key) memory.begin(key);
  memory.forget(99);
  memory.keep_newest(10);
  EXPECT_EQ(memory.size(), 10u);
  EXPECT_NE(memory.find(90), nullptr);
  EXPECT_EQ(memory.find(89), nullptr);
  for (u64 key = 201; key <= 254; ++key) memory.begin(key);
  EXPECT_NE(memory.find(90), nullptr);
  memory.begin(255);
  EXPECT_EQ(memory.find(90), nullptr);
  EXPECT_NE(memory.find(91), nullptr);
}

}  // namespace
}  // namespace perseid::test
