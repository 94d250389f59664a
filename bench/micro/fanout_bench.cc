// engine: one message to N members of a room, from the bytes that came to the slices that the
// kernel would be given, without a kernel. What is left of a delivery when the system call is taken
// away.
#include <cstring>
#include <vector>

#include "bench/micro/bench.h"
#include "engine/relay.h"

namespace perseid::bench {
namespace {

constexpr u32 kPayloadBytes = 64;
constexpr u32 kWindowBytes = 16 * KiB;
constexpr u32 kWarmUpMessages = 250;  // until the window is full and every pool has grown

class NoWorld final : public World {
 public:
  bool post(ShardId, Letter&&, Post) override { return false; }
  void close(Handle, CloseCode, std::string_view) override { PSD_ASSERT(false); }
  void reseat(Handle, Slot) override { PSD_ASSERT(false); }
  void emit(const Event&) override {}
};

Options unlimited() {
  Options options;
  options.session_messages_per_second = 100'000'000;
  options.session_bytes_per_second = 4'000'000'000u;
  options.action_window_bytes = kWindowBytes;
  options.timeout_ms = 3'600'000;
  options.heartbeat_interval_ms = 3'600'000;
  return options;
}

// A relay of one shard whose network takes everything at once.
class Room {
 public:
  explicit Room(u32 members) : relay_({.options = &options_, .events_wanted = 0}, world_) {
    begin();
    for (u32 i = 0; i < members; ++i) {
      sessions_.push_back(relay_.open({.connection = {i, 1}, .format = WireFormat{}}));
      say(sessions_.back(), R"({"type":"system","op":"join","id":1,"room":"arena"})");
    }
    end();
  }

  // One action, and all of its deliveries; returns their bytes.
  u64 publish(std::string_view message) {
    begin();
    say(sessions_.front(), message);
    return end();
  }

 private:
  void begin() {
    now_.mono_ms += 1;
    now_.unix_ms = 1'700'000'000'000 + now_.mono_ms;
    relay_.begin_turn(now_);
  }

  void say(Slot session, std::string_view message) {
    buffer_.resize(message.size() + kParsePaddingBytes);
    std::memcpy(buffer_.data(), message.data(), message.size());
    relay_.receive(session, Opcode::text, {buffer_.data(), message.size()});
  }

  u64 end() {
    relay_.end_turn();
    u64 bytes = 0;
    for (const Slot session : relay_.touched()) {
      while (relay_.wants_send(session)) {
        SendBatch batch;
        relay_.gather(session, batch);
        bytes += batch.total_bytes;
        if (batch.empty()) break;
        relay_.sent(session, batch, batch.total_bytes);
      }
    }
    return bytes;
  }

  Options options_ = unlimited();
  NoWorld world_;
  Relay relay_;
  Now now_{.mono_ms = 1000, .unix_ms = 0};
  std::vector<Slot> sessions_;
  std::vector<u8> buffer_;
};

void fanout(benchmark::State& state, u32 members) {
  Room room(members);
  std::string message = R"({"type":"player_action","room":"arena","payload":{"p":")";
  message += some_text(kPayloadBytes - 8);
  message += R"("}})";
  for (u32 i = 0; i < kWarmUpMessages; ++i) room.publish(message);
  u64 bytes = 0;
  const u64 before = allocations();
  for (auto _ : state) bytes += room.publish(message);
  PSD_ASSERT(bytes > u64{members} * kPayloadBytes * static_cast<u64>(state.iterations()));
  report(state, bytes / static_cast<u64>(state.iterations()), before);
  state.SetItemsProcessed(static_cast<i64>(members) * state.iterations());
}

[[maybe_unused]] const bool registered =
    add("engine/fanout", "1", 1, fanout) && add("engine/fanout", "10", 10, fanout) &&
    add("engine/fanout", "100", 100, fanout) && add("engine/fanout", "500", 500, fanout) &&
    add("engine/fanout", "5000", 5000, fanout);

}  // namespace
}  // namespace perseid::bench
