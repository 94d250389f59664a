// Relay: the rules of one shard. Sessions of the connections accepted here, rooms whose home is
// here, and
//   views of the rooms that local sessions have joined, wherever those rooms live.
// Thread: the shard's; nothing in here is atomic but the segments' counts.
// Owns: sessions, rooms, views, members, timers. No I/O: bytes, time and seeds are arguments
// (DESIGN law 3). A turn: begin_turn(now); any of open/heard/receive/closed/deliver; end_turn();
// then for each of
//   touched(): gather() -> the world sends -> sent().
// Invariant: at most one SendBatch per session is out at any time.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "codec/error.h"
#include "codec/frame.h"
#include "codec/wire_format.h"
#include "engine/ids.h"
#include "engine/letter.h"
#include "engine/overload.h"
#include "engine/relay_config.h"
#include "engine/send_batch.h"
#include "engine/stats.h"
#include "engine/time.h"
#include "engine/world.h"

namespace perseid {

class Relay {
 public:
  Relay(const RelayConfig& config, World& world);
  ~Relay();

  // Turn.
  void begin_turn(Now now);
  // The share of the last while that this shard was at work rather than waiting, of 1000: what
  // --action-window-ms auto goes by. Behind begin_turn(), now and then.
  void set_load(u32 permille);
  // Why there is more work than this shard can do, in words; empty if it catches up. Some ten
  // times a second.
  void set_pressure(std::string_view why);
  const Overload& overload() const;
  void end_turn();               // advances lanes to their members, ticks, timers
  u64 next_deadline_ms() const;  // monotonic; when begin_turn is needed at the latest
  // Sessions with something to send, as of end_turn() and valid until the next. One that has been
  // closed meanwhile may still stand there: its connection_of() is no handle.
  std::span<const Slot> touched();

  // Connections.
  Slot open(const PeerInfo& peer);
  void heard(Slot session);  // any bytes at all came: the client lives
  // One whole message, unmasked, kParsePaddingBytes readable behind it; may be written to.
  // A fatal error is answered by World::close inside.
  void receive(Slot session, Opcode opcode, MutableBytes message);
  // The same, of a connection that another shard has handed over: so many requests are done.
  void receive_on(Slot session, Opcode opcode, MutableBytes message, u32 done);
  // The connection is gone; batches are released before. The session ends, or waits for a while to
  // be resumed.
  void closed(Slot session);
  WireFormat format_of(Slot session) const;
  std::shared_ptr<const Grant> grant_of(Slot session) const;  // null if it has shown no token
  bool is_admitted(Slot session) const;    // always, where no tokens are asked for
  u64 address_key_of(Slot session) const;  // as open() was told, if anybody asks; else 0
  // What a session that is handed over is still owed, byte for byte.
  void take_replies(Slot session, std::vector<u8>& out);
  Handle connection_of(Slot session) const;

  // Sending. The world sends with MSG_DONTWAIT, so a batch never waits in the kernel and a stalled
  // reader pins nothing: what was not taken is given back here at once, and gathered afresh, with
  // today's priorities, when the socket is writable again (POLLOUT).
  bool wants_send(Slot session);
  // There is more for it, be it that a budget or an answer from elsewhere has to come first.
  bool owes(Slot session);
  void gather(Slot session, SendBatch& out);  // empty if there is nothing, or no budget now
  // The kernel took the first `sent_bytes` of the batch (0 if -EAGAIN; less than total_bytes for a
  // short send, and when the connection is gone what it took before). Holds are given back, cursors
  // of what was not taken move back to frame boundaries, a torn frame's rest goes first next time.
  // The batch is then empty.
  void sent(Slot session, SendBatch& batch, u32 sent_bytes);
  // Some of that is still on this machine: it was encrypted, so it could not be given back.
  void note_unread(Slot session);
  void note_read(Slot session);  // it has taken all of that
  // A finished frame (a pong, the close frame) behind what the outbox holds; too_slow if it is
  // full.
  Error push_frame(Slot session, Bytes frame);
  // The world ends this connection by itself (protocol error, peer's close): only the outbox is
  // gathered. `why` is static text, for the event. `broken`: the client did not say that it goes
  // for good, so the session may be resumed.
  void begin_close(Slot session, std::string_view why = {}, bool broken = false);
  // A ping or pong came: counts against the session's limits; too_many_messages if it floods.
  Error charge_control(Slot session, u32 size_bytes);
  // A pong came. True if it answers a question of the rules: it is then not to be charged.
  bool ponged(Slot session, Bytes payload);
  // Work on input that no message pays for (see MessageSink::on_waste); too_many_messages likewise.
  Error charge_waste(Slot session, u64 bytes);

  // Mailbox.
  void deliver(Letter&& letter);

  // Drain: tells every session goaway and holds nothing back any more. The world closes the
  // connections after.
  void goaway(u32 reconnect_delay_ms);

  // The relay itself speaks, within a turn: `payload` (JSON) to all members of a room, as a chat
  // message of its own with seq and place in the history; or, if `room` is empty, to every session
  // of every shard.
  void notice(std::string_view room, std::string_view payload);

  const Stats& stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perseid
