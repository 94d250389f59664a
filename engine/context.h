// Context: what all parts of one shard's rules share: the turn's time, options, counters, segments,
// timers. Thread: the shard's. Owns: the pool and the wheel; everything that holds segments is
// destroyed before it.
#pragma once

#include <memory>
#include <string>

#include "codec/deflate.h"
#include "codec/state_models.h"
#include "engine/chat_book.h"
#include "engine/letter.h"
#include "engine/overload.h"
#include "engine/relay_config.h"
#include "engine/state_model.h"
#include "engine/stats.h"
#include "engine/time.h"
#include "engine/timer_wheel.h"
#include "engine/world.h"

namespace perseid {

// What a timer is for; the low 32 bits of its cookie name the slot.
enum class TimerKind : u32 {
  heartbeat_cohort,
  send_budget,
  state_rate,
  resume_window,
  admission,
  keyframe_ask,
  room_tick,
  room_window,
  room_tidy,
  room_linger,
  room_store
};

constexpr u64 timer_cookie(TimerKind kind, Slot slot) {
  return u64{static_cast<u32>(kind)} << 32 | slot;
}

struct Context {
  Context(const RelayConfig& c, World& w)
      : config(c),
        options(*c.options),
        world(w),
        stats(c.stats == nullptr ? own_stats : *c.stats) {}

  const RelayConfig config;
  const Options& options;
  World& world;
  Now now;
  Stats own_stats;
  Stats& stats;
  SegmentPool pool;
  TimerWheel timers;
  Overload overload;
  std::string scratch;                          // for one message's text; its capacity stays
  ChatFolder chat_folder;                       // for one chat message's; likewise
  StateDelta state_delta;                       // for one tick's; likewise
  StateModels keyframe_models;                  // for one coded keyframe; likewise
  std::unique_ptr<DictionaryCoder> dictionary;  // likewise, where there is one
  std::unique_ptr<Deflater> deflater;           // made when the first compressed format appears

  bool wants(EventKind kind) const {
    return (config.events_wanted >> static_cast<u8>(kind) & 1) != 0;
  }
  void emit(EventKind kind, SessionUid client, std::string_view room = {}, Error error = Error::ok,
            std::string_view detail = {}, u64 size_bytes = 0) {
    if (!wants(kind)) return;
    world.emit({.kind = kind,
                .now = now,
                .shard = config.shard,
                .client = client,
                .room = room,
                .error = error,
                .detail = detail,
                .size_bytes = size_bytes});
  }
};

// The way to any shard, this one included: letters to oneself are delivered at once, others by the
// world.
class Mail {
 public:
  virtual ~Mail() = default;
  virtual bool send(ShardId to, Letter&& letter, Post urgency = Post::control) = 0;
};

}  // namespace perseid
