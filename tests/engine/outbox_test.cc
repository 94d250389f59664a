#include "engine/outbox.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "tests/engine/frames.h"
#include "tests/engine/random.h"

namespace perseid::test {
namespace {

void push(Outbox& outbox, SegmentPool& pool, std::string_view bytes) {
  std::memcpy(outbox.append(pool, static_cast<u32>(bytes.size())), bytes.data(), bytes.size());
}

std::string text_of(const SendBatch& batch) {
  std::string out;
  for (u32 i = 0; i < batch.count; ++i)
    out += as_text({batch.slices[i].data, batch.slices[i].size_bytes});
  return out;
}

// The kernel took the first `sent` bytes.
void return_rest(Outbox& outbox, SegmentPool& pool, SendBatch& batch, u32 sent) {
  u32 begin = batch.total_bytes;
  for (u32 i = batch.count; i-- > 0;) {
    const SendSlice& slice = batch.slices[i];
    begin -= slice.size_bytes;
    outbox.give_back(pool, slice, sent > begin ? std::min(sent - begin, slice.size_bytes) : 0);
  }
  batch = {};
}

TEST(Outbox, an_empty_one_gives_nothing) {
  Outbox outbox;
  SendBatch batch;
  EXPECT_EQ(outbox.gather(batch, 1000), 0u);
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, the_first_chunk_passes_whatever_the_budget) {
  SegmentPool pool;
  Outbox outbox;
  push(outbox, pool, std::string(5000, 'x'));
  push(outbox, pool, std::string(20'000, 'y'));
  SendBatch batch;
  EXPECT_EQ(outbox.gather(batch, 10), 5000u);
  EXPECT_EQ(batch.count, 1u);
  return_rest(outbox, pool, batch, 5000);
  outbox.clear(pool);
}

TEST(Outbox, what_is_pushed_while_a_batch_is_out_stands_behind_what_comes_back) {
  SegmentPool pool;
  Outbox outbox;
  push(outbox, pool, "first,");
  SendBatch batch;
  outbox.gather(batch, 1000);
  push(outbox, pool, "second");
  return_rest(outbox, pool, batch, 2);
  outbox.gather(batch, 1000);
  EXPECT_EQ(text_of(batch), "rst,second");
  return_rest(outbox, pool, batch, batch.total_bytes);
  EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, a_torn_lane_frame_goes_first_and_is_no_reply) {
  SegmentPool pool;
  Outbox outbox;
  push(outbox, pool, "reply");
  outbox.prepend(pool, as_bytes("torn"));
  EXPECT_EQ(outbox.bytes(), 9u);
  EXPECT_EQ(outbox.reply_bytes(), 5u);
  push(outbox, pool, "!");
  SendBatch batch;
  outbox.gather(batch, 1000);
  EXPECT_EQ(text_of(batch), "tornreply!");
  EXPECT_EQ(outbox.reply_bytes(), 0u);
  return_rest(outbox, pool, batch, 1);
  EXPECT_EQ(outbox.bytes(), 9u);
  EXPECT_EQ(outbox.reply_bytes(), 6u);
  outbox.clear(pool);
  EXPECT_EQ(outbox.bytes(), 0u);
  EXPECT_EQ(outbox.reply_bytes(), 0u);
}

TEST(Outbox, nothing_is_appended_to_bytes_that_others_share) {
  SegmentPool pool;
  Outbox outbox;
  SegmentHold* shared = pool.acquire(512);
  std::memcpy(shared->segment->data(), "keyframe|others", 15);
  outbox.prepend_shared(pool, shared->segment, 3, 8);
  push(outbox, pool, "reply");
  EXPECT_EQ(std::string_view(reinterpret_cast<char*>(shared->segment->data()), 15),
            "keyframe|others");
  SendBatch batch;
  outbox.gather(batch, 1000);
  EXPECT_EQ(text_of(batch), "framereply");
  return_rest(outbox, pool, batch, 5);
  outbox.gather(batch, 1000);
  EXPECT_EQ(text_of(batch), "reply");
  return_rest(outbox, pool, batch, batch.total_bytes);
  pool.drop(shared);
}

// Beside a plain string of what waits.
void check_against_model(u32 seed) {
  Random dice(seed);
  SegmentPool pool;
  Outbox outbox;
  std::string model;
  std::string sent_model;
  u32 mark = 0;
  std::string got;
  for (int round = 0; round < 500; ++round) {
    for (u32 i = dice.below(6); i > 0; --i) {
      const std::string bytes =
          frame(mark++, dice.percent(5) ? dice.below(70'000) : dice.below(200));
      push(outbox, pool, bytes);
      model += bytes;
    }
    // Only between batches, as the relay does it.
    if (dice.percent(10)) {
      const std::string torn(1 + dice.below(3000), 't');
      outbox.prepend(pool, as_bytes(torn));
      model = torn + model;
    }
    ASSERT_EQ(outbox.bytes(), model.size());
    SendBatch batch;
    const u32 moved = outbox.gather(batch, dice.below(20'000));
    ASSERT_EQ(moved, batch.total_bytes);
    ASSERT_LE(batch.count, kSendSlicesMax);
    ASSERT_EQ(batch.empty(), model.empty());
    const std::string text = text_of(batch);
    ASSERT_EQ(text, model.substr(0, text.size()));
    // A reply comes while the batch is out.
    const std::string late = dice.percent(50) ? frame(mark++, dice.below(100)) : "";
    if (!late.empty()) push(outbox, pool, late);
    model += late;
    const u32 sent =
        batch.empty() || dice.percent(30) ? batch.total_bytes : dice.below(batch.total_bytes + 1);
    return_rest(outbox, pool, batch, sent);
    model.erase(0, sent);
  }
  ASSERT_EQ(outbox.bytes(), model.size());
  outbox.clear(pool);
}

TEST(Outbox, agrees_with_a_plain_string_under_short_sends) {
  for (u32 seed = 1; seed <= 30 && !HasFatalFailure(); ++seed) check_against_model(seed);
}

}  // namespace
}  // namespace perseid::test
