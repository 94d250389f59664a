// SendPool: a burst of large sends leaves a bounded number of bytes behind.
#include <gtest/gtest.h>

#include "net/send_op.h"

namespace perseid::test {
namespace {

TEST(SendPool, keeps_buffers_for_the_next_sends_up_to_a_bound) {
  SendPool pool;
  std::vector<SendOp*> burst;
  for (int i = 0; i < 1000; ++i) {
    burst.push_back(pool.take());
    burst.back()->sealed.resize(kSendBufferKeptBytes);
  }
  EXPECT_EQ(pool.kept_bytes(), 0u);
  for (SendOp* op : burst) pool.give(op);
  EXPECT_LE(pool.kept_bytes(), kSendBuffersKeptBytes);
  EXPECT_GT(pool.kept_bytes(), kSendBuffersKeptBytes - kSendBufferKeptBytes - 1);
  std::size_t capacity = 0;
  for (SendOp*& op : burst) capacity += (op = pool.take())->sealed.capacity();
  EXPECT_LE(capacity, kSendBuffersKeptBytes);
  EXPECT_EQ(pool.kept_bytes(), 0u);
  burst[0]->own.resize(kSendBufferKeptBytes + 1);
  for (SendOp* op : burst) pool.give(op);
  for (SendOp*& op : burst) EXPECT_LE((op = pool.take())->own.capacity(), kSendBufferKeptBytes);
  for (SendOp* op : burst) pool.give(op);
}

}  // namespace
}  // namespace perseid::test
