// Resume: many clients drop at once and come back within a while, each with its session; meanwhile
// one in each room, who stays, talks on and watches who goes. What a tunnel does to a train.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tools/load/fleet.h"
#include "tools/load/flow_run.h"
#include "tools/load/process_stats.h"
#include "tools/load/progress.h"
#include "tools/load/text_scan.h"

namespace perseid::load {
namespace {

constexpr u64 kSecondNs = 1'000'000'000;
constexpr u64 kStepNs = kSecondNs / 100;

class Resume final : public FleetHandler {
 public:
  explicit Resume(const Config& config)
      : config_(config),
        fleet_(config, *this),
        progress_(config.quiet, false),
        seats_(config.clients()),
        sent_(config.rooms),
        talk_(config.rooms) {
    for (u32 room = 0; room < config.rooms; ++room) {
      const std::string before =
          R"({"type":"chat","room":")" + fleet_.room_name(room) + R"(","payload":)";
      talk_[room] =
          std::make_unique<Outgoing>(Outgoing::Wrapping::frame, before, config.size_bytes, "}");
    }
  }

  Result run() {
    fleet_.connect_up_to(config_.clients());
    run_until(monotonic_ns() + nanoseconds(config_.warmup_s), "warm-up");
    Result result;
    const Sample start = sample();
    drop_all(start.time_ns);
    run_until(start.time_ns + nanoseconds(config_.away_s), "away");
    come_back();
    const Sample end = sample();
    result.cost = end - start;
    figures_.server_cpu_ns = result.cost.server_cpu_ns;
    catch_up();
    result.rss_start_bytes = start.server_rss_bytes;
    result.rss_end_bytes = end.server_rss_bytes;
    fill(result);
    return result;
  }

 private:
  struct Seat {
    std::string secret;
    u64 seq = 0;     // of the last message
    u32 number = 0;  // as its talker numbered it
    u64 dialled_ns = 0;
    bool is_back = true;
  };
  bool talks(const Client& client) const { return client.index < config_.rooms; }

