// FlowRun: the course of every run in which messages flow: connect, warm up, measure, drain, judge.
// A scenario says only what is sent when.
// Thread: one. Owns: the fleet and the ledger.
// Invariant: while measuring, nothing but the flow happens: no connecting, no judging.
#pragma once

#include <memory>
#include <vector>

#include "tools/load/config.h"
#include "tools/load/fleet.h"
#include "tools/load/ledger.h"
#include "tools/load/outgoing.h"
#include "tools/load/progress.h"
#include "tools/load/result.h"

namespace perseid::load {

class FlowRun : public FleetHandler {
 public:
  FlowRun(const Config& config, u32 rooms, u32 members, u32 senders);
  // Throws std::runtime_error if the run cannot be made.
  Result run();

 protected:
  // Sends what is due and returns when the next will be (ns); ~0 if a delivery will say.
  virtual u64 pump(u64 now_ns) = 0;
  virtual void delivered(Client& client, const Stamp& stamp) = 0;
  // The measured time begins; `end_ns` is when it ends.
  virtual void measuring(u64 end_ns) = 0;
  virtual void add_to(Result& result) const = 0;

  // Sends this client's next message to `receivers` others, stamped with `when_ns`.
  void publish(Client& client, u32 sender, u32 receivers, u64 when_ns);
  const Config& config() const { return config_; }
  Fleet& fleet() { return fleet_; }
  const Ledger& ledger() const { return ledger_; }
  bool sending() const { return sending_; }

  // The parts of run().
  Sample sample() const;
  void flow_until(u64 end_ns, const char* phase);
  void drain();
  void judge(Result& result);

 private:
  void on_ready(const Client& client, u32 seq) override;
  void on_message(Client& client, std::string_view message, u64 now_ns) override;
  Outgoing& outgoing(u32 room);

  const Config& config_;
  Fleet fleet_;
  Ledger ledger_;
  Progress progress_;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;  // by room
  bool sending_ = true;
};

// The three flows.
std::unique_ptr<FlowRun> make_fanout(const Config& config);
std::unique_ptr<FlowRun> make_players(const Config& config);
std::unique_ptr<FlowRun> make_echo(const Config& config);
// Connect, join, stay, leave.
Result run_idle(const Config& config);
// Rooms whose members move and see each other move.
Result run_state(const Config& config);
// Players among a crowd of hostile connections.
Result run_attack(const Config& config);
// Many drop at once and come back with their sessions.
Result run_resume(const Config& config);

}  // namespace perseid::load
