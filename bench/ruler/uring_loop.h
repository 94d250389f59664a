// The io_uring ruler's loop: one ring with DEFER_TASKRUN, direct descriptors, a multishot accept,
// multishot receives from a provided buffer ring, and one io_uring_enter per turn.
// Thread: one. Owns: the ring, its buffers, its file table.
// Invariants: a slot is the index of a direct descriptor; it is closed only when neither a receive
//   nor a send of it is in flight, so that no completion reaches a later tenant.
#pragma once

#include <liburing.h>

#include "bench/ruler/ruler.h"

namespace perseid::ruler {

class UringLoop {
 public:
  UringLoop(int listener, u32 slots, u32 buffers, u32 buffer_bytes, Counters& counters);
  ~UringLoop();
  UringLoop(const UringLoop&) = delete;
  UringLoop& operator=(const UringLoop&) = delete;

  // opened(slot), received(slot, bytes, buffer), sent(slot, result), closed(slot), turn_ended().
  // received() gives the buffer back by give_back(), then or later. closed() means that the peer
  // is gone: the engine calls close(slot) once it has no send in flight.
  template <typename Engine>
  void run(Engine& engine);

  void send(u32 slot, Bytes bytes);
  void receive(u32 slot);
  void close(u32 slot);
  void shutdown(u32 slot);
  void give_back(u32 buffer);
  u8* buffer(u32 index) { return memory_.data() + std::size_t{index} * buffer_bytes_; }

 private:
  enum class Op : u8 { accept, receive, send, other };
  static u64 tag(Op op, u32 slot) { return u64{static_cast<u8>(op)} << 32 | slot; }
  io_uring_sqe* next_sqe();
  void accept();
  template <typename Engine>
  void dispatch(Engine& engine, const io_uring_cqe& cqe);
  template <typename Engine>
  void dispatch_receive(Engine& engine, u32 slot, const io_uring_cqe& cqe);

  io_uring ring_{};
  int listener_;
  u32 buffers_;
  u32 buffer_bytes_;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::vector<u8> memory_;
  std::vector<u32> starved_;  // slots whose receive ended for want of a buffer
  Counters& counters_;
};

template <typename Engine>
void UringLoop::run(Engine& engine) {
  accept();
  while (stop_requested == 0) {
    if (const int result = io_uring_submit_and_wait(&ring_, 1); result < 0 && result != -EINTR) {
      return;
    }
    ++counters_.turns;
    unsigned head = 0;
    unsigned count = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      dispatch(engine, *cqe);
      ++count;
    }
    io_uring_cq_advance(&ring_, count);
    for (const u32 slot : starved_) receive(slot);
    starved_.clear();
    engine.turn_ended();
  }
}

template <typename Engine>
void UringLoop::dispatch(Engine& engine, const io_uring_cqe& cqe) {
  const auto slot = static_cast<u32>(cqe.user_data);
  switch (static_cast<Op>(cqe.user_data >> 32)) {
    case Op::accept:
      if (cqe.res >= 0) {
        engine.opened(static_cast<u32>(cqe.res));
        receive(static_cast<u32>(cqe.res));
      }
      if ((cqe.flags & IORING_CQE_F_MORE) == 0) accept();
      break;
    case Op::receive:
      dispatch_receive(engine, slot, cqe);
      break;
    case Op::send:
      engine.sent(slot, cqe.res);
      break;
    case Op::other:
      break;
  }
}

template <typename Engine>
void UringLoop::dispatch_receive(Engine& engine, u32 slot, const io_uring_cqe& cqe) {
  const bool more = (cqe.flags & IORING_CQE_F_MORE) != 0;
  if (cqe.res > 0) {
    const u32 index = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
    counters_.bytes_in += static_cast<u64>(cqe.res);
    engine.received(slot, Bytes{buffer(index), static_cast<std::size_t>(cqe.res)}, index);
    if (!more) receive(slot);
  } else if (cqe.res == -ENOBUFS) {
    starved_.push_back(slot);
  } else if (!more) {
    engine.closed(slot);
  }
}

}  // namespace perseid::ruler
