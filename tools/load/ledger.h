// Ledger: what was sent in a run, what has come of it, and how late.
// Thread: one. Owns: the order check and the histogram; noting allocates nothing.
// Invariant: owed() counts deliveries that a reading client must still get.
#pragma once

#include <string_view>

#include "codec/bytes.h"
#include "tools/load/config.h"
#include "tools/load/fleet.h"
#include "tools/load/histogram.h"
#include "tools/load/order.h"
#include "tools/load/stamp.h"

namespace perseid::load {

class Ledger {
 public:
  // `room_name_bytes` helps to find `seq` in a delivery without a search.
  Ledger(const Config& config, u32 rooms, u32 members, u32 senders, u32 room_name_bytes);

  // The next number of this sender, whose message `receivers` clients will get.
  u32 note_sent(u32 room, u32 sender, u32 receivers);
  void note_joined(u32 room, u32 member, u32 seq) { order_.joined_at(room, member, seq); }
  // Reads the stamp, checks order, records the latency. False if it was no message of this run.
  bool note_received(const Client& client, std::string_view message, u64 now_ns, Stamp& stamp);

  u64 sent() const { return sent_; }
  u64 received() const { return received_; }
  u64 message_bytes() const { return message_bytes_; }
  u64 owed() const { return owed_ - received_; }
  u64 broken() const { return broken_; }
  const Histogram& latency() const { return latency_; }
  const Order& order() const { return order_; }

 private:
  void note_seq(const Client& client, std::string_view message);

  const Config& config_;
  Order order_;
  Histogram latency_;
  std::size_t type_and_room_bytes_;
  u32 tail_bytes_;
  u64 sent_ = 0;
  u64 owed_ = 0;
  u64 received_ = 0;
  u64 message_bytes_ = 0;
  u64 broken_ = 0;
};

}  // namespace perseid::load
