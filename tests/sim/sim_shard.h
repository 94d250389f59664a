// SimShard: one shard of a run: a Relay, and the world around it as net/ builds it: connections
// whose sends are home a turn later, take what fits, or break; a turn in the same order as the
// event loop's. Thread: the run's. Owns: its relay and wires. Invariant: one batch out per wire.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/relay.h"
#include "engine/slab.h"
#include "tests/sim/office.h"
#include "tests/sim/player.h"

namespace perseid::sim {

struct WirePlan {
  u32 kernel_bytes_max = 65536;    // what the socket buffer takes
  u32 read_bytes_per_ms = 100000;  // 0: the player has stopped reading
  u32 up_delay_ms = 1;
};

struct Wire {
  enum class Phase : u8 { open, closing, closed };
  struct Coming {
    u64 at_ms;
    Upload upload;
  };
  Player* player = nullptr;  // null: the player has gone
  u32 life = 0;
  Slot session = kNoSlot;
  WireFormat format;
  WirePlan plan;
  Phase phase = Phase::open;
  bool cut = false;          // the player's end is gone without a word
  bool peer_closed = false;  // the player said close
  SendBatch batch;
  bool batch_out = false;
  u64 batch_home_turn = 0;
  bool blocked = false;
  bool flush_queued = false;
  std::vector<u8> kernel;  // accepted, not read yet
  std::deque<Coming> up;
  std::vector<u8> close_frame;
  bool close_sent = false;
  CloseCode close_code = CloseCode::none;
  u64 close_deadline_ms = 0;
  u64 last_heard_ms = 0;
  u64 last_read_ms = 0;
  u64 last_blocked_ms = 0;
  bool ever_ill = false;  // was slow, stalled or silent at some time
  bool moving = false;    // to another shard, which is to read this first
  ShardId moves_to = 0;
  Upload moves_with;
};

// A wire on its way from one shard to another, with what its client asked for there.
struct Move {
  ShardId to = 0;
  Wire wire = {};
};

class SimShard final : public World {
 public:
  SimShard(Stage stage, Office& office, ShardId id);
  ~SimShard() override;

  Handle connect(Player& player, WireFormat format, const WirePlan& plan);
  void cut(Handle handle);           // the player vanishes
  void leave_behind(Handle handle);  // it has another connection; this one nobody reads
  Handle adopt(Move&& move);
  std::vector<Move> take_moves() { return std::exchange(moves_, {}); }
  Wire* find(Handle handle) { return wires_.find(handle); }
  void turn(Now now);
  bool quiet();                                         // nothing on its way
  u64 busy_until_ms() const { return busy_until_ms_; }  // a send budget may hold things back
  void everyone_reads();                                // at rest all links are good
  Relay& relay() { return *relay_; }

  // World.
  bool post(ShardId to, Letter&& letter, Post urgency) override;
  void close(Handle connection, CloseCode code, std::string_view reason) override;
  void reseat(Handle connection, Slot session) override;
  bool hand_over(Handle connection, ShardId to, Opcode opcode, Bytes message, u32 done) override;
  void emit(const Event&) override {}

 private:
  void run_wire(Slot slot, Wire& wire);
  void take_uploads(Wire& wire);
  void feed(Slot slot, Wire& wire, Upload& upload);
  void read_some(Wire& wire);
  void send_home(Slot slot, Wire& wire);
  void deliver(Wire& wire, u32 taken);
  void note_batch(const Wire& wire, u32 taken);
  void check_batch(const Wire& wire);
  // Betrayals (sim_faults.cc).
  bool betray(Wire& wire, u32 taken);
  bool betray_lane(Wire& wire, const SendSlice& slice);
  bool betray_state(Wire& wire, const SendSlice& slice);
  void flush(Wire& wire);
  void queue_flush(Slot slot, Wire& wire);
  void start_closing(Slot slot, Wire& wire, CloseCode code);
  void finish(Wire& wire);
  void detach(Wire& wire);
  void check_silence(const Wire& wire);

  Stage stage_;
  Office& office_;
  const ShardId id_;
  std::unique_ptr<Relay> relay_;
  Slab<Wire> wires_;
  void move_on(Slot slot, Wire& wire);
  std::vector<Move> moves_;
  std::vector<Slot> flushes_;
  std::vector<Slot> flushing_;
  Now now_;
  u64 turns_ = 0;
  u64 longest_turn_ms_ = 0;
  u64 busy_until_ms_ = 0;
};

}  // namespace perseid::sim
