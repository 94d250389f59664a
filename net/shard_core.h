// ShardCore: what the parts of one shard share: its ring, connections, clock, rules; and the parts
// themselves, so that each can hand over to the next. No behaviour of its own.
// Thread: the shard's. Owns: all it holds by value. Invariant: the pointers are set before the
// first turn and never change.
#pragma once

#include <vector>

#include "codec/deflate.h"
#include "engine/options.h"
#include "engine/relay.h"
#include "engine/slab.h"
#include "engine/timer_wheel.h"
#include "net/audit.h"
#include "net/buffer_ring.h"
#include "net/clock.h"
#include "net/connection.h"
#include "net/net_stats.h"
#include "net/op.h"
#include "net/ring.h"
#include "net/send_op.h"
#include "net/server_shared.h"

namespace perseid {

class Acceptor;
class Closer;
class Echo;
class Frames;
class Mover;
class Peers;
class Receiver;
class Sender;
class Tls;
class Upgrader;

// True if there are limits that go by clients' addresses.
inline bool limits_addresses(const Options& options) {
  return options.address_messages_per_second > 0 || AddressGate::is_wanted(options);
}

struct ShardCore {
  ShardCore(ServerShared& server, ShardId shard)
      : shared(server),
        options(server.options),
        id(shard),
        stats(*server.stats[shard]),
        audit(server, shard),
        ring(stats) {}

  ServerShared& shared;
  const Options& options;
  const ShardId id;
  NetStats& stats;
  Audit audit;
  Ring ring;
  BufferRing buffers;
  Slab<Connection> connections;
  SendPool sends;
  TimerWheel timers{clock_ms(CLOCK_MONOTONIC)};
  Now now = read_clock();
  // One for all of /ws: without context takeover nothing is carried from message to message.
  Inflater inflater{15, false};
  PartialPool partials;
  std::vector<Slot> flushes;  // connections to flush at the end of the turn
  bool draining = false;
  bool parting = false;  // draining, and who has been sent all it is owed is closed
  bool running = true;

  Relay* relay = nullptr;
  Authenticator* authenticator = nullptr;  // null: nobody is asked for a token
  Acceptor* acceptor = nullptr;
  Upgrader* upgrader = nullptr;
  Receiver* receiver = nullptr;
  Frames* frames = nullptr;
  Mover* mover = nullptr;
  Peers* peers = nullptr;
  Sender* sender = nullptr;
  Echo* echo = nullptr;
  Closer* closer = nullptr;
  Tls* tls = nullptr;

  Handle handle(Slot slot) const { return connections.handle(slot); }
  Connection* find(Op op) {
    if (!connections.live(op.slot)) return nullptr;
    if ((handle(op.slot).generation & kOpGenerationMask) != op.generation) return nullptr;
    return &connections[op.slot];
  }
  // A submission entry for this connection's socket, counted until its last completion.
  io_uring_sqe* begin_op(Slot slot, Connection& connection, OpKind kind, u64& user_data) {
    user_data = Op{kind, handle(slot).generation, slot}.pack();
    ++connection.ops_in_flight;
    return ring.sqe();
  }
  // Ends an operation that waits for the peer; its completion comes. By its name, which the kernel
  // finds at once: to cancel by file it goes through all requests of the ring.
  void cancel(Slot slot, OpKind kind) {
    io_uring_sqe* sqe = ring.sqe();
    io_uring_prep_cancel64(sqe, Op{kind, handle(slot).generation, slot}.pack(), 0);
    io_uring_sqe_set_data64(sqe, Op{}.pack());
  }
  void queue_flush(Slot slot, Connection& connection) {
    if (connection.flush_queued) return;
    connection.flush_queued = true;
    flushes.push_back(slot);
  }
  void set_timer(Slot slot, Connection& connection, u64 after_ms) {
    clear_timer(connection);
    connection.timer = timers.schedule(now.mono_ms + after_ms, slot);
  }
  void clear_timer(Connection& connection) {
    if (connection.timer != kNoTimer) timers.cancel(connection.timer);
    connection.timer = kNoTimer;
  }
};

}  // namespace perseid
