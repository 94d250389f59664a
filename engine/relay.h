// Relay: the rules of one shard. Sessions of the connections accepted here, rooms whose home is
// here, and
//   views of the rooms that local sessions have joined, wherever those rooms live.
// Thread: the shard's; nothing in here is atomic but the segments' counts.
// Owns: sessions, rooms, views, members, timers. No I/O: bytes, time and seeds are arguments
// (DESIGN law 3). A turn: begin_turn(now); any of open/heard/receive/closed/deliver; end_turn();
// then for each of
//   take_touched(): gather() -> the world sends -> release().
// Invariant: at most one SendBatch per session is out at any time.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"
#include "codec/frame.h"
#include "codec/wire_format.h"
#include "engine/ids.h"
#include "engine/letter.h"
#include "engine/options.h"
#include "engine/send_batch.h"
#include "engine/stats.h"
#include "engine/time.h"
#include "engine/world.h"

namespace perseid {

struct RelayConfig {
  const Options* options = nullptr;
  ShardId shard = 0;
  u32 shard_count = 1;
  std::array<u8, 16> hash_key{};  // the same on all shards: it decides every room's home
  u64 seed = 0;                   // differs per shard: epochs, session secrets, generations
};

struct PeerInfo {
  Handle connection;                               // the world's own name for it
  WireFormat format;                               // JSON or binary, deflated or not
  std::string_view connection_type = "websocket";  // static storage
  u64 address_key = 0;                             // hash of the IP address; 0: unknown
};

class Relay {
 public:
  Relay(const RelayConfig& config, World& world);
  ~Relay();

  // Turn.
  void begin_turn(Now now);
  void end_turn();                  // advances lanes to their members, ticks, timers
  u64 next_deadline_ms() const;     // monotonic; when begin_turn is needed at the latest
  std::span<const Slot> touched();  // sessions with something to send; valid until begin_turn

  // Connections.
  Slot open(const PeerInfo& peer);
  void heard(Slot session);  // any bytes at all came: the client lives
  // One whole message, unmasked, kParsePaddingBytes readable behind it; may be written to.
  // A fatal error is answered by World::close inside.
  void receive(Slot session, Opcode opcode, MutableBytes message);
  void closed(Slot session);  // the connection is gone; batches are released before
  Handle connection_of(Slot session) const;

  // Sending.
  bool wants_send(Slot session);
  void gather(Slot session, SendBatch& out);  // empty if there is nothing, or no budget now
  void release(SendBatch& batch);             // the kernel has sent it, or the connection is gone
  // A finished frame (a pong, the close frame) behind what the outbox holds; too_slow if it is
  // full.
  Error push_frame(Slot session, Bytes frame);

  // Mailbox.
  void deliver(Letter&& letter);

  // Drain: tells every session goaway. The world closes the connections after.
  void goaway(u32 reconnect_delay_ms);

  const Stats& stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perseid
