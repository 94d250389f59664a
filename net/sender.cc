#include "net/sender.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "net/closer.h"
#include "net/echo.h"
#include "net/tls.h"

namespace perseid {
void Sender::flush(Slot slot, Connection& connection) {
  if (connection.send != nullptr || connection.blocked) return;
  if (connection.phase != Phase::open && connection.phase != Phase::closing) return;
  if (connection.is_tls && core_.tls->send_owed(slot, connection)) return;
  SendOp* op = core_.sends.take();
  if (fill(slot, connection, *op)) {
    start(slot, connection, op);
    return;
  }
  core_.sends.give(op);
  if (connection.phase == Phase::closing) {
    core_.closer->on_drained(slot, connection);
  } else if (core_.parting && !owes(connection)) {
    core_.closer->end(slot, connection, CloseCode::going_away, kPartingWords);
  }
}

bool Sender::owes(const Connection& connection) const {
  return connection.session != kNoSlot && core_.relay->owes(connection.session);
}

bool Sender::fill(Slot slot, Connection& connection, SendOp& op) {
  if (connection.close_sent) return false;
  if (connection.is_echo) {
    if (core_.echo->take_pending(connection, op.own)) return true;
  } else if (connection.session != kNoSlot) {
    core_.relay->gather(connection.session, op.batch);
    if (!op.batch.empty()) return true;
  }
  if (!connection.send_close) return false;
  core_.closer->take_close_frame(slot, connection, op.own);
  return true;
}

void Sender::send_own(Slot slot, Connection& connection, std::string_view bytes) {
  PSD_ASSERT((connection.send == nullptr || connection.is_tls) && !bytes.empty());
  if (connection.send != nullptr) return core_.tls->owe(slot, as_bytes(bytes));
  SendOp* op = core_.sends.take();
  const Bytes view = as_bytes(bytes);
  op->own.assign(view.begin(), view.end());
  start(slot, connection, op);
}

void Sender::send_sealed(Slot slot, Connection& connection, Bytes bytes) {
  SendOp* op = core_.sends.take();
  op->sealed.assign(bytes.begin(), bytes.end());
  start(slot, connection, op);
}

void Sender::start(Slot slot, Connection& connection, SendOp* op) {
  PSD_ASSERT(connection.send == nullptr);
  connection.send = op;
  // Of a session that has failed it seals nothing, and a send of nothing ends the connection.
  if (connection.is_tls && op->sealed.empty()) (void)core_.tls->seal(slot, *op);
  op->aim(connection.is_tls);
  core_.stats.send_slices.add(op->count);
  submit(slot, connection);
}

// Shared bytes never wait in the kernel (MSG_DONTWAIT): what it does not take at once is gathered
// afresh when the socket is writable. Bytes of our own may wait (MSG_WAITALL).
void Sender::submit(Slot slot, Connection& connection) {
  SendOp& op = *connection.send;
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::send, user_data);
  const int file = static_cast<int>(connection.file);
  const int flags = MSG_NOSIGNAL | (op.batch.empty() ? MSG_WAITALL : MSG_DONTWAIT);
  if (op.count - op.first == 1) {
    const iovec& only = op.vectors[op.first];
    io_uring_prep_send(sqe, file, only.iov_base, only.iov_len, flags);
  } else {
    op.message = {};
    op.message.msg_iov = &op.vectors[op.first];
    op.message.msg_iovlen = op.count - op.first;
    io_uring_prep_sendmsg(sqe, file, &op.message, static_cast<u32>(flags));
  }
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, user_data);
  core_.stats.sends.add();
}

void Sender::on_sent(Slot slot, Connection& connection, const Completion& done) {
  PSD_ASSERT(connection.send != nullptr);
  const bool broken = done.result == 0 || (done.result < 0 && done.result != -EINTR &&
                                           done.result != -EAGAIN && done.result != -ENOBUFS);
  if (done.result > 0) core_.stats.bytes_out.add(static_cast<u64>(done.result));
  const bool gone = broken || connection.phase == Phase::closed;
  const bool finished = connection.send->batch.empty() ? on_own_sent(slot, connection, done, gone)
                        : connection.is_tls ? on_sealed_sent(slot, connection, done, gone)
                                            : on_batch_sent(slot, connection, done, gone);
  if (!finished) return;
  SendOp* op = connection.send;
  connection.send = nullptr;
  core_.sends.give(op);
  go_on(slot, connection, broken);
}

