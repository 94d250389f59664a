#include "engine/segment.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "engine/parcel.h"
#include "tests/engine/random.h"

namespace perseid::test {
namespace {

TEST(SegmentPool, gives_the_next_class_that_is_large_enough) {
  SegmentPool pool;
  const struct {
    u32 wish, capacity;
  } rows[] = {{1, 512},      {512, 512},     {513, 2048},    {8192, 8192},
              {8193, 32768}, {32768, 32768}, {32769, 32769}, {5'000'000, 5'000'000}};
  for (const auto& row : rows) {
    SegmentHold* hold = pool.acquire(row.wish);
    EXPECT_EQ(hold->segment->capacity_bytes, row.capacity);
    EXPECT_EQ(hold->holds, 1u);
    EXPECT_FALSE(hold->sealed || hold->torn);
    pool.drop(hold);
  }
}

TEST(SegmentPool, uses_a_dropped_segment_again_but_keeps_no_odd_sizes) {
  SegmentPool pool;
  SegmentHold* hold = pool.acquire(512);
  const Segment* first = hold->segment;
  pool.hold(hold);
  pool.drop(hold);
  SegmentHold* other = pool.acquire(512);
  EXPECT_NE(other->segment, first) << "one hold was left";
  pool.drop(hold);
  hold = pool.acquire(512);
  EXPECT_EQ(hold->segment, first);
  pool.drop(hold);
  pool.drop(other);
}

TEST(SegmentPool, a_segment_that_another_shard_holds_is_not_used_again_here) {
  SegmentPool home;
  SegmentPool viewer;
  SegmentHold* written = home.acquire(512);
  Segment* segment = written->segment;
  SharedSlice letter(segment, 0, 10);
  segment->retain();
  SegmentHold* seen = viewer.adopt(segment);
  letter = SharedSlice();
  home.drop(written);
  SegmentHold* fresh = home.acquire(512);
  EXPECT_NE(fresh->segment, segment);
  viewer.drop(seen);
  SegmentHold* elsewhere = viewer.acquire(512);
  EXPECT_NE(elsewhere->segment, segment);
  SegmentHold* again = home.acquire(512);
  EXPECT_EQ(again->segment, segment) << "it comes back to the shard that made it";
  viewer.drop(elsewhere);
  home.drop(again);
  home.drop(fresh);
}

TEST(SegmentPool, many_lent_segments_come_back_though_some_are_read_for_long) {
  SegmentPool home;
  std::vector<SharedSlice> slow;
  std::set<const Segment*> seen;
  for (int i = 0; i < 1000; ++i) {
    SegmentHold* hold = home.acquire(512);
    seen.insert(hold->segment);
    SharedSlice letter(hold->segment, 0, 1);
    home.drop(hold);
    if (i % 100 == 0) slow.push_back(std::move(letter));
  }
  EXPECT_LT(seen.size(), 40u);
}

TEST(SegmentPool, two_shards_may_drop_their_last_holds_at_the_same_time) {
  for (int round = 0; round < 200; ++round) {
    SegmentPool home;
    SegmentHold* written = home.acquire(512);
    written->segment->data()[0] = 1;
    written->segment->retain();
    std::thread viewer([segment = written->segment] {
      SegmentPool pool;
      SegmentHold* seen = pool.adopt(segment);
      EXPECT_EQ(seen->segment->data()[0], 1);
      pool.drop(seen);
    });
    home.drop(written);
    viewer.join();
  }
}

TEST(SharedSlice, moves_its_one_reference) {
  Segment* segment = Segment::create(100);
  {
    SharedSlice slice(segment, 10, 20);
    EXPECT_EQ(segment->refs.load(), 2u);
    SharedSlice moved(std::move(slice));
    EXPECT_EQ(segment->refs.load(), 2u);
    EXPECT_EQ(moved.bytes().data(), segment->data() + 10);
    EXPECT_EQ(moved.bytes().size(), 20u);
    EXPECT_TRUE(slice.bytes().empty());
  }
  EXPECT_EQ(segment->refs.load(), 1u);
  segment->release();
}

TEST(Parcel, comes_out_as_it_went_in_however_many_share_a_segment) {
  for (u32 seed = 1; seed <= 10; ++seed) {
    Random dice(seed);
    SegmentPool pool;
    ParcelWriter writer(pool);
    struct Sent {
      std::string id, room, payload;
      SharedSlice slice;
    };
    std::vector<Sent> sent;
    for (int i = 0; i < 300; ++i) {
      Sent& one = sent.emplace_back();
      one.id.assign(dice.below(35), 'i');
      one.room.assign(dice.below(129), static_cast<char>('a' + dice.below(26)));
      one.payload.assign(dice.percent(5) ? dice.below(200'000) : dice.below(300), 'p');
      one.slice = writer.write({one.id, one.room, one.payload});
    }
    for (const Sent& one : sent) {
      const Parcel parcel = open_parcel(one.slice);
      ASSERT_EQ(parcel.id, one.id);
      ASSERT_EQ(parcel.room, one.room);
      ASSERT_EQ(parcel.payload, one.payload);
      // A parser reads beyond the end, in place.
      const u8* end = one.slice.bytes().data() + one.slice.bytes().size();
      const Segment* segment = one.slice.segment();
      ASSERT_LE(end, const_cast<Segment*>(segment)->data() + segment->capacity_bytes);
    }
  }
}

}  // namespace
}  // namespace perseid::test
