#include "net/mover.h"

#include <algorithm>
#include <utility>

#include "net/closer.h"
#include "net/frames.h"
#include "net/receiver.h"
#include "net/sender.h"

namespace perseid {
namespace {

// What one connection may bring along unread: what the kernel had handed to us already.
constexpr std::size_t kKeptBytesMax = 4 * MiB;

Moving::Item item_of(Opcode opcode, Bytes payload) {
  Moving::Item item{.opcode = opcode, .bytes = {}, .size = payload.size()};
  item.bytes.assign(payload.begin(), payload.end());
  item.bytes.resize(payload.size() + kParsePaddingBytes);
  return item;
}

}  // namespace

Mover::~Mover() {
  // The kernel may still pass these on, to a shard that is as far as we are; or has, and they are
  // gone.
  for (auto& [slot, entry] : moving_) {
    if (entry.passed) (void)entry.moving.release();
  }
}

bool Mover::can_pass(ShardId to) const {
  return core_.shared.probe.msg_ring && !core_.shared.config.wake_by_eventfd && !core_.draining &&
         core_.shared.doorbells[to]->ring_fd() >= 0;
}

bool Mover::begin(Slot slot, Connection& connection, ShardId to, Opcode opcode, Bytes message,
                  u32 done) {
  if (connection.phase != Phase::open || connection.came_over || !can_pass(to)) return false;
  auto moving = std::make_unique<Moving>();
  moving->to = to;
  moving->done = done;
  moving->items.push_back(item_of(opcode, message));
  moving_[slot] = {std::move(moving), false};
  connection.phase = Phase::moving;
  core_.receiver->want(slot, connection, Listening::paused);
  if (connection.blocked) core_.sender->stop_waiting(slot);
  // With TLS what the kernel did not take cannot be taken back: it is sent from here.
  if (connection.is_tls) core_.set_timer(slot, connection, kCloseWaitMsMax);
  return true;
}

Error Mover::keep(Slot slot, Opcode opcode, Bytes payload) {
  Moving& moving = *moving_.at(slot).moving;
  moving.item_bytes += payload.size() + sizeof(Moving::Item);
  const Connection& connection = core_.connections[slot];
  const bool admitted = core_.relay->is_admitted(connection.session);
  const u64 most = admitted ? kKeptBytesMax : core_.options.unauthenticated_bytes_max;
  if (moving.item_bytes > most) return Error::too_many_messages;
  moving.items.push_back(item_of(opcode, payload));
  return Error::ok;
}

void Mover::keep_error(Slot slot, Error error) {
  moving_.at(slot).moving->items.push_back({.error = error, .bytes = {}});
}

void Mover::advance(Slot slot, Connection& connection) {
  if (connection.ops_in_flight > 0 || connection.send != nullptr) return;
  core_.clear_timer(connection);
  Moving& moving = *moving_.at(slot).moving;
  pack(slot, connection, moving);
  moving_.at(slot).passed = true;
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::pass_on, user_data);
  const u64 address = reinterpret_cast<u64>(&moving);
  PSD_ASSERT(address >> 56 == 0);
  io_uring_prep_msg_ring(sqe, core_.shared.doorbells[moving.to]->ring_fd(), 0,
                         u64{static_cast<u8>(OpKind::passed_here)} << 56 | address, 0);
  sqe->addr = IORING_MSG_SEND_FD;
  sqe->addr3 = connection.file;
  sqe->file_index = IORING_FILE_INDEX_ALLOC;
  io_uring_sqe_set_data64(sqe, user_data);
  moving.ready.store(true, std::memory_order_release);  // it is theirs when this is submitted
}

void Mover::pack(Slot slot, Connection& connection, Moving& moving) {
  moving.reader = std::move(connection.reader);
  if (connection.is_tls) moving.tls = core_.tls->take(slot);
  connection.is_tls = false;
  moving.inflates = connection.inflates;
  moving.counted = connection.counted;
  connection.counted = false;
  moving.place = core_.peers->take(slot, connection);
  moving.format = core_.relay->format_of(connection.session);
  moving.grant = core_.relay->grant_of(connection.session);
  moving.address_key = core_.relay->address_key_of(connection.session);
  core_.relay->take_replies(connection.session, moving.replies);
  core_.closer->detach(connection);
}

// Our own file of it is closed; the other shard has one by now.
void Mover::on_passed(Slot slot, Connection& connection, const Completion& done) {
  std::unique_ptr<Moving> moving = std::move(moving_.extract(slot).mapped().moving);
  if (done.result >= 0) {
    (void)moving.release();
    core_.stats.connections_passed_on.add();
    connection.phase = Phase::closed;
    connection.listening = Listening::ended;
    return;
  }
  core_.stats.passes_refused.add();
  if (connection.phase == Phase::closed) {
    if (moving->counted) core_.shared.connections.fetch_sub(1, std::memory_order_relaxed);
    core_.peers->put(slot, connection, moving->place);
    return;
  }
  connection.phase = Phase::open;
  unpack(slot, connection, *moving);
}

void Mover::abandon(Slot slot) {
  const auto it = moving_.find(slot);
  if (it != moving_.end() && !it->second.passed) moving_.erase(it);
}

void Mover::adopt(Moving* moving, u32 file) {
  const std::unique_ptr<Moving> owned(moving);
  PSD_ASSERT(owned->ready.load(std::memory_order_acquire));
  const Slot slot = core_.connections.acquire();
  Connection& connection = core_.connections[slot];
  connection.file = file;
  connection.phase = Phase::open;
  connection.came_over = true;
  core_.stats.connections_adopted.add();
  unpack(slot, connection, *owned);
}

void Mover::unpack(Slot slot, Connection& connection, Moving& moving) {
  connection.reader = std::move(moving.reader);
  if (moving.tls != nullptr) core_.tls->put(slot, connection, std::move(moving.tls));
  connection.inflates = moving.inflates;
  connection.counted = moving.counted;
  connection.last_message_ms = static_cast<u32>(core_.now.mono_ms);
  core_.peers->put(slot, connection, moving.place);
  connection.session = core_.relay->open({.connection = core_.handle(slot),
                                          .format = moving.format,
                                          .address_key = moving.address_key,
                                          .grant = std::move(moving.grant)});
  if (!moving.replies.empty()) {
    core_.sender->send_own(slot, connection, as_text(Bytes(moving.replies)));
  }
  if (connection.is_tls && connection.send == nullptr) core_.tls->send_owed(slot, connection);
  core_.receiver->want(slot, connection, Listening::receive);
  replay(slot, connection, moving);
  if (connection.is_tls && core_.tls->has_ended(slot)) {
    core_.closer->on_end_of_stream(slot, connection);
  }
  if (core_.draining) {
    core_.closer->end(slot, connection, CloseCode::going_away, kPartingWords);
  }
}

void Mover::replay(Slot slot, Connection& connection, Moving& moving) {
  bool is_first = true;
  for (Moving::Item& item : moving.items) {
    if (connection.session == kNoSlot) return;
    const MutableBytes message{item.bytes.data(), item.size};
    if (std::exchange(is_first, false)) {
      core_.relay->receive_on(connection.session, item.opcode, message, moving.done);
    } else {
      core_.frames->take(slot, connection, item.opcode, item.error, message);
    }
  }
}

}  // namespace perseid