bool Sender::on_own_sent(Slot slot, Connection& connection, const Completion& done, bool gone) {
  if (gone) return true;
  SendOp& op = *connection.send;
  op.advance(static_cast<u64>(std::max(done.result, 0)));
  if (op.left_bytes == 0) {
    // The rest of what was sealed of a batch: it is read after all.
    if (connection.is_tls && op.own.empty() && connection.session != kNoSlot) {
      core_.relay->note_read(connection.session);
    }
    const bool has_more = connection.is_tls && op.plain_bytes < op.own.size();
    return !has_more || !send_next_part(slot, connection);
  }
  core_.stats.short_sends.add();
  submit(slot, connection);
  return false;
}

bool Sender::send_next_part(Slot slot, Connection& connection) {
  SendOp& op = *connection.send;
  op.taken_bytes = op.plain_bytes;
  if (!core_.tls->seal(slot, op)) return false;
  op.aim(true);
  submit(slot, connection);
  return true;
}

// What is encrypted cannot be taken back: what the kernel did not take waits in it, as bytes of our
// own, and nothing is gathered meanwhile. It is no more than Tls has sealed at one time.
bool Sender::on_sealed_sent(Slot slot, Connection& connection, const Completion& done, bool gone) {
  SendOp& op = *connection.send;
  const u32 sent = static_cast<u32>(std::max(done.result, 0));
  if (gone) {
    core_.relay->sent(connection.session, op.batch,
                      sent == op.left_bytes ? op.plain_bytes : op.taken_bytes);
    return true;
  }
  const bool whole = sent == op.left_bytes;
  core_.tls->note_sent(slot, whole);
  if (whole && op.plain_bytes < op.batch.total_bytes && send_next_part(slot, connection)) {
    return false;
  }
  core_.relay->sent(connection.session, op.batch, op.plain_bytes);
  if (whole) return true;
  core_.relay->note_unread(connection.session);
  core_.stats.short_sends.add();
  op.advance(sent);
  submit(slot, connection);
  return false;
}

bool Sender::on_batch_sent(Slot slot, Connection& connection, const Completion& done, bool gone) {
  SendBatch& batch = connection.send->batch;
  const u32 total = batch.total_bytes;
  const u32 sent = static_cast<u32>(std::max(done.result, 0));
  core_.relay->sent(connection.session, batch, sent);
  PSD_ASSERT(batch.empty());
  if (gone || sent == total) return true;
  core_.stats.short_sends.add();
  await_writable(slot, connection);
  return true;
}

void Sender::await_writable(Slot slot, Connection& connection) {
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::writable, user_data);
  io_uring_prep_poll_add(sqe, static_cast<int>(connection.file), POLLOUT);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, user_data);
  connection.blocked = true;
}

void Sender::stop_waiting(Slot slot) {
  core_.cancel(slot, OpKind::writable);
}

void Sender::on_writable(Slot slot, Connection& connection, const Completion& done) {
  connection.blocked = false;
  if (connection.phase == Phase::moving && done.result == -ECANCELED) return;
  if (done.result < 0 && done.result != -EINTR) {
    core_.closer->finish(slot, connection);
    return;
  }
  core_.queue_flush(slot, connection);
}

void Sender::go_on(Slot slot, Connection& connection, bool broken) {
  if (connection.phase == Phase::closed) {
    core_.closer->detach(connection);
  } else if (broken) {
    core_.stats.send_errors.add();
    core_.closer->finish(slot, connection);
  } else if (connection.is_tls && core_.tls->send_owed(slot, connection)) {
    return;
  } else if (connection.phase == Phase::fin_wait) {
    core_.closer->end_stream(slot, connection);
  } else if (connection.phase == Phase::responding) {
    core_.closer->shut_down(slot, connection);
  } else {
    if (connection.is_echo) core_.echo->on_sent(slot, connection);
    if (connection.phase == Phase::closing || connection.is_echo || core_.parting ||
        (connection.session != kNoSlot && core_.relay->wants_send(connection.session))) {
      core_.queue_flush(slot, connection);
    }
  }
}

}  // namespace perseid
