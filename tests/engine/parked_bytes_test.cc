// What a session costs that waits to be resumed: at most 512 bytes, all in all.
#include <gtest/gtest.h>
#include <malloc.h>

#include "tests/engine/resumes.h"
#include "tests/support/slow_build.h"

namespace perseid::test {
namespace {

constexpr u32 kSessions = 2000;
constexpr u64 kBytesMax = 512;

u64 heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// A relay whose peers vanish without a trace, so that nothing but it is measured.
class Quiet final : public World {
 public:
  bool post(ShardId, Letter&&, Post) override { return false; }
  void close(Handle, CloseCode, std::string_view) override {}
  void reseat(Handle, Slot) override {}
  void emit(const Event&) override {}
};

class ParkedBytes : public testing::Test {
 protected:
  ParkedBytes() {
    options.room_linger_ms = 0;
    options.chat_history = 0;
    options.chat_window_bytes = options.burst_window_bytes = 4096;
    relay = std::make_unique<Relay>(RelayConfig{.options = &options}, world);
    turn();
  }
  void say(Slot slot, const std::string& message) {
    std::vector<u8> bytes(message.size() + kParsePaddingBytes);
    std::copy(message.begin(), message.end(), bytes.begin());
    relay->receive(slot, Opcode::text, {bytes.data(), message.size()});
  }
  void turn(u64 ms = 0) {
    now.mono_ms += ms;
    now.unix_ms += ms;
    relay->begin_turn(now);
    relay->end_turn();
    const std::span<const Slot> touched = relay->touched();
    for (const Slot slot : std::vector<Slot>(touched.begin(), touched.end())) {
      if (!relay->connection_of(slot)) continue;
      while (relay->wants_send(slot)) {
        SendBatch batch;
        relay->gather(slot, batch);
        if (batch.empty()) break;
        relay->sent(slot, batch, batch.total_bytes);
      }
    }
  }
  // Comes, joins the room, publishes with ids, and is gone.
  void come_and_go(u32 number) {
    const Slot slot = relay->open({.connection = {number, 1}, .format = kJson});
    say(slot, system("hello", R"("name":"client )" + std::to_string(number) + '"'));
    say(slot, system("join", room_field("lobby")));
    for (u32 i = 0; i < 70; ++i) say(slot, chat("lobby", "1", std::to_string(i)));
    turn();
    relay->closed(slot);
  }

  Options options;
  Quiet world;
  Now now{.mono_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  std::unique_ptr<Relay> relay;
};

TEST_F(ParkedBytes, a_session_that_waits_costs_at_most_512_bytes) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's heap tells no sizes";
  options.parked_bytes_max = 0;
  come_and_go(0);  // pools and windows
  for (u32 i = 1; i < 50; ++i) come_and_go(i);
  const u64 before = heap_bytes();
  for (u32 i = 0; i < kSessions; ++i) come_and_go(50 + i);
  const u64 each = (heap_bytes() - before) / kSessions;
  RecordProperty("bytes", std::to_string(each));
  std::printf("%llu bytes each\n", static_cast<unsigned long long>(each));
  EXPECT_LE(each, kBytesMax);
  EXPECT_EQ(relay->stats().sessions_dropped, 50u + kSessions);
  turn(options.resume_window_ms + 1000);
  EXPECT_EQ(relay->stats().sessions_expired, 50u + kSessions);
  EXPECT_LT(heap_bytes(), before + u64{kSessions} * 320) << "slabs stay, the rest is given back";
}

}  // namespace
}  // namespace perseid::test
