// State, verified: everyone decodes everything, while they come, go, drop, lag and ask anew; every
// state is compared with what others had of the same tick, and at rest with what was said last.
#include <map>
#include <random>
#include <unordered_map>

#include "tools/load/process_stats.h"
#include "tools/load/state_run.h"

namespace perseid::load {
namespace {

constexpr u64 kMillisecondNs = 1'000'000;
constexpr u64 kActEveryNs = 10 * kMillisecondNs;
constexpr u32 kCounterPart = 2;
constexpr u32 kSmallBufferBytes = 8192;  // of a third of the clients

class StateVerify final : public StateRun {
 public:
  explicit StateVerify(const Config& config) : StateRun(config), plights_(config.clients()) {
    for (u32 i = 0; i < config.clients(); i += 3) {
      fleet().client(i).receive_buffer_bytes = kSmallBufferBytes;
    }
  }

 private:
  enum class Way : u8 { well, leaving, away, paused, slow };
  struct Plight {
    Way way = Way::well;
    u64 until_ns = 0;
    u32 bytes = 0;  // that it reads at a time, if slow
    // Of each entity that it saw, by the cell that it saw it in.
    std::map<std::pair<std::int32_t, std::int32_t>, std::unordered_map<std::string, u32>> counters;
  };

  bool decodes(const Client&) const override { return true; }

  u64 act(u64 now_ns) override {
    if (now_ns < next_act_ns_) return next_act_ns_;
    next_act_ns_ = now_ns + kActEveryNs;
    for (u32 i = 0; i < plights_.size(); ++i) mend(fleet().client(i), plights_[i], now_ns);
    if (!sending_) return next_act_ns_;
    // Each has something happen to it every five seconds or so.
    for (owed_ += 0.002 * static_cast<double>(plights_.size()); owed_ >= 1; owed_ -= 1) {
      harm(fleet().client(below(config().clients())), now_ns);
    }
    return next_act_ns_;
  }

  u32 below(u32 bound) { return static_cast<u32>(dice_() % bound); }

  u64 later(u64 now_ns, u32 least_ms, u32 most_ms) {
    return now_ns + (least_ms + u64{below(most_ms - least_ms)}) * kMillisecondNs;
  }

  void harm(Client& client, u64 now_ns) {
    Plight& plight = plights_[client.index];
    if (plight.way != Way::well || client.phase != Phase::ready || !member(client).joined) return;
    switch (below(5)) {
      case 0:
        return leave(client, plight, now_ns);
      case 1:
        return drop(client);
      case 2:
        ++figures().pauses;
        plight = {Way::paused, later(now_ns, 100, 3000), 0, std::move(plight.counters)};
        return fleet().set_reading(client, false);
      case 3:
        ++figures().cuts;
        plight = {Way::slow, later(now_ns, 500, 4000), 1 + below(60), std::move(plight.counters)};
        return fleet().limit_reading(client, plight.bytes);
      default:
        ++figures().keyframes_asked;
        member(client).picture->asked();
        return fleet().send_system(client, R"({"type":"system","op":"keyframe","room":")" +
                                               fleet().room_name(client.room) + "\"}");
    }
  }

  void leave(Client& client, Plight& plight, u64 now_ns) {
    ++figures().rejoins;
    plight.way = Way::leaving;
    plight.until_ns = later(now_ns, 50, 1500);
    member(client).joined = false;
    fleet().send_system(client, R"({"type":"system","op":"leave","room":")" +
                                    fleet().room_name(client.room) + "\"}");
  }

  void drop(Client& client) {
    ++figures().reconnects;
    StateMember& one = member(client);
    one.joined = false;
    one.picture.reset();
    one.rename();
    fleet().reconnect(client);
  }

