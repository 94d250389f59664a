#include "net/closer.h"

#include "codec/close_payload.h"
#include "net/acceptor.h"
#include "net/echo.h"
#include "net/mover.h"
#include "net/peers.h"
#include "net/receiver.h"
#include "net/tls.h"
#include "net/upgrade.h"

namespace perseid {

void Closer::begin(Slot slot, Connection& connection, CloseCode code, std::string_view reason) {
  if (connection.phase != Phase::open) return;
  keep_frame(slot, connection, static_cast<u16>(code), reason);
  start_closing(slot, connection);
}

void Closer::end(Slot slot, Connection& connection, CloseCode code, std::string_view reason) {
  if (connection.phase != Phase::open) return;
  if (connection.session != kNoSlot) core_.relay->begin_close(connection.session, reason);
  begin(slot, connection, code, reason);
}

void Closer::on_bad_input(Slot slot, Connection& connection, Error error) {
  connection.deaf = true;
  if (connection.phase == Phase::closing && connection.close_sent && connection.send == nullptr) {
    shut_down(slot, connection);  // the frame that we waited for will not come
    return;
  }
  if (connection.phase != Phase::open) return;
  core_.stats.frame_errors.add();
  end(slot, connection, info(error).close, info(error).text);
}

// RFC 6455 section 5.5.1: the answer echoes the code.
void Closer::on_peer_close(Slot slot, Connection& connection, Bytes payload) {
  connection.peer_closed = true;
  connection.deaf = true;
  core_.stats.closes_by_peer.add();
  if (connection.phase == Phase::open) {
    if (connection.session != kNoSlot) {
      // 1000, and close() without a code, say that this was all; a reload says 1001.
      const u16 code = close_code(payload);
      const bool for_good = code == static_cast<u16>(CloseCode::normal) || code == kCloseCodeAbsent;
      core_.relay->begin_close(connection.session, "The client closed it.", !for_good);
    }
    keep_frame(slot, connection, close_code(payload), {});
    start_closing(slot, connection);
  } else if (connection.phase == Phase::closing) {
    core_.queue_flush(slot, connection);
  }
}

// Without a close frame first: what the client asked for is still answered, as it may read on.
void Closer::on_end_of_stream(Slot slot, Connection& connection) {
  connection.listening = Listening::ended;
  connection.peer_closed = true;
  switch (connection.phase) {
    case Phase::open:
      core_.stats.closes_by_eof.add();
      connection.deaf = true;
      if (connection.session != kNoSlot) {
        core_.relay->begin_close(connection.session, "The client's stream ended.", true);
      }
      start_closing(slot, connection);
      break;
    case Phase::closing:
      core_.queue_flush(slot, connection);
      break;
    case Phase::responding:  // the answer is on its way
    case Phase::moving:      // the other shard finds it out for itself
      break;
    case Phase::securing:
      if (!core_.tls->may_get_ready(slot)) finish(slot, connection);
      break;
    default:
      finish(slot, connection);
  }
}

void Closer::start_closing(Slot slot, Connection& connection) {
  connection.phase = Phase::closing;
  core_.set_timer(slot, connection, kCloseWaitMsMax);
  core_.queue_flush(slot, connection);
}

void Closer::keep_frame(Slot slot, Connection& connection, u16 code, std::string_view reason) {
  std::array<u8, kControlPayloadBytesMax> payload;
  const u32 size = code == kCloseCodeAbsent ? 0 : write_close_payload(payload, code, reason);
  std::vector<u8> frame(kServerFrameHeaderBytesMax + size);
  const u32 header = write_frame_header(frame.data(), Opcode::close, size);
  std::copy_n(payload.data(), size, frame.data() + header);
  frame.resize(header + size);
  frames_[slot] = std::move(frame);
  connection.send_close = true;
}

void Closer::take_close_frame(Slot slot, Connection& connection, std::vector<u8>& out) {
  const auto at = frames_.find(slot);
  PSD_ASSERT(at != frames_.end());
  out = std::move(at->second);
  frames_.erase(at);
  connection.send_close = false;
  connection.close_sent = true;
}

void Closer::on_drained(Slot slot, Connection& connection) {
  PSD_ASSERT(connection.phase == Phase::closing && connection.send == nullptr);
  if (connection.listening == Listening::ended || connection.peer_closed || connection.deaf) {
    shut_down(slot, connection);
  } else {
    // The peer's answer is awaited; a paused reader would never see it.
    core_.receiver->want(slot, connection, Listening::receive);
  }
}

void Closer::shut_down(Slot slot, Connection& connection) {
  detach(connection);
  connection.deaf = true;
  if (connection.is_tls && core_.tls->say_goodbye(slot, connection)) {
    connection.phase = Phase::fin_wait;
    core_.set_timer(slot, connection, kFinWaitMsMax);
    return;
  }
  end_stream(slot, connection);
}

void Closer::end_stream(Slot slot, Connection& connection) {
  if (connection.listening == Listening::ended) {
    finish(slot, connection);
    return;
  }
  connection.phase = Phase::fin_wait;
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::shutdown, user_data);
  io_uring_prep_shutdown(sqe, static_cast<int>(connection.file), SHUT_WR);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, user_data);
  core_.set_timer(slot, connection, kFinWaitMsMax);
  core_.receiver->want(slot, connection, Listening::receive);
}

