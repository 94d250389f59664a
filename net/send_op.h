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

// A buffer that has grown beyond this is not kept for the next send, nor are more than these of
// all.
constexpr std::size_t kSendBufferKeptBytes = 64 * KiB;
constexpr std::size_t kSendBuffersKeptBytes = 16 * MiB;

struct SendOp {
  SendBatch batch;         // empty if `own` is what is sent
  std::vector<u8> own;     // a response, a close frame, what /echo has gathered
  std::vector<u8> sealed;  // with TLS: what is sent, the records of the next part of these
  u32 plain_bytes = 0;     // of these, what was sealed so far
  u32 taken_bytes = 0;     // of that, what the kernel took, in whole parts
  std::array<iovec, kSendSlicesMax> vectors{};
  msghdr message{};
  u32 first = 0;  // vectors before it are sent
  u32 count = 0;
  u64 left_bytes = 0;

  // Fills the vectors from the batch, or from `own`; with TLS from `sealed` alone, whatever lies
  // there: what should be encrypted never leaves as it is.
  void aim(bool with_tls);
  void advance(u64 sent_bytes);  // the kernel took so much
};

class SendPool {
 public:
  SendOp* take() {
    if (free_.empty()) free_.push_back(std::make_unique<SendOp>());
    SendOp* op = free_.back().release();
    free_.pop_back();
    kept_bytes_ -= op->own.capacity() + op->sealed.capacity();
    return op;
  }
  void give(SendOp* op) {
    PSD_ASSERT(op->batch.empty());
    for (std::vector<u8>* each : {&op->own, &op->sealed}) {
      const bool has_room = kept_bytes_ + each->capacity() <= kSendBuffersKeptBytes;
      if (each->capacity() > kSendBufferKeptBytes || !has_room) std::vector<u8>().swap(*each);
      each->clear();
      kept_bytes_ += each->capacity();
    }
    op->plain_bytes = op->taken_bytes = 0;
    free_.emplace_back(op);
  }
  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  std::vector<std::unique_ptr<SendOp>> free_;
  std::size_t kept_bytes_ = 0;  // of their buffers
};

}  // namespace perseid
