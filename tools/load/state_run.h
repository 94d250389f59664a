// StateRun: the course of a run in which the members of each room move and see each other move:
// connect, warm up, measure, judge. Members count what comes by its first bytes; a few decode it,
// for the latency, so that the load does not limit what it measures.
// Thread: one. Owns: the fleet and its members.
#pragma once

#include <memory>
#include <vector>

#include "tools/load/fleet.h"
#include "tools/load/histogram.h"
#include "tools/load/progress.h"
#include "tools/load/result.h"
#include "tools/load/state_member.h"

namespace perseid::load {

class StateRun : public FleetHandler {
 public:
  explicit StateRun(const Config& config);
  // Throws std::runtime_error if the run cannot be made.
  Result run();

 protected:
  // The measured time; by default it just flows.
  virtual void measure(Result& result);
  // Called between events; returns when it wants to be called next (ns).
  virtual u64 act(u64) { return ~u64{0}; }
  virtual bool decodes(const Client& client) const;
  // A state message came.
  virtual void counted(const Client&, std::string_view, bool, u64) {}
  // A member decoded a state message.
  virtual void applied(const Client&, const StateHead&) {}
  virtual void finish(Result&) {}

  void flow_until(u64 end_ns, const char* phase);
  void publish(const Client& client, u64 when_ns);
  void wrong(const Client& client, const std::string& what);
  // A new picture if it is one that decodes.
  void begin_picture(const Client& client);
  Sample sample() const;

  const Config& config() const { return config_; }
  const Schema& schema() const { return *schema_; }
  Fleet& fleet() { return fleet_; }
  StateMember& member(const Client& client) { return members_[client.index]; }
  const Histogram& latency() const { return latency_; }
  StateFigures& figures() { return figures_; }
  std::string join_fields(const Client&) override;
  void on_system(Client& client, std::string_view json) override;

  bool sending_ = true;

 private:
  void on_ready(const Client&, u32) override {}
  void on_message(Client& client, std::string_view message, u64 now_ns) override;
  void joined(const Client& client, std::string_view json);
  void decode(const Client& client, std::string_view message, u64 now_ns);
  u64 pump(u64 now_ns);
  u64 due_ns(u64 number) const;
  void judge(Result& result) const;

  const Config& config_;
  std::shared_ptr<const Schema> schema_;
  Fleet fleet_;
  std::vector<StateMember> members_;
  std::vector<std::string> room_names_;
  Progress progress_;
  Histogram latency_;
  StateFigures figures_;
  std::vector<u8> frame_;
  u64 start_ns_ = 0;
  u64 next_ = 0;
  u64 sent_ = 0;
  u64 received_ = 0;
  u64 received_bytes_ = 0;
  u64 wrong_ = 0;
  std::string first_wrong_;
};

std::unique_ptr<StateRun> make_state_verify(const Config& config);
std::unique_ptr<StateRun> make_state_slow_half(const Config& config);

}  // namespace perseid::load