void Closer::on_deadline(Slot slot, Connection& connection) {
  connection.timer = kNoTimer;
  if (connection.phase == Phase::securing) return core_.tls->on_timeout(slot, connection);
  if (connection.phase == Phase::handshake) {
    core_.upgrader->on_timeout(slot, connection);
    return;
  }
  if (connection.phase == Phase::open) return core_.echo->on_timer(slot, connection);
  core_.stats.closes_by_deadline.add();
  finish(slot, connection);
}

void Closer::finish(Slot slot, Connection& connection) {
  if (connection.phase == Phase::closed) return;
  if (connection.phase == Phase::moving) core_.mover->abandon(slot);
  connection.phase = Phase::closed;
  connection.listening = Listening::ended;
  if (!connection.is_echo) connection.extra.reset();
  core_.clear_timer(connection);
  frames_.erase(slot);
  if (connection.send == nullptr) detach(connection);
  if (connection.ops_in_flight == 0) return close_socket(slot, connection);
  // Ends what waits for the peer. The socket is closed when its last operation is home: the kernel
  // looks up the file of a shutdown only when its worker runs it (io_wq_submit_work), and by then
  // the index could be another client's.
  if (connection.recv_armed) {
    core_.cancel(slot, connection.recv_multishot ? OpKind::recv_multishot : OpKind::recv_once);
  }
  if (connection.poll_armed) core_.cancel(slot, OpKind::poll);
  if (connection.blocked) core_.cancel(slot, OpKind::writable);
  if (connection.send != nullptr) core_.cancel(slot, OpKind::send);
}

void Closer::close_socket(Slot slot, Connection& connection) {
  connection.socket_closed = true;
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::close, user_data);
  io_uring_prep_close_direct(sqe, connection.file);
  io_uring_sqe_set_data64(sqe, user_data);
}

void Closer::detach(Connection& connection) {
  PSD_ASSERT(connection.send == nullptr);
  if (connection.session == kNoSlot) return;
  const Slot session = connection.session;
  connection.session = kNoSlot;
  core_.relay->closed(session);
}

void Closer::release_if_done(Slot slot, Connection& connection) {
  if (connection.phase != Phase::closed || connection.ops_in_flight > 0) return;
  if (!connection.socket_closed) return close_socket(slot, connection);
  PSD_ASSERT(connection.session == kNoSlot && connection.send == nullptr);
  if (connection.counted) core_.shared.connections.fetch_sub(1, std::memory_order_relaxed);
  core_.stats.connections_closed.add();
  if (connection.is_tls) core_.tls->on_slot_freed(slot);
  core_.peers->on_slot_freed(slot, connection);
  core_.connections.release(slot);
  core_.acceptor->on_slot_freed();
}

}  // namespace perseid
