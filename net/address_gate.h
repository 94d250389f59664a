// AddressGate: how many connections each address and each network may hold, and how many new ones
// per second an address may open; over all shards, without a lock, in constant memory.
// Thread: any; its counters are atomic, touched once at a connection's beginning and end.
// Owns: sketches of two rows (see AddressCounts), 8 MiB for each limit that is set.
// Invariants: nobody can choose whom to collide with (a keyed hash); who meets others in both rows,
// as one of ten thousand does, shares with them; nothing is allocated after the start.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "engine/keyed_hash.h"
#include "engine/options.h"
#include "net/address_counts.h"
#include "net/ip_address.h"

namespace perseid {

enum class AddressLimit : u8 { none, address, subnet, rate };

// What becomes of a connection at the gate.
struct Passage {
  AddressLimit over = AddressLimit::none;  // the limit that it is over
  bool counted = false;                    // it leaves again; else it is to be dropped
};

// A rate for each address: the generic cell rate algorithm (as TokenBucket), in cells that
// addresses share. Of the two cells of an address the one that says more is right or too high.
class AddressRates {
 public:
  // False if that is more than `per_second`, or twice that at one go. `key` as AddressCounts.
  bool take(u64 key, u32 per_second, u64 now_us);

 private:
  static constexpr u32 kRowBits = 19;
  using Row = std::array<std::atomic<u64>, 1u << kRowBits>;
  std::atomic<u64>& cell(u32 row, u64 key) {
    return (*rows_)[row][key >> (row * kRowBits) & ((1u << kRowBits) - 1)];
  }
  std::unique_ptr<std::array<Row, 2>> rows_ = std::make_unique<std::array<Row, 2>>();
};

class AddressGate {
 public:
  // So many connections beyond a limit are told why they are closed; more are dropped at once, so
  // that they hold neither descriptors nor the time of handshakes.
  static constexpr u32 kToldMax = 16;

  AddressGate(const Options& options, const std::array<u8, 16>& hash_key);
  static bool is_wanted(const Options& options);

  Passage enter(PeerAddress who, u64 now_ms);
  void leave(PeerAddress who);  // if it was counted

 private:
  u64 hash(PeerAddress who) const;
  PeerAddress subnet(PeerAddress who) const;
  void count_out(u64 address, u64 subnet);

  const Options& options_;
  KeyedHash hash_;
  std::unique_ptr<AddressCounts> addresses_;  // null: no limit
  std::unique_ptr<AddressCounts> subnets_;    // likewise
  std::unique_ptr<AddressRates> rates_;       // likewise
};

}  // namespace perseid
