#include "net/acceptor.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "engine/keyed_hash.h"
#include "net/closer.h"
#include "net/kernel_abi.h"
#include "net/receiver.h"
#include "net/upgrade.h"

namespace perseid {
namespace {

// What one client can have many of at will is one: the /64 of an IPv6 address. Hashed under the
// server's key. Never 0, which means unknown.
u64 address_key(const sockaddr_storage& address, const KeyedHash& hash) {
  std::string_view text;
  if (address.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&address);
    text = {reinterpret_cast<const char*>(&in->sin_addr), sizeof in->sin_addr};
  } else {
    const auto* in = reinterpret_cast<const sockaddr_in6*>(&address);
    const char* bytes = reinterpret_cast<const char*>(&in->sin6_addr);
    const bool is_v4 = IN6_IS_ADDR_V4MAPPED(&in->sin6_addr) != 0;
    text = is_v4 ? std::string_view{bytes + 12, 4} : std::string_view{bytes, 8};
  }
  return hash(text) | 1;
}

}  // namespace

Acceptor::~Acceptor() {
  if (listen_fd_ >= 0) ::close(listen_fd_);
}

void Acceptor::start() {
  if (armed_ || listen_fd_ < 0) return;
  io_uring_sqe* sqe = core_.ring.sqe();
  io_uring_prep_multishot_accept_direct(sqe, listen_fd_, nullptr, nullptr, 0);
  io_uring_sqe_set_data64(sqe, Op{.kind = OpKind::accept}.pack());
  armed_ = true;
  retry_at_ms_ = ~u64{0};
}

void Acceptor::stop() {
  if (listen_fd_ < 0) return;
  if (armed_) {
    io_uring_sqe* sqe = core_.ring.sqe();
    io_uring_prep_cancel64(sqe, Op{.kind = OpKind::accept}.pack(), 0);
    io_uring_sqe_set_data64(sqe, Op{}.pack());
  }
  ::close(listen_fd_);
  listen_fd_ = -1;
  retry_at_ms_ = ~u64{0};
}

void Acceptor::on_accepted(const Completion& done) {
  if (!done.more()) armed_ = false;
  if (done.result >= 0) {
    core_.stats.accepts.add();
    admit(static_cast<u32>(done.result));
  } else if (done.result != -ECANCELED) {
    core_.stats.accept_errors.add();
  }
  if (armed_ || listen_fd_ < 0) return;
  if (done.result >= 0 || done.result == -ECONNABORTED) {
    start();
  } else {
    retry_at_ms_ = core_.now.mono_ms + kRetryMs;
  }
}

void Acceptor::admit(u32 file) {
  const Slot slot = core_.connections.acquire();
  Connection& connection = core_.connections[slot];
  connection.file = file;
  connection.last_message_ms = static_cast<u32>(core_.now.mono_ms);
  core_.upgrader->begin(slot, connection);
  if (limits_addresses(core_.options)) {
    ask_address(slot, connection);
  }
  core_.receiver->want(slot, connection, Listening::receive);
}

// A direct descriptor cannot be asked for its peer, so it gets an ordinary number for a moment.
// Runs at once when submitted, before the first receive.
void Acceptor::ask_address(Slot slot, Connection& connection) {
  if (!core_.shared.probe.fixed_fd_install) return;
  u64 user_data = 0;
  io_uring_sqe* sqe = core_.begin_op(slot, connection, OpKind::install_fd, user_data);
  io_uring_prep_nop(sqe);
  sqe->opcode = kernel::kOpFixedFdInstall;
  sqe->fd = static_cast<int>(connection.file);
  sqe->flags |= IOSQE_FIXED_FILE;
  io_uring_sqe_set_data64(sqe, user_data);
}

void Acceptor::on_address(Slot slot, Connection& connection, const Completion& done) {
  if (done.result < 0) return;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const int found = ::getpeername(done.result, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(done.result);
  if (found != 0 || connection.phase != Phase::handshake) return;
  Handshake& handshake = handshake_of(connection);
  handshake.address_key = address_key(address, KeyedHash{core_.shared.hash_key});
  const u32 most = core_.options.address_connections_max;
  if (most == 0) return;
  handshake.address_is_full = !core_.shared.addresses->enter(handshake.address_key, most);
  if (handshake.address_is_full) return;
  set_count(slot, handshake.address_key);
}

void Acceptor::on_slot_freed(Slot slot) {
  if (slot < counted_.size() && counted_[slot] != 0) {
    core_.shared.addresses->leave(std::exchange(counted_[slot], 0));
  }
  if (!armed_ && !core_.draining) start();
}

void Acceptor::retry() {
  if (core_.now.mono_ms >= retry_at_ms_) start();
}

}  // namespace perseid
