// State with a slow half: for the first half of the time all members read as they can, then every
// second pair of a room reads a tenth of the bytes that came to it until then.
#include <algorithm>

#include "tools/load/process_stats.h"
#include "tools/load/state_run.h"

namespace perseid::load {
namespace {

constexpr u64 kReadEveryNs = 100'000'000;
constexpr u64 kSecondNs = 1'000'000'000;
constexpr u32 kSlowWindowBytes = 8192;
constexpr double kSlowShare = 0.1;

class StateSlowHalf final : public StateRun {
 public:
  explicit StateSlowHalf(const Config& config) : StateRun(config), slow_(config.clients()) {
    for (u32 i = 0; i < config.clients(); ++i) {
      Client& client = fleet().client(i);
      if (is_slow(client)) client.receive_buffer_bytes = kSlowWindowBytes;
    }
  }

 private:
  struct Slow {
    u64 bytes = 0;     // since it may read on
    u64 messages = 0;  // likewise
    bool present = false;
  };

  static bool is_slow(const Client& client) { return (client.member >> 1 & 1) != 0; }
  // The fast half, for its latency; and in the end the slow one, to see where it is.
  bool decodes(const Client& client) const override { return !is_slow(client); }

  void measure(Result& result) override {
    const u64 half_ns = static_cast<u64>(config().duration_s * 1e9 / 2);
    const Histogram at_start = latency();
    const Sample start = sample();
    flow_until(monotonic_ns() + half_ns, "all read");
    const Sample half = sample() - start;
    const Histogram at_half = latency();
    if (StatePicture* picture = member(fleet().client(0)).picture.get()) picture->asked();
    const double each_bytes_per_s = static_cast<double>(half.message_bytes) /
                                    static_cast<double>(half.time_ns) * 1e9 / config().clients();
    figures_.bytes_per_s = each_bytes_per_s * kSlowShare;
    bytes_at_a_time_ = std::max(1u, static_cast<u32>(figures_.bytes_per_s / 10));
    slowing_ = true;
    // So that there is one to compare with.
    fleet().send_system(fleet().client(0), R"({"type":"system","op":"keyframe","room":")" +
                                               fleet().room_name(0) + "\"}");
    flow_until(monotonic_ns() + half_ns, "half slow");
    result.before_stall = at_half.since(at_start);
    result.after_stall = latency().since(at_half);
  }

  u64 act(u64 now_ns) override {
    if (now_ns < next_act_ns_) return next_act_ns_;
    next_act_ns_ = now_ns + kReadEveryNs;
    if (!slowing_) return next_act_ns_;
    for (u32 i = 0; i < slow_.size(); ++i) {
      Client& client = fleet().client(i);
      if (is_slow(client)) fleet().limit_reading(client, bytes_at_a_time_);
    }
    if (now_ns >= next_rss_ns_ && config().server_pid != 0) {
      figures_.rss_bytes.push_back(process_rss_bytes(config().server_pid));
      next_rss_ns_ = now_ns + kSecondNs;
    }
    return next_act_ns_;
  }

  // The slow ones read on, all that waits for them, until they are where the fast ones are now.
  void finish(Result& result) override {
    slowing_ = false;
    catching_up_ = true;
    began_ns_ = monotonic_ns();
    for (const Client& client : fleet().clients()) {
      if (!is_slow(client))
        present_tick_[client.room] = std::max(present_tick_[client.room], member(client).tick);
    }
    for (u32 i = 0; i < slow_.size(); ++i) {
      if (is_slow(fleet().client(i))) fleet().limit_reading(fleet().client(i), ~0u);
    }
    const u64 end_ns = began_ns_ + static_cast<u64>(config().drain_s * 1e9);
    while (!all_present() && monotonic_ns() < end_ns) {
      flow_until(monotonic_ns() + kReadEveryNs / 10, "catch up");
    }
    add_up();
    result.slow_half = figures_;
  }

  void counted(const Client& client, std::string_view message, bool whole, u64 now_ns) override {
    if (whole) figures_.whole_bytes = std::max(figures_.whole_bytes, u64{message.size()});
    Slow& slow = slow_[client.index];
    if (!catching_up_ || !is_slow(client) || slow.present) return;
    slow.bytes += message.size();
    ++slow.messages;
    StateHead head;
    if (!read_state_head(message, client.binary, head)) return wrong(client, "a broken message");
    if (head.tick < present_tick_[client.room]) return;
    slow.present = true;
    figures_.behind_ns_most = std::max(figures_.behind_ns_most, now_ns - began_ns_);
  }

  bool all_present() {
    return std::all_of(fleet().clients().begin(), fleet().clients().end(), [&](const Client& one) {
      return !is_slow(one) || slow_[one.index].present;
    });
  }

  void add_up() {
    std::vector<u64> bytes;
    for (const Client& client : fleet().clients()) {
      if (!is_slow(client)) continue;
      const Slow& slow = slow_[client.index];
      bytes.push_back(slow.bytes);
      figures_.behind_messages_most = std::max(figures_.behind_messages_most, slow.messages);
      if (!slow.present) ++figures_.never_present;
      if (!slow.present) wrong(client, "it read on, but did not come to the present");
    }
    std::sort(bytes.begin(), bytes.end());
    if (bytes.empty()) return;
    figures_.behind_bytes_median = bytes[bytes.size() / 2];
    figures_.behind_bytes_most = bytes.back();
  }

  std::vector<Slow> slow_;
  std::vector<u64> present_tick_ = std::vector<u64>(config().rooms);
  SlowHalf figures_;
  u32 bytes_at_a_time_ = 0;
  bool slowing_ = false;
  bool catching_up_ = false;
  u64 began_ns_ = 0;
  u64 next_act_ns_ = 0;
  u64 next_rss_ns_ = 0;
};

}  // namespace

std::unique_ptr<StateRun> make_state_slow_half(const Config& config) {
  return std::make_unique<StateSlowHalf>(config);
}

}  // namespace perseid::load
