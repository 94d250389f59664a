// LaneLog and LaneView together: what a home writes, a viewer reads whole frames of, in order.
#include <gtest/gtest.h>

#include <cstring>
#include <deque>

#include "engine/lane_log.h"
#include "engine/lane_view.h"
#include "tests/engine/frames.h"
#include "tests/engine/random.h"

namespace perseid::test {
namespace {

void append(LaneLog& log, SegmentPool& pool, std::string_view bytes) {
  std::memcpy(log.append(pool, static_cast<u32>(bytes.size())), bytes.data(), bytes.size());
}

// Tells a view what the log has beyond its published end, as Rooms does by letters.
void publish(LaneLog& log, LaneView& view, SegmentPool& pool) {
  for (const LaneLog::Part& part : log.parts()) {
    const Position end = part.begin + part.used_bytes;
    if (distance(log.published_end, end) <= 0) continue;
    if (distance(part.begin, log.published_end) <= 0) {
      part.hold->segment->retain();
      view.add(pool, part.hold->segment,
               {.begin = part.begin, .end = part.begin, .first_seq = part.first_seq});
    }
    view.trim(pool, log.begin());
    view.advance(end, part.first_seq + part.frames);
  }
  view.trim(pool, log.begin());
  log.told(1);
}

void drop(SegmentPool& pool, SendBatch& batch) {
  for (u32 i = 0; i < batch.count; ++i) pool.drop(batch.slices[i].hold);
  batch = {};
}

std::string text_of(const SendBatch& batch) {
  std::string out;
  for (u32 i = 0; i < batch.count; ++i)
    out += as_text({batch.slices[i].data, batch.slices[i].size_bytes});
  return out;
}

TEST(FrameBytes, counts_header_and_payload_in_each_length_form) {
  for (const u32 payload : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 1'000'000u}) {
    const std::string bytes = frame(0, payload);
    EXPECT_EQ(frame_bytes_at(as_bytes(bytes).data()), bytes.size());
  }
}

TEST(LaneLog, an_empty_log_has_only_its_end) {
  LaneLog log(1);
  Position at = 77;
  EXPECT_TRUE(log.find(1, at));
  EXPECT_EQ(at, log.end());
  EXPECT_FALSE(log.find(0, at));
  EXPECT_FALSE(log.find(2, at));
  EXPECT_EQ(log.first_seq(), 1u);
  EXPECT_EQ(log.window_bytes(), 0u);
}

TEST(LaneLog, trims_by_bytes_or_frames_and_keeps_the_last_part) {
  SegmentPool pool;
  LaneLog log(1);
  for (u32 i = 0; i < 1000; ++i) append(log, pool, frame(i, 98));
  EXPECT_EQ(log.window_bytes(), 100'000u);
  log.told(1);
  log.trim(pool, {.bytes_max = 50'000});
  EXPECT_GE(log.window_bytes(), 50'000u);
  EXPECT_LT(log.window_bytes(), 50'000u + SegmentPool::kClassBytes[3]);
  const u64 before = log.next_seq() - log.first_seq();
  log.trim(pool, {.bytes_max = ~0u, .frames_max = 10});
  const u64 kept = log.next_seq() - log.first_seq();
  EXPECT_GE(kept, 10u);
  EXPECT_LT(kept, before);
  log.trim(pool, {.bytes_max = 0, .frames_max = 0});
  EXPECT_EQ(log.parts().size(), 1u);
  log.clear(pool);
}

TEST(LaneLog, a_frame_larger_than_any_segment_gets_one_to_measure) {
  SegmentPool pool;
  LaneLog log(1);
  append(log, pool, frame(0, 10));
  append(log, pool, frame(1, 1'000'000));
  append(log, pool, frame(2, 10));
  Position at = 0;
  ASSERT_TRUE(log.find(3, at));
  EXPECT_EQ(at, frame(0, 10).size() + frame(1, 1'000'000).size());
  log.clear(pool);
}

TEST(LaneView, one_frame_passes_an_empty_batch_whatever_the_budget) {
  SegmentPool pool;
  LaneLog log(1);
  LaneView view;
  append(log, pool, frame(0, 5000));
  append(log, pool, frame(1, 10));
  publish(log, view, pool);
  LaneCursor cursor{0, 1};
  SendBatch batch;
  EXPECT_EQ(view.gather(pool, cursor, 100, batch), 1u);
  EXPECT_EQ(batch.total_bytes, frame(0, 5000).size());
  EXPECT_EQ(view.gather(pool, cursor, 5, batch), 0u) << "but a second one does not";
  EXPECT_EQ(cursor.next_seq, 2u);
  drop(pool, batch);
  view.clear(pool);
  log.clear(pool);
}

// A log, a view, and a few cursors that read at their own pace, beside a list of frames. Positions
// and seqs begin anywhere, near the end of 32 bits included.
struct Lane {
  SegmentPool home_pool;
  SegmentPool view_pool;
  LaneLog log;
  LaneView view;
  std::deque<std::string> frames;  // of the seqs from first_kept
  Seq first_kept;
  struct Reader {
    LaneCursor cursor;
    u32 gaps = 0;
  };
  std::vector<Reader> readers;

  Lane(Seq first_seq, Position start) : log(first_seq, start), first_kept(first_seq) {
    view.reset(view_pool, start, first_seq);
    for (int i = 0; i < 3; ++i) readers.push_back({{start, first_seq}});
  }
  ~Lane() {
    view.clear(view_pool);
    log.clear(home_pool);
  }
  std::string expected(Seq first, u64 count) {
    std::string out;
    for (u64 i = 0; i < count; ++i) out += frames[first + i - first_kept];
    return out;
  }
  void read(Reader& reader, u32 budget) {
    if (distance(reader.cursor.position, view.begin()) > 0) {
      ASSERT_LT(reader.cursor.seq_before(view.first_seq()), view.first_seq());
      reader.cursor = {view.begin(), view.first_seq()};
      ++reader.gaps;
    }
    const LaneCursor before = reader.cursor;
    SendBatch batch;
    const u32 taken = view.gather(view_pool, reader.cursor, budget, batch);
    ASSERT_EQ(reader.cursor.next_seq, before.next_seq + taken);
    ASSERT_EQ(reader.cursor.position, before.position + batch.total_bytes);
    ASSERT_EQ(text_of(batch), expected(before.seq_before(view.next_seq()), taken));
    ASSERT_TRUE(batch.total_bytes <= budget || taken == 1);
    ASSERT_EQ(taken == 0, before.position == view.end());
    u32 seq = before.next_seq;
    for (u32 i = 0; i < batch.count; ++i) {
      const SendSlice& slice = batch.slices[i];
      ASSERT_EQ(slice.first_seq, seq);
      for (u32 at = 0; at < slice.size_bytes; at += frame_bytes_at(slice.data + at)) ++seq;
    }
    drop(view_pool, batch);
  }
};

void check_lane(u32 seed, Seq first_seq, Position start) {
  Random dice(seed);
  Lane lane(first_seq, start);
  u32 mark = 0;
  for (int round = 0; round < 300; ++round) {
    for (u32 i = dice.below(20); i > 0; --i) {
      const u32 bytes = dice.percent(3) ? dice.below(80'000) : dice.below(300);
      lane.frames.push_back(frame(mark++, bytes));
      append(lane.log, lane.home_pool, lane.frames.back());
    }
    lane.log.trim(lane.home_pool, {.bytes_max = 40'000});
    while (lane.first_kept != lane.log.first_seq() && lane.frames.size() > 5000) {
      lane.frames.pop_front();
      ++lane.first_kept;
    }
    publish(lane.log, lane.view, lane.view_pool);
    ASSERT_EQ(lane.view.end(), lane.log.end());
    ASSERT_EQ(lane.view.next_seq(), lane.log.next_seq());
    ASSERT_EQ(lane.view.begin(), lane.log.begin());
    ASSERT_EQ(lane.view.first_seq(), lane.log.first_seq());
    for (std::size_t i = 0; i < lane.readers.size(); ++i) {
      if (dice.percent(i == 0 ? 100 : 30)) {
        lane.read(lane.readers[i], i == 0 ? 1'000'000 : 1 + dice.below(5000));
      }
      if (testing::Test::HasFatalFailure()) return;
    }
    // find() names the very frame.
    const auto held = static_cast<u32>(lane.log.next_seq() - lane.log.first_seq());
    const Seq seq = lane.log.first_seq() + dice.below(held + 1);
    Position at = 0;
    ASSERT_TRUE(lane.log.find(seq, at));
    ASSERT_EQ(lane.log.end() - at, lane.expected(seq, lane.log.next_seq() - seq).size());
    ASSERT_FALSE(lane.log.find(lane.log.first_seq() - 1, at));
    ASSERT_FALSE(lane.log.find(lane.log.next_seq() + 1, at));
  }
}

TEST(Lane, every_reader_gets_whole_frames_in_order_at_its_own_pace) {
  for (u32 seed = 1; seed <= 20 && !HasFatalFailure(); ++seed) check_lane(seed, 1, 0);
}

TEST(Lane, seqs_pass_the_end_of_32_bits) {
  for (u32 seed = 1; seed <= 20 && !HasFatalFailure(); ++seed) {
    check_lane(seed, (u64{1} << 32) - 500, 0);
  }
}

TEST(Lane, positions_may_pass_the_end_of_their_32_bits) {
  for (u32 seed = 1; seed <= 20 && !HasFatalFailure(); ++seed) {
    check_lane(seed, 1, ~Position{0} - 200'000);
  }
}

TEST(Lane, visit_gives_the_frames_of_a_range) {
  SegmentPool pool;
  LaneLog log(10);
  std::string all;
  for (u32 i = 0; i < 500; ++i) append(log, pool, frame(i, i % 200));
  for (const auto& [first, last] :
       {std::pair<Seq, Seq>{10, 509}, {0, ~Seq{0}}, {100, 100}, {505, 600}, {1, 9}, {510, 600}}) {
    Seq next = std::max<Seq>(first, 10);
    log.visit(first, last, [&, last_seq = last](Seq seq, Bytes bytes) {
      EXPECT_EQ(seq, next++);
      EXPECT_LE(seq, last_seq);
      EXPECT_EQ(as_text(bytes),
                frame(static_cast<u32>(seq - 10), static_cast<u32>(seq - 10) % 200));
    });
    EXPECT_EQ(next, std::max<Seq>(std::max<Seq>(first, 10), std::min<Seq>(last, 509) + 1));
  }
  log.clear(pool);
}

}  // namespace
}  // namespace perseid::test