  std::string hello_fields(const Client& client) override {
    const Seat& seat = seats_[client.index];
    if (seat.secret.empty()) return R"(,"name":"load")";
    return R"(,"session":")" + seat.secret + R"(","since":{"rooms":{")" +
           fleet_.room_name(client.room) + R"(":{"chat":)" + std::to_string(seat.seq) + "}}}";
  }
  std::string join_fields(const Client& client) override {
    return talks(client) ? R"(,"presence":true)" : "";
  }

  void on_ready(const Client& client, u32 seq) override {
    Seat& seat = seats_[client.index];
    if (seat.dialled_ns == 0) {
      seat.seq = seq;
      return;
    }
    seat.is_back = true;
    ++back_;
    const u64 now = monotonic_ns();
    figures_.welcome.record(now - seat.dialled_ns);
    figures_.all_back_ns = now - first_dial_ns_;
  }

  void on_message(Client& client, std::string_view message, u64 now_ns) override {
    Stamp stamp;
    if (!read_stamp(message, config_.size_bytes, 1, stamp)) return void(++broken_);
    ++received_;
    Seat& seat = seats_[client.index];
    if (stamp.number <= seat.number) {
      ++order_.repeated;
      return;
    }
    order_.missing += stamp.number - seat.number - 1;
    seat.number = stamp.number;
    seat.seq = number_behind(message, R"("seq":)");
    const bool was_missed =
        seat.dialled_ns != 0 && stamp.sent_ns >= dropped_ns_ && stamp.sent_ns < seat.dialled_ns;
    if (!was_missed) return;
    ++figures_.missed;
    figures_.caught_up_ns = now_ns - first_dial_ns_;
  }

  void on_system(Client& client, std::string_view message) override {
    const std::string_view op = quoted_behind(message, R"("op":")");
    Seat& seat = seats_[client.index];
    if (op == "welcome") {
      seat.secret = quoted_behind(message, R"("session":")");
      if (message.find(R"("resumed":true)") != std::string_view::npos) ++figures_.resumed;
    } else if (op == "presence" && dropped_ns_ != 0) {
      const std::string_view event = quoted_behind(message, R"("event":")");
      figures_.leaves += event == "leave" ? 1 : 0;
      figures_.drops += event == "drop" ? 1 : 0;
      figures_.resumes += event == "resume" ? 1 : 0;
    }
  }

  // All rooms talk in step with the clock.
  void talk(u64 now_ns) {
    if (next_talk_ns_ == 0) next_talk_ns_ = now_ns;
    for (; talking_ && next_talk_ns_ <= now_ns;
         next_talk_ns_ += static_cast<u64>(1e9 / config_.rate_per_s)) {
      for (u32 room = 0; room < config_.rooms; ++room) {
        fleet_.send(fleet_.client(room),
                    talk_[room]->stamped({.sent_ns = next_talk_ns_, .number = ++sent_[room]}));
      }
    }
  }
  void step(const char* phase) {
    const u64 now = monotonic_ns();
    talk(now);
    fleet_.poll(now + kStepNs / 10);
    progress_.tick(phase, fleet_.counters().ready, sample(), Histogram{});
  }
  void run_until(u64 end_ns, const char* phase) {
    while (monotonic_ns() < end_ns) step(phase);
  }

  void drop_all(u64 now_ns) {
    dropped_ns_ = now_ns;
    for (u32 i = config_.rooms; i < config_.clients(); ++i) {
      fleet_.drop(fleet_.client(i));
      seats_[i].is_back = false;
    }
    figures_.dropped = config_.connections;
  }
  // At an even pace.
  void come_back() {
    first_dial_ns_ = monotonic_ns();
    const u64 within_ns = nanoseconds(config_.back_within_s);
    const u64 give_up_ns = first_dial_ns_ + within_ns + nanoseconds(config_.drain_s);
    u32 dialled = 0;
    while (back_ + fleet_.counters().lost < config_.connections && monotonic_ns() < give_up_ns) {
      const u64 passed_ns = monotonic_ns() - first_dial_ns_;
      const u64 due = passed_ns >= within_ns ? config_.connections
                                             : passed_ns * config_.connections / within_ns;
      for (; dialled < due; ++dialled) {
        Client& client = fleet_.client(config_.rooms + dialled);
        seats_[client.index].dialled_ns = monotonic_ns();
        fleet_.reconnect(client);
      }
      step("back");
    }
  }
  // Whatever is on its way may still come; then it is missing.
  void catch_up() {
    talking_ = false;
    const u64 end_ns = monotonic_ns() + nanoseconds(config_.drain_s);
    // Who stays hears of the last that came back.
    const auto is_owed = [this] { return owed() != 0 || figures_.resumes < figures_.resumed; };
    while (is_owed() && monotonic_ns() < end_ns) step("catch up");
  }
  u64 owed() const {
    u64 out = 0;
    for (u32 i = config_.rooms; i < config_.clients(); ++i) {
      out += sent_[config_.room_of(i)] - seats_[i].number;
    }
    return out;
  }

  Sample sample() const {
    const int pid = config_.server_pid;
    return {.time_ns = monotonic_ns(),
            .server_cpu_ns = pid != 0 ? process_cpu_ns(pid) : 0,
            .own_cpu_ns = own_cpu_ns(),
            .server_rss_bytes = pid != 0 ? process_rss_bytes(pid) : 0,
            .received = received_};
  }

  void fill(Result& result) const {
    const FleetCounters& counters = fleet_.counters();
    result.clients = config_.clients();
    for (const u32 sent : sent_) result.sent += sent;
    result.received = received_;
    result.missing_at_end = owed();
    result.broken = broken_;
    result.order = order_;
    result.pings = counters.pings;
    result.gaps = counters.gaps;
    result.errors = counters.errors;
    result.lost = counters.lost;
    result.first_trouble = counters.first_trouble;
    result.resume = figures_;
  }

  const Config& config_;
  Fleet fleet_;
  Progress progress_;
  std::vector<Seat> seats_;
  std::vector<u32> sent_;  // by room
  std::vector<std::unique_ptr<Outgoing>> talk_;
  ResumeFigures figures_;
  OrderFaults order_;
  u64 received_ = 0;
  u64 broken_ = 0;
  u64 next_talk_ns_ = 0;
  u64 dropped_ns_ = 0;  // 0: not yet
  u64 first_dial_ns_ = 0;
  u32 back_ = 0;
  bool talking_ = true;
};

}  // namespace

Result run_resume(const Config& config) {
  return Resume(config).run();
}

}  // namespace perseid::load
