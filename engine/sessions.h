// Sessions: the session registry of one shard: who is connected, heartbeats, inbound limits,
// outboxes. Thread: the shard's. Owns: the sessions. Invariants: a session is in touched() at most
// once; a closing session gets nothing but its outbox.
#pragma once

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "engine/address_limits.h"
#include "engine/context.h"
#include "engine/parking.h"
#include "engine/session.h"
#include "engine/slab.h"

namespace perseid {

// What a message costs of its session's limits.
struct MessageCost {
  u32 bytes = 0;
  u32 bytes_if_refused = 0;  // read, perhaps inflated, all the same
};

class Sessions {
 public:
  explicit Sessions(Context& context);
  ~Sessions();

  Slot open(const PeerInfo& peer);
  void close(Slot slot);  // its members are gone already
  Session& operator[](Slot slot) { return sessions_[slot]; }
  Session* find(SessionUid uid) { return sessions_.find(uid.handle()); }
  SessionUid uid(Slot slot) const {
    return SessionUid::make(context_.config.shard, sessions_.handle(slot));
  }
  bool live(Slot slot) { return sessions_.live(slot); }
  u32 size() const { return sessions_.size(); }

  // The private resume secret: 128 bits that only this shard can derive (SipHash-2-4-128 under its
  // seed).
  std::array<u8, 16> secret(SessionUid uid) const;

  bool is_secret(SessionUid uid, const std::array<u8, 16>& secret) const;

  // Sessions without a connection. Their rooms are no business of ours (see Views::drop()).
  bool may_park(Slot slot) const;
  // Whether there is a place for so many; the rest is cleared where it finds none.
  bool seats_fit(u32 rooms_and_cells) const { return parking_.fits(seat_bytes(rooms_and_cells)); }
  // False if what it holds finds no place.
  bool park(Slot slot, u32 rooms_and_cells);
  void unpark(Slot slot);
  Parking& parking() { return parking_; }
  // The two change connections, with all that is theirs: batches on their way, addresses.
  void swap_connections(Slot a, Slot b);
  // Another session takes the connection's end, so that this one may be parked at once.
  Slot stand_in(Slot slot);
  u64 address_key(Slot slot) const;  // 0: none that counts
  void take_replies(Slot slot, std::vector<u8>& out);
  // Those that heartbeats have found dead, each once.
  std::vector<Slot> take_timed_out() { return std::exchange(timed_out_, {}); }

  void heard(Slot slot);
  // Inbound limits of one message; 0 if it passes, else retry_after_ms. `error` tells refusal from
  // flood.
  u32 charge(Slot slot, MessageCost cost, Error& error);
  // Work that no message pays for: a debt; too_many_messages when it has become a flood.
  Error charge_waste(Slot slot, u64 bytes);

  // A system message, in the session's flavour, into its outbox.
  void answer(Slot slot, std::string_view json);
  // The same for an answer that may be long: `overloaded` instead (and false) if too much waits
  // already of what this client asked for at one go.
  bool answer_if_room(Slot slot, std::string_view id, std::string_view json);
  void answer_error(Slot slot, std::string_view id, Error error, std::string_view field = {},
                    u32 retry_after_ms = 0, std::string_view detail = {});
  // Finished frames, one behind the other: as many of the last as there is room for.
  void push_what_fits(Slot slot, Bytes frames);
  // A finished frame for who reads; false if it is not sent. Never ends the session.
  bool push_if_read(Slot slot, Bytes frame);
  // Room for a finished frame; null if the outbox is full: the session is then being closed as too
  // slow.
  u8* reserve(Slot slot, u32 size_bytes);
  bool has_room(Slot slot, u32 size_bytes);
  void end(Slot slot, Error error);  // closes the connection with the error's code and sentence
  // Why the session ends, for client_disconnected: the first to know says it. Static text.
  void note_end(Slot slot, std::string_view why);

  // What the session has been sent, against --client-bytes-per-second.
  TokenBucket& bytes_out(Slot slot) { return entry(bytes_out_, slot, TokenBucket{}); }

  void touch(Slot slot) {
    Session& session = sessions_[slot];
    if (session.touched || session.parked) return;
    session.touched = true;
    touched_.push_back(slot);
  }
  // The sessions touched up to here, to be flushed now. What flushing touches comes next time.
  void begin_flush();
  std::span<const Slot> flushing() const { return flushing_; }
  bool any_touched() const { return !touched_.empty(); }

  void on_heartbeat_timer(Slot cohort);
  void on_budget_timer(Slot slot);  // the session may send again
  template <class Visit>
  void each(Visit&& visit) {
    for (Slot slot = 0; slot < sessions_.slots_used(); ++slot) {
      if (sessions_.live(slot)) visit(slot);
    }
  }

 private:
  static u64 seat_bytes(u32 rooms_and_cells);
  // Sessions whose heartbeats are looked at together: one timer for so many neighbouring slots.
  static constexpr u32 kCohortSlots = 64;
  Slot take_slot(Handle connection, WireFormat format);
  u8* reserve_parked(Session& session, u32 size_bytes);
  u64 cohort_period_ms() const;
  void check_heartbeat(Slot slot, u64 since_last_look_ms);

  // The session's entry in a table that stays empty until an option asks for it.
  template <class Value>
  static Value& entry(std::vector<Value>& table, Slot slot, Value absent) {
    if (table.size() <= slot) table.resize(slot + 1, absent);
    return table[slot];
  }

  Context& context_;
  Slab<Session> sessions_;
  Parking parking_;
  AddressLimits addresses_;
  std::vector<Slot> address_of_;        // --address-messages-per-second
  std::vector<TokenBucket> bytes_out_;  // --client-bytes-per-second
  std::vector<std::string_view> ends_;  // what note_end() was told, if anybody wants to hear it
  std::vector<Slot> timed_out_;
  std::vector<Slot> touched_;
  std::vector<Slot> flushing_;        // a session that has gone meanwhile may still stand there
  std::vector<u64> cohort_looks_ms_;  // when each cohort was last looked at, monotonic
};

}  // namespace perseid