  // What harmed it has passed, or reads on a little.
  void mend(Client& client, Plight& plight, u64 now_ns) {
    const bool over = now_ns >= plight.until_ns || !sending_;
    if (plight.way == Way::slow) fleet().limit_reading(client, over ? ~0u : plight.bytes);
    if (plight.way == Way::paused && over) fleet().set_reading(client, true);
    if (!over || plight.way == Way::well || plight.way == Way::leaving) return;
    if (plight.way == Way::away) {
      member(client).rename();
      fleet().send_system(client, R"({"type":"system","op":"join","room":")" +
                                      fleet().room_name(client.room) + "\"" + join_fields(client) +
                                      "}");
    }
    plight.way = Way::well;
  }

  void on_system(Client& client, std::string_view json) override {
    StateRun::on_system(client, json);
    // The whole state behind it may be of a while ago.
    if (json.find(R"("op":"joined")") != std::string_view::npos) {
      plights_[client.index].counters.clear();
    }
    if (json.find(R"("op":"left")") == std::string_view::npos) return;
    member(client).picture.reset();
    plights_[client.index].way = Way::away;
  }

  void applied(const Client& client, const StateHead& head) override {
    StateMember& one = member(client);
    compare_tick(client, head);
    auto& counters = plights_[client.index].counters[{head.cell.x, head.cell.y}];
    const u64 back = one.picture->stepped_back();
    figures().stepped_back += back != 0 ? 1 : 0;
    figures().stepped_back_most = std::max(figures().stepped_back_most, back);
    if (back != 0 || (head.full && head.cell.present)) counters.clear();
    one.picture->each_touched([&](std::string_view key, const u32* parts) {
      u32& last = counters[std::string(key)];
      if (parts[kCounterPart] < last) {
        wrong(client, std::string(key) + " went back from " + std::to_string(last) + " to " +
                          std::to_string(parts[kCounterPart]));
      }
      last = parts[kCounterPart];
    });
  }

  // All that had this tick of this room or cell must have had the same.
  void compare_tick(const Client& client, const StateHead& head) {
    StateMember& one = member(client);
    // What changes in a cell that nobody sees has no tick of its own, so a whole state of it may be
    // of the tick before; an empty one may say that the cell left the view.
    if (head.cell.present && head.full) return;
    const u64 hash = one.picture->hash();
    const std::string place = std::to_string(one.epoch) + "/" + std::to_string(head.cell.x) + "/" +
                              std::to_string(head.cell.y) + "/" + std::to_string(head.tick);
    const auto [at, first] = hashes_.emplace(std::hash<std::string>{}(place), hash);
    if (first) return;
    ++figures().compared;
    if (at->second != hash) wrong(client, "its state differs from what another had of this tick");
  }

  void finish(Result& result) override {
    sending_ = false;
    const u64 end_ns = monotonic_ns() + static_cast<u64>(config().drain_s * 1e9);
    while (!everyone_is_well() && monotonic_ns() < end_ns) flow_a_little();
    const u64 said_ns = monotonic_ns();
    for (const Client& client : fleet().clients()) publish(client, said_ns);
    while (!settled() && monotonic_ns() < end_ns) flow_a_little();
    figures().settled_ns = monotonic_ns() - said_ns;
    for (const Client& client : fleet().clients()) {
      if (const std::string difference = difference_of(client); !difference.empty()) {
        wrong(client, "at rest, " + difference);
        ++result.missing_at_end;
      }
    }
  }

  void flow_a_little() { flow_until(monotonic_ns() + 50 * kMillisecondNs, "settle"); }

  bool everyone_is_well() {
    for (const Client& client : fleet().clients()) {
      const bool well = plights_[client.index].way == Way::well;
      if (!well || client.phase != Phase::ready || !member(client).joined) return false;
    }
    return true;
  }

  bool settled() {
    for (const Client& client : fleet().clients()) {
      if (!difference_of(client).empty()) return false;
    }
    return true;
  }

  // What it knows against what everyone in its room said last.
  std::string difference_of(const Client& client) {
    StateMember& one = member(client);
    if (one.picture == nullptr) return "it is not in its room";
    std::string twice;
    StatePicture::Entities seen = one.picture->entities(twice);
    if (!twice.empty()) return twice + " is in two cells";
    const u32 first = client.room * config().room_size;
    for (u32 i = first; i < first + config().room_size; ++i) {
      std::string problem = difference_in(client, member(fleet().client(i)), seen);
      if (!problem.empty()) return problem;
    }
    return seen.empty() ? "" : "it still sees " + seen.begin()->first;
  }

  // Takes `other` out of `seen`.
  std::string difference_in(const Client& client, const StateMember& other,
                            StatePicture::Entities& seen) {
    const auto at = seen.find(other.key());
    if (at == seen.end()) {
      return config().grid && !near(member(client), other) ? "" : "it does not see " + other.key();
    }
    StatePicture::Row said{other.row().present};
    said.insert(said.end(), other.row().parts.begin(), other.row().parts.end());
    const bool same = at->second == said;
    seen.erase(at);
    return same ? "" : "it sees another " + other.key() + " than was said";
  }

  // Within the radius of the grid, in its unit of 0.01.
  static bool near(const StateMember& one, const StateMember& other) {
    const auto apart = [&](u32 part) {
      return static_cast<double>(one.row().parts[part]) -
             static_cast<double>(other.row().parts[part]);
    };
    return std::hypot(apart(0), apart(1)) < kGridRadius * 100;
  }

  std::vector<Plight> plights_;
  std::unordered_map<u64, u64> hashes_;
  std::minstd_rand dice_{1};
  double owed_ = 0;
  u64 next_act_ns_ = 0;
};

}  // namespace

std::unique_ptr<StateRun> make_state_verify(const Config& config) {
  return std::make_unique<StateVerify>(config);
}

}  // namespace perseid::load
