// LinkStats: what a client has counted since it was made, over all its connections.
// Thread: none; plain values.
#pragma once

#include <perseid/clock.h>
#include <perseid/types.h>

#include <array>

namespace perseid {
inline namespace sdk {

struct LaneStats {
  u64 messages_in = 0;
  u64 messages_out = 0;
  u64 bytes_in = 0;  // of messages, without frame headers
  u64 bytes_out = 0;
  u64 lost = 0;  // told by a gap, or missing in the seqs
};

struct LinkStats {
  std::array<LaneStats, kLanes> lanes = {};  // by Lane
  u64 bytes_in = 0;                          // of the sockets, all that there is
  u64 bytes_out = 0;
  u64 connections = 0;  // that were upgraded
  u64 resumed = 0;      // of them, those that went on with their session
  u64 repeated = 0;     // publishes sent again after a reconnect
  u64 duplicates = 0;   // deliveries that had been seen, and were not handed on
  u64 keyframes_asked = 0;
  u64 state_refused = 0;  // state messages that did not fit what came before
  u64 undecryptable = 0;  // messages of encrypted rooms that could not be opened
  u64 malformed = 0;      // messages that were none; they are passed over
  u32 queued = 0;         // publishes and requests that wait, now
  u32 in_flight = 0;      // of them, those that were sent
  double rtt_ms = 0;
  double jitter_ms = 0;
  double clock_offset_ms = 0;
  LatencyPercentiles latency = {};
};

}  // namespace sdk
}  // namespace perseid
