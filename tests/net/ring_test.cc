// The ring and what is built of it, without a server.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <set>

#include "net/buffer_ring.h"
#include "net/op.h"
#include "net/ring.h"
#include "net/send_op.h"

namespace perseid::test {
namespace {

TEST(Op, survives_packing) {
  for (const Op op : {Op{OpKind::recv_multishot, 0, 0}, Op{OpKind::send, 0xffffff, kNoSlot},
                      Op{OpKind::wake_sent, 0x123456, 7}}) {
    const Op back = Op::unpack(op.pack());
    EXPECT_EQ(back.kind, op.kind);
    EXPECT_EQ(back.generation, op.generation);
    EXPECT_EQ(back.slot, op.slot);
  }
  // Two tenants of one slot differ.
  EXPECT_NE((Op{OpKind::send, 1, 5}.pack()), (Op{OpKind::send, 2, 5}.pack()));
}

void nop(Ring& ring, u64 user_data) {
  io_uring_sqe* sqe = ring.sqe();
  io_uring_prep_nop(sqe);
  io_uring_sqe_set_data64(sqe, user_data);
}

// More operations than both queues hold, none reaped meanwhile: the kernel keeps what does not fit,
// or the ring takes it over; each comes out once, in order.
TEST(Ring, a_flood_beyond_both_queues_loses_nothing) {
  NetStats stats;
  Ring ring(stats);
  ASSERT_EQ(ring.open({.submission_entries = 4, .completion_entries = 8, .files = 0}),
            std::nullopt);
  constexpr u64 kOps = 1000;
  for (u64 i = 0; i < kOps; ++i) nop(ring, i);
  u64 next = 0;
  std::array<Completion, 16> out;
  while (next < kOps) {
    ring.submit_and_wait(1'000'000'000);
    const std::size_t count = ring.reap(out);
    ASSERT_GT(count, 0u);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(out[i].user_data, next++);
  }
  EXPECT_FALSE(ring.has_completions());
  EXPECT_GT(stats.cq_overflows.get(), 0u);
  EXPECT_GT(stats.ring_full_submits.get(), 0u);
}

TEST(Ring, a_wait_without_anything_to_come_ends_in_time) {
  NetStats stats;
  Ring ring(stats);
  ASSERT_EQ(ring.open({.submission_entries = 4, .completion_entries = 8, .files = 0}),
            std::nullopt);
  ring.submit_and_wait(1'000'000);
  ring.submit_and_wait(0);
  std::array<Completion, 4> out;
  EXPECT_EQ(ring.reap(out), 0u);
}

TEST(BufferRing, buffers_come_back_and_are_padded) {
  NetStats stats;
  Ring ring(stats);
  ASSERT_EQ(ring.open({.submission_entries = 8, .completion_entries = 16, .files = 0}),
            std::nullopt);
  BufferRing buffers;
  ASSERT_EQ(buffers.open(ring, 3, 100), std::nullopt);  // rounded up to 4
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  std::set<u16> used;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(::write(pair[1], "hello", 5), 5);
    io_uring_sqe* sqe = ring.sqe();
    io_uring_prep_recv(sqe, pair[0], nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = kBufferGroup;
    ring.submit_and_wait(1'000'000'000);
    std::array<Completion, 1> out;
    ASSERT_EQ(ring.reap(out), 1u);
    ASSERT_EQ(out[0].result, 5);
    ASSERT_TRUE(out[0].has_buffer());
    used.insert(out[0].buffer());
    const MutableBytes bytes = buffers.bytes(out[0].buffer(), 5);
    EXPECT_EQ(as_text(bytes), "hello");
    const volatile u8* padding = bytes.data() + 100;
    for (std::size_t j = 0; j < kParsePaddingBytes; ++j) (void)padding[j];
    buffers.recycle(out[0].buffer());
  }
  EXPECT_EQ(used.size(), 4u);
  ::close(pair[0]);
  ::close(pair[1]);
}

void aim_at(SendSlice& slice, Bytes bytes) {
  slice.data = bytes.data();
  slice.size_bytes = static_cast<u32>(bytes.size());
}

// Every way in which a socket can take a part of three slices.
TEST(SendOp, goes_on_from_any_byte) {
  const std::string all = "abcdefghij";
  const Bytes bytes = as_bytes(all);
  for (u32 first = 0; first <= all.size(); ++first) {
    for (u32 second = 0; first + second <= all.size(); ++second) {
      SendOp op;
      op.batch.count = 3;
      aim_at(op.batch.slices[0], bytes.first(3));
      aim_at(op.batch.slices[1], bytes.subspan(3, 1));
      aim_at(op.batch.slices[2], bytes.subspan(4));
      op.aim(false);
      op.advance(first);
      op.advance(second);
      std::string rest;
      for (u32 i = op.first; i < op.count; ++i) {
        rest.append(static_cast<const char*>(op.vectors[i].iov_base), op.vectors[i].iov_len);
      }
      EXPECT_EQ(rest, all.substr(first + second));
      EXPECT_EQ(op.left_bytes, rest.size());
    }
  }
}

}  // namespace
}  // namespace perseid::test
