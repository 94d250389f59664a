#include "net/dispatcher.h"

#include "net/acceptor.h"
#include "net/closer.h"
#include "net/mailroom.h"
#include "net/mover.h"
#include "net/receiver.h"
#include "net/sender.h"

namespace perseid {

void Dispatcher::run(const Completion& done) {
  const Op op = Op::unpack(done.user_data);
  switch (op.kind) {
    case OpKind::ignored:
    case OpKind::wake:
      break;
    case OpKind::accept:
    case OpKind::accept_plain:
      core_.acceptor->on_accepted(op.kind, done);
      break;
    case OpKind::wake_sent:
      mailroom_.on_wake_failed(done, op.slot);
      break;
    case OpKind::passed_here:
      core_.mover->adopt(reinterpret_cast<Moving*>(done.user_data & ~(u64{0xff} << 56)),
                         static_cast<u32>(done.result));
      break;
    case OpKind::control:
      control_came_ = true;
      if (core_.running) arm_control();
      break;
    default:
      run_connection(op, done);
  }
}

void Dispatcher::run_connection(Op op, const Completion& done) {
  Connection* found = core_.find(op);
  if (found == nullptr) {
    core_.stats.stale_completions.add();
    if (done.has_buffer()) core_.buffers.recycle(done.buffer());
    return;
  }
  Connection& connection = *found;
  if (!done.more()) {
    PSD_ASSERT(connection.ops_in_flight > 0);
    --connection.ops_in_flight;
  }
  switch (op.kind) {
    case OpKind::recv_multishot:
    case OpKind::recv_once:
      core_.receiver->on_receive(op.slot, connection, done);
      break;
    case OpKind::poll:
      core_.receiver->on_poll(op.slot, connection, done);
      break;
    case OpKind::send:
      core_.sender->on_sent(op.slot, connection, done);
      break;
    case OpKind::writable:
      core_.sender->on_writable(op.slot, connection, done);
      break;
    case OpKind::pass_on:
      core_.mover->on_passed(op.slot, connection, done);
      break;
    case OpKind::install_fd:
      core_.acceptor->on_address(op.slot, connection, done);
      break;
    default:
      break;  // shutdown and close: that they are over is all there is to know
  }
  if (connection.phase == Phase::moving) core_.mover->advance(op.slot, connection);
  core_.closer->release_if_done(op.slot, connection);
}

void Dispatcher::arm_control() {
  io_uring_sqe* sqe = core_.ring.sqe();
  io_uring_prep_read(sqe, core_.shared.doorbells[core_.id]->fd(), &doorbell_count_,
                     sizeof doorbell_count_, 0);
  io_uring_sqe_set_data64(sqe, Op{.kind = OpKind::control}.pack());
}

bool Dispatcher::control_came() {
  return std::exchange(control_came_, false);
}

}  // namespace perseid
