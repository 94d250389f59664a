// SendOp: one send in flight, kept alive until the kernel is done with it.
// Thread: the shard's. Owns: the batch's holds (through the relay) or its own bytes.
// Invariant: exists only while a send is in flight, so an idle connection pays nothing for it.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <memory>
#include <vector>

#include "codec/assert.h"
#include "engine/send_batch.h"

namespace perseid {

// A buffer that has grown beyond this is not kept for the next send.
constexpr std::size_t kSendBufferKeptBytes = 64 * KiB;

struct SendOp {
  SendBatch batch;      // empty if `own` is what is sent
  std::vector<u8> own;  // a response, a close frame, what /echo has gathered
  std::array<iovec, kSendSlicesMax> vectors{};
  msghdr message{};
  u32 first = 0;  // vectors before it are sent
  u32 count = 0;
  u64 left_bytes = 0;

  void aim();                    // fills the vectors from the batch, or from `own`
  void advance(u64 sent_bytes);  // the kernel took so much
};

class SendPool {
 public:
  SendOp* take() {
    if (free_.empty()) free_.push_back(std::make_unique<SendOp>());
    SendOp* op = free_.back().release();
    free_.pop_back();
    return op;
  }
  void give(SendOp* op) {
    PSD_ASSERT(op->batch.empty());
    if (op->own.capacity() > kSendBufferKeptBytes) std::vector<u8>().swap(op->own);
    op->own.clear();
    free_.emplace_back(op);
  }

 private:
  std::vector<std::unique_ptr<SendOp>> free_;
};

}  // namespace perseid
