// Result: what one run found; made by a scenario, shown by report.h.
// Thread: none; plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "codec/bytes.h"
#include "tools/load/histogram.h"
#include "tools/load/order.h"

namespace perseid::load {

// One instant of the server and the load; the difference of two is a cost.
struct Sample {
  u64 time_ns = 0;
  u64 server_cpu_ns = 0;
  u64 own_cpu_ns = 0;
  u64 server_rss_bytes = 0;
  u64 sent = 0;
  u64 received = 0;
  u64 message_bytes = 0;
  u64 receives = 0;
};
Sample operator-(const Sample& later, const Sample& earlier);

// What idle connections cost in resident memory of the server.
struct MemorySlope {
  u32 from_connections = 0;
  u32 to_connections = 0;
  u64 rss_empty_bytes = 0;
  u64 rss_from_bytes = 0;
  u64 rss_to_bytes = 0;
  u64 rss_after_stay_bytes = 0;
  u64 rss_closed_bytes = 0;
  double bytes_per_connection() const;
};

// What a run of `state` found beside the flow, in which every delivered tick is a message.
struct StateFigures {
  double expected_ticks = 0;  // clients x rate of the rooms x measured time
  Histogram interval;         // from one delivery to the next of the same member
  u64 whole = 0;              // deliveries that were a whole state
  // --verify, the whole run.
  u64 applied = 0;   // state messages that members decoded
  u64 compared = 0;  // of them with another member's state of the same tick
  u64 rejoins = 0;
  u64 reconnects = 0;
  u64 pauses = 0;
  u64 cuts = 0;  // of bandwidth
  u64 keyframes_asked = 0;
  u64 stepped_back = 0;       // whole states, asked for, that were older than what the member had
  u64 stepped_back_most = 0;  // ticks
  u64 degraded = 0;           // notices of the relay that a member is slowed down
  u64 settled_ns = 0;         // from the last update until all had it
};

// --slow-half: the fast half's latency is in before_stall and after_stall.
struct SlowHalf {
  double bytes_per_s = 0;  // that a slow member reads
  u64 whole_bytes = 0;     // the largest whole state that came
  // Of each slow member at the end: what it reads, from then on freely, until it is at the present.
  u64 behind_bytes_most = 0;
  u64 behind_bytes_median = 0;
  u64 behind_messages_most = 0;
  u64 behind_ns_most = 0;      // the time that takes it
  u32 never_present = 0;       // members that did not get there
  std::vector<u64> rss_bytes;  // of the server, second by second
};

// What a run of `resume` found: all drop at once and come back.
struct ResumeFigures {
  u32 dropped = 0;
  u32 resumed = 0;
  u64 leaves = 0;         // presence events that those who stayed saw, from the drop on
  u64 drops = 0;          // likewise
  u64 resumes = 0;        // likewise
  u64 missed = 0;         // messages that came while they were away, and reached them later
  u64 all_back_ns = 0;    // from the first that dialled to the last that was resumed
  u64 caught_up_ns = 0;   // ... and to the last that had what it missed
  Histogram welcome;      // from a client's dial to its welcome
  u64 server_cpu_ns = 0;  // from the drop until all were back
  bool good() const {
    return resumed == dropped && leaves == 0 && drops == dropped && resumes == dropped;
  }
};

// What a run of `attack` found: calm and attack in turn.
struct AttackFigures {
  // Ways to be closed that are no code of a close frame, nor of HTTP.
  static constexpr u32 kEnd = 0;
  static constexpr u32 kReset = 1;
  static constexpr u32 kUnread = 2;  // it reads nothing, so not how either
  struct Round {
    u64 calm_p50_ns = 0, calm_p99_ns = 0, attack_p50_ns = 0, attack_p99_ns = 0;
    u32 held = 0;                         // hostile connections when the measured time ends
    double calm_cpu = 0, attack_cpu = 0;  // of the server, of one core
  };
  std::vector<Round> rounds;
  u32 hostile = 0;
  u32 held_most = 0;
  u64 connects = 0;
  u64 connects_failed = 0;
  u64 acts_put_off = 0;   // the connection was not ready, or took no more
  std::vector<u64> acts;  // by kind
  std::map<u32, u64> closed_by_relay;
  u32 kinds = 0;
  double ratio_max = 0;  // 0: whatever it is

  Round median() const;  // of each figure
  double ratio() const;  // of the medians of p99
  bool good() const;     // all kinds acted, and the ratio is no more than allowed
};

struct Result {
  u32 clients = 0;
  Sample cost;  // of the measured time alone
  u64 rss_start_bytes = 0;
  u64 rss_end_bytes = 0;
  Histogram latency;                      // of the measured time
  u64 slowest_ns = 0;                     // delivery of the whole run, the drain included
  std::optional<Histogram> before_stall;  // with --stalled: the readers' latency before and after
  std::optional<Histogram> after_stall;
  std::optional<MemorySlope> memory;
  std::optional<StateFigures> state;
  std::optional<SlowHalf> slow_half;
  std::optional<ResumeFigures> resume;
  std::optional<AttackFigures> attack;
  // Of the whole run, warm-up included.
  u64 sent = 0;
  u64 received = 0;
  u64 missing_at_end = 0;
  u64 broken = 0;
  OrderFaults order;
  u64 pings = 0;
  u64 gaps = 0;
  u64 errors = 0;
  u32 lost = 0;
  u64 wrong = 0;  // states that were not what they must be
  std::string first_trouble;

  // Every message arrived once and in order, and nobody was thrown out.
  bool good() const {
    return missing_at_end == 0 && broken == 0 && order.total() == 0 && gaps == 0 && errors == 0 &&
           lost == 0 && wrong == 0 && (!resume || resume->good()) && (!attack || attack->good());
  }
};

}  // namespace perseid::load
