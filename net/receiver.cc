#include "net/receiver.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "net/closer.h"
#include "net/frames.h"
#include "net/peers.h"
#include "net/tls.h"
#include "net/upgrade.h"

namespace perseid {
namespace {

constexpr u32 kSweepsPerIdleTime = 16;
constexpr u64 kSweepIntervalMsMin = 10;

u64 sweep_interval_ms(const Options& options) {
  return std::max<u64>(options.idle_after_ms / kSweepsPerIdleTime, kSweepIntervalMsMin);
}

}  // namespace

void Receiver::want(Slot slot, Connection& connection, Listening listening) {
  if (connection.listening == listening) return;
  if (listening == Listening::rest) core_.stats.rested.add();
  if (connection.listening == Listening::rest) core_.stats.woken.add();
  connection.listening = listening;
  settle(slot, connection);
}

// Brings what is in flight nearer to what is wanted; called again at each final completion.
void Receiver::settle(Slot slot, Connection& connection) {
  const bool receive = connection.listening == Listening::receive;
  const bool rest = connection.listening == Listening::rest;
  if (connection.recv_armed && connection.recv_multishot && !receive) {
    if (!connection.recv_cancelled) core_.cancel(slot, OpKind::recv_multishot);
    connection.recv_cancelled = true;
  }
  if (connection.poll_armed && !rest && !connection.poll_cancelled) {
    core_.cancel(slot, OpKind::poll);
    connection.poll_cancelled = true;
  }
  if (connection.recv_armed || connection.starved) return;
  if (receive) arm_multishot(slot, connection);
  if (rest && !connection.poll_armed) arm_poll(slot, connection);
}

void Receiver::arm_multishot(Slot slot, Connection& connection) {
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::recv_multishot, user_data);
  io_uring_prep_recv_multishot(sqe, static_cast<int>(connection.file), nullptr, 0, 0);
  sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->buf_group = kBufferGroup;
  io_uring_sqe_set_data64(sqe, user_data);
  connection.recv_armed = true;
  connection.recv_multishot = true;
  connection.recv_cancelled = false;
  connection.recv_fed = false;
  core_.stats.recv_rearms.add();
}

void Receiver::arm_once(Slot slot, Connection& connection) {
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::recv_once, user_data);
  io_uring_prep_recv(sqe, static_cast<int>(connection.file), nullptr, core_.buffers.buffer_bytes(),
                     MSG_DONTWAIT);
  sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->buf_group = kBufferGroup;
  io_uring_sqe_set_data64(sqe, user_data);
  connection.recv_armed = true;
  connection.recv_multishot = false;
  connection.recv_cancelled = false;
  connection.recv_fed = false;
}

void Receiver::arm_poll(Slot slot, Connection& connection) {
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::poll, user_data);
  io_uring_prep_poll_multishot(sqe, static_cast<int>(connection.file), POLLIN | POLLRDHUP);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, user_data);
  connection.poll_armed = true;
  connection.poll_cancelled = false;
}

void Receiver::on_receive(Slot slot, Connection& connection, const Completion& done) {
  if (!done.more()) connection.recv_armed = false;
  if (done.has_buffer() && done.result > 0) {
    take_bytes(slot, connection, done);
  }
  if (done.has_buffer()) core_.buffers.recycle(done.buffer());
  if (connection.phase == Phase::closed) return;
  if (!done.more()) ended(slot, connection, done);
}

void Receiver::take_bytes(Slot slot, Connection& connection, const Completion& done) {
  const u32 size = static_cast<u32>(done.result);
  connection.recv_fed = true;
  core_.stats.recvs.add();
  core_.stats.bytes_in.add(size);
  MutableBytes bytes = core_.buffers.bytes(done.buffer(), size);
  if (connection.awaits_proxy) bytes = core_.peers->read_header(slot, connection, bytes);
  if (bytes.empty()) return;
  if (connection.is_tls) {
    core_.tls->feed(slot, connection, bytes);
  } else if (connection.phase == Phase::handshake) {
    core_.upgrader->feed(slot, connection, bytes);
  } else {
    core_.frames->feed(slot, connection, bytes);
  }
}

// A receive is over: because it was single, cancelled, starved, or because the stream is.
void Receiver::ended(Slot slot, Connection& connection, const Completion& done) {
  switch (done.result) {
    case -ENOBUFS:
      core_.stats.recv_enobufs.add();
      connection.starved = true;
      (connection.recv_fed ? starved_ : hungry_).push_back(core_.handle(slot));
      return;
    case -ECANCELED:
    case -EAGAIN:
    case -EINTR:
      break;
    case 0:
      core_.closer->on_end_of_stream(slot, connection);
      return;
    default:
      if (done.result < 0) {
        core_.closer->finish(slot, connection);
        return;
      }
      // A resting connection's poll reports new bytes only; what is still there is read now.
      if (connection.listening == Listening::rest &&
          (done.flags & IORING_CQE_F_SOCK_NONEMPTY) != 0) {
        arm_once(slot, connection);
      }
  }
  settle(slot, connection);
}

void Receiver::on_poll(Slot slot, Connection& connection, const Completion& done) {
  if (!done.more()) connection.poll_armed = false;
  if (connection.phase == Phase::closed) return;
  const bool rest = connection.listening == Listening::rest;
  if (rest && done.result > 0 && !connection.recv_armed && !connection.starved) {
    arm_once(slot, connection);
  }
  // The receive that settle() would wait for arms the poll again when it ends.
  if (!done.more()) settle(slot, connection);
}

void Receiver::rearm_starved() {
  arm_all(hungry_);
  arm_all(starved_);
}

void Receiver::arm_all(std::vector<Handle>& list) {
  arming_.swap(list);
  for (const Handle handle : arming_) {
    Connection* connection = core_.connections.find(handle);
    if (connection == nullptr || connection->phase == Phase::closed) continue;
    connection->starved = false;
    if (connection->listening == Listening::rest && !connection->recv_armed) {
      arm_once(handle.slot, *connection);
    }
    settle(handle.slot, *connection);
  }
  arming_.clear();
}

u64 Receiver::next_sweep_ms() const {
  return core_.connections.size() == 0 ? ~u64{0} : sweep_at_ms_;
}

void Receiver::sweep() {
  if (core_.now.mono_ms < sweep_at_ms_) return;
  sweep_at_ms_ = core_.now.mono_ms + sweep_interval_ms(core_.options);
  const u32 slots = core_.connections.slots_used();
  const u32 now_ms = static_cast<u32>(core_.now.mono_ms);
  for (u32 left = (slots + kSweepsPerIdleTime / 2 - 1) / (kSweepsPerIdleTime / 2); left > 0;
       --left) {
    if (sweep_next_ >= slots) sweep_next_ = 0;
    const Slot slot = sweep_next_++;
    if (!core_.connections.live(slot)) continue;
    Connection& connection = core_.connections[slot];
    if (connection.phase != Phase::open || connection.listening != Listening::receive) continue;
    if (now_ms - connection.last_message_ms < core_.options.idle_after_ms) continue;
    want(slot, connection, Listening::rest);
  }
}

}  // namespace perseid
