#include "net/acceptor.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "net/closer.h"
#include "net/kernel_abi.h"
#include "net/peers.h"
#include "net/receiver.h"
#include "net/tls.h"
#include "net/upgrade.h"

namespace perseid {
Acceptor::Acceptor(ShardCore& core, ListenSockets sockets) : core_(core) {
  doors_[0] = {.kind = OpKind::accept,
               .fd = sockets.main,
               .tls = core.shared.tls != nullptr,
               .proxied = core.options.proxy_protocol};
  doors_[1] = {.kind = OpKind::accept_plain, .fd = sockets.plain};
}

Acceptor::~Acceptor() {
  for (const Door& door : doors_) {
    if (door.fd >= 0) ::close(door.fd);
  }
}

void Acceptor::start() {
  for (Door& door : doors_) start(door);
}

void Acceptor::stop() {
  for (Door& door : doors_) stop(door);
}

bool Acceptor::stopped() const {
  return std::none_of(doors_.begin(), doors_.end(),
                      [](const Door& door) { return door.fd >= 0 || door.armed; });
}

u64 Acceptor::next_retry_ms() const {
  return std::min(doors_[0].retry_at_ms, doors_[1].retry_at_ms);
}

void Acceptor::start(Door& door) {
  if (door.armed || door.fd < 0) return;
  io_uring_sqe* sqe = core_.ring.sqe();
  io_uring_prep_multishot_accept_direct(sqe, door.fd, nullptr, nullptr, 0);
  io_uring_sqe_set_data64(sqe, Op{.kind = door.kind}.pack());
  door.armed = true;
  door.retry_at_ms = ~u64{0};
}

void Acceptor::stop(Door& door) {
  if (door.fd < 0) return;
  if (door.armed) {
    io_uring_sqe* sqe = core_.ring.sqe();
    io_uring_prep_cancel64(sqe, Op{.kind = door.kind}.pack(), 0);
    io_uring_sqe_set_data64(sqe, Op{}.pack());
  }
  ::close(door.fd);
  door.fd = -1;
  door.retry_at_ms = ~u64{0};
}

void Acceptor::on_accepted(OpKind kind, const Completion& done) {
  Door& door = doors_[kind == OpKind::accept ? 0 : 1];
  if (!done.more()) door.armed = false;
  if (done.result >= 0) {
    core_.stats.accepts.add();
    admit(static_cast<u32>(done.result), door);
  } else if (done.result != -ECANCELED) {
    core_.stats.accept_errors.add();
  }
  if (door.armed || door.fd < 0) return;
  if (done.result >= 0 || done.result == -ECONNABORTED) {
    start(door);
  } else {
    door.retry_at_ms = core_.now.mono_ms + kRetryMs;
  }
}

void Acceptor::admit(u32 file, const Door& door) {
  const Slot slot = core_.connections.acquire();
  Connection& connection = core_.connections[slot];
  connection.file = file;
  connection.last_message_ms = static_cast<u32>(core_.now.mono_ms);
  core_.upgrader->begin(slot, connection);
  connection.awaits_proxy = door.proxied;
  handshake_of(connection).arrival.speaks_tls = door.tls;
  if (Peers::asks(core_)) ask_address(slot, connection);
  if (!Peers::needs(core_)) begin(slot, connection);
}

// Where the address decides whether it comes in, nothing is read and no handshake begun before:
// older kernels tell of what was received first, though it was asked for behind the address.
void Acceptor::begin(Slot slot, Connection& connection) {
  if (handshake_of(connection).arrival.speaks_tls && !connection.awaits_proxy) {
    core_.tls->begin(slot, connection);
  }
  if (connection.phase == Phase::closed) return;
  core_.receiver->want(slot, connection, Listening::receive);
}

// A direct descriptor cannot be asked for its peer, so it gets an ordinary number for a moment.
void Acceptor::ask_address(Slot slot, Connection& connection) {
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::install_fd, user_data);
  io_uring_prep_nop(sqe);
  sqe->opcode = kernel::kOpFixedFdInstall;
  sqe->fd = static_cast<int>(connection.file);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, user_data);
}

void Acceptor::on_address(Slot slot, Connection& connection, const Completion& done) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const bool found = done.result >= 0 &&
                     ::getpeername(done.result, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (done.result >= 0) ::close(done.result);
  if (connection.phase != Phase::handshake && connection.phase != Phase::securing) return;
  if (!found) return core_.peers->on_unknown(slot, connection);
  const u16 port =
      ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                          : reinterpret_cast<const sockaddr_in&>(address).sin_port);
  core_.peers->on_address(slot, connection, IpAddress::of(address), port);
  if (Peers::needs(core_) && connection.phase != Phase::closed) begin(slot, connection);
}

void Acceptor::on_slot_freed() {
  if (!core_.draining) start();
}

void Acceptor::retry() {
  for (Door& door : doors_) {
    if (core_.now.mono_ms >= door.retry_at_ms) start(door);
  }
}

}  // namespace perseid
