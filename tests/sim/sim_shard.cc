#include "tests/sim/sim_shard.h"

#include <algorithm>
#include <cstring>

#include "codec/close_payload.h"
#include "tests/sim/initialised.h"

namespace perseid::sim {
namespace {

constexpr u64 kCloseWaitMs = 3000;

RelayConfig config_of(const Plan& plan, Store* store, ShardId id) {
  RelayConfig config;
  config.options = &plan.options;
  config.rules = rules_of(plan);
  config.shard = id;
  config.shard_count = plan.shards;
  config.store = store;
  config.events_wanted = 0;
  Dice dice(plan.seed * 1000 + 7);
  for (u8& byte : config.hash_key) byte = static_cast<u8>(dice.next());
  Dice own(plan.seed * 1000 + 100 + id);
  for (u8& byte : config.seed) byte = static_cast<u8>(own.next());
  return config;
}

}  // namespace

SimShard::SimShard(Stage stage, Office& office, ShardId id)
    : stage_(stage),
      office_(office),
      id_(id),
      relay_(std::make_unique<Relay>(config_of(stage.plan, stage.store, id), *this)) {}

// Batches go home before the relay does.
SimShard::~SimShard() {
  for (Slot slot = 0; slot < wires_.slots_used(); ++slot) {
    if (!wires_.live(slot)) continue;
    Wire& wire = wires_[slot];
    if (wire.batch_out) relay_->sent(wire.session, wire.batch, wire.batch.total_bytes);
  }
}

Handle SimShard::connect(Player& player, WireFormat format, const WirePlan& plan) {
  const Slot slot = wires_.acquire();
  Wire& wire = wires_[slot];
  wire.player = &player;
  wire.life = player.life();
  wire.format = format;
  wire.plan = plan;
  wire.last_heard_ms = wire.last_read_ms = now_.mono_ms;
  wire.session = relay_->open({.connection = wires_.handle(slot), .format = format});
  return wires_.handle(slot);
}

void SimShard::cut(Handle handle) {
  Wire* wire = wires_.find(handle);
  if (wire == nullptr) return;
  wire->cut = true;
  leave_behind(handle);
}

void SimShard::leave_behind(Handle handle) {
  Wire* wire = wires_.find(handle);
  if (wire == nullptr || wire->player == nullptr) return;
  wire->life = wire->player->life();
  wire->player = nullptr;
}

bool SimShard::hand_over(Handle connection, ShardId to, Opcode opcode, Bytes message, u32 done) {
  Wire* wire = wires_.find(connection);
  if (wire == nullptr || wire->phase != Wire::Phase::open || stage_.dice.percent(5)) return false;
  wire->moving = true;
  wire->moves_to = to;
  wire->moves_with = {
      .opcode = opcode, .bytes = std::string(as_text(message)), .handed_over = true, .done = done};
  return true;
}

// What it is owed leaves before anything that the other shard says.
void SimShard::move_on(Slot slot, Wire& wire) {
  relay_->take_replies(wire.session, wire.kernel);
  relay_->closed(wire.session);
  wire.session = kNoSlot;
  wire.up.push_front({now_.mono_ms, std::move(wire.moves_with)});
  moves_.push_back({wire.moves_to, std::move(wire)});
  wires_.release(slot);
}

Handle SimShard::adopt(Move&& move) {
  const Slot slot = wires_.acquire(std::move(move.wire));
  Wire& wire = wires_[slot];
  wire.moving = wire.blocked = wire.flush_queued = false;
  wire.last_read_ms = std::min(wire.last_read_ms, now_.mono_ms);
  wire.session = relay_->open({.connection = wires_.handle(slot), .format = wire.format});
  return wires_.handle(slot);
}

bool SimShard::post(ShardId to, Letter&& letter, Post urgency) {
  return office_.post(id_, to, std::move(letter), urgency);
}

void SimShard::close(Handle connection, CloseCode code, std::string_view) {
  Wire* wire = wires_.find(connection);
  // What is on its way keeps the session of a broken connection, which may become too slow yet.
  if (wire != nullptr && wire->phase == Wire::Phase::closed && code == CloseCode::too_slow) {
    stage_.book.lives[wire->life].ending = true;
  }
  if (wire == nullptr || wire->phase != Wire::Phase::open) return;
  if (code == CloseCode::heartbeat_timeout) {
    const u64 silent_ms = now_.mono_ms - wire->last_heard_ms;
    if (silent_ms < stage_.plan.options.timeout_ms) {
      stage_.verdict.fail("a client was declared dead after " + std::to_string(silent_ms) + " ms");
    }
    if (!wire->ever_ill && wire->player != nullptr && wire->player->answers_pings) {
      stage_.verdict.fail("life " + std::to_string(wire->player->life()) +
                          " answers, but was declared dead after " + std::to_string(silent_ms) +
                          " ms; socket holds " + std::to_string(wire->kernel.size()));
    }
  } else if (code == CloseCode::too_slow) {
    if (!wire->ever_ill && wire->last_blocked_ms == 0 &&
        stage_.plan.options.client_bytes_per_second == 0 &&
        stage_.plan.options.outbox_bytes_max > 100000) {
      stage_.verdict.fail("a client that reads was called too slow");
    }
  }
  Player* player = wire->player;
  if (code == CloseCode::heartbeat_timeout) wire->player = nullptr;
  start_closing(connection.slot, *wire, code);
  if (code == CloseCode::heartbeat_timeout && player != nullptr) player->lost();
}

void SimShard::reseat(Handle connection, Slot session) {
  Wire* wire = wires_.find(connection);
  if (wire == nullptr || wire->session == kNoSlot) return stage_.verdict.fail("a seat for nobody");
  wire->session = session;
}

void SimShard::start_closing(Slot slot, Wire& wire, CloseCode code) {
  wire.phase = Wire::Phase::closing;
  const u32 life = wire.player != nullptr ? wire.player->life() : wire.life;
  if (code != CloseCode::heartbeat_timeout && code != CloseCode::session_taken_over) {
    stage_.book.lives[life].ending = true;
  }
  if (wire.player != nullptr) wire.player->give_all_up();
  wire.close_code = code;
  wire.close_deadline_ms = now_.mono_ms + kCloseWaitMs;
  std::array<u8, kControlPayloadBytesMax> payload;
  const u32 size = write_close_payload(payload, static_cast<u16>(code), {});
  wire.close_frame.resize(kServerFrameHeaderBytesMax + size);
  const u32 header = write_frame_header(wire.close_frame.data(), Opcode::close, size);
  std::copy_n(payload.data(), size, wire.close_frame.data() + header);
  wire.close_frame.resize(header + size);
  queue_flush(slot, wire);
}

// In the order of net/event_loop: completions, letters, the end of the turn, flushes.
void SimShard::turn(Now now) {
  if (turns_++ > 0) longest_turn_ms_ = std::max(longest_turn_ms_, now.mono_ms - now_.mono_ms);
  now_ = now;
  relay_->begin_turn(now);
  const bool adapts = stage_.plan.options.action_window_ms == kAuto;
  if (adapts && stage_.dice.percent(20)) relay_->set_load(stage_.dice.below(1001));
  for (Slot slot = 0; slot < wires_.slots_used(); ++slot) {
    if (wires_.live(slot)) run_wire(slot, wires_[slot]);
  }
  Letter letter;
  while (office_.take(id_, now.mono_ms, letter)) {
    relay_->deliver(std::move(letter));
    if (!office_.prompt && stage_.dice.percent(2)) break;
  }
  relay_->end_turn();
  for (const Slot session : relay_->touched()) {
    const Handle handle = relay_->connection_of(session);
    if (Wire* wire = wires_.find(handle)) queue_flush(handle.slot, *wire);
  }
  flushing_.swap(flushes_);
  for (const Slot slot : flushing_) {
    if (!wires_.live(slot)) continue;
    wires_[slot].flush_queued = false;
    flush(wires_[slot]);
  }
  flushing_.clear();
}

void SimShard::run_wire(Slot slot, Wire& wire) {
  if (wire.batch_out && (turns_ >= wire.batch_home_turn || office_.prompt)) send_home(slot, wire);
  if (wire.phase != Wire::Phase::closed && wire.cut) finish(wire);
  if (wire.phase != Wire::Phase::closed) {
    read_some(wire);
    take_uploads(wire);
    while (!wire.moving && !wire.up.empty() && wire.up.front().at_ms <= now_.mono_ms &&
           wire.phase != Wire::Phase::closed) {
      Upload upload = std::move(wire.up.front().upload);
      wire.up.pop_front();
      feed(slot, wire, upload);
    }
    if (wire.moving && !wire.batch_out && wire.phase == Wire::Phase::open) {
      return move_on(slot, wire);
    }
    if (wire.phase == Wire::Phase::closing && now_.mono_ms >= wire.close_deadline_ms) finish(wire);
  }
  if (wire.blocked && wire.phase != Wire::Phase::closed &&
      wire.kernel.size() < wire.plan.kernel_bytes_max) {
    wire.blocked = false;
    queue_flush(slot, wire);
  }
  check_silence(wire);
  if (wire.phase != Wire::Phase::closed || wire.batch_out) return;
  if (wire.player != nullptr) wire.player->gone();
  wires_.release(slot);
}

void SimShard::take_uploads(Wire& wire) {
  if (wire.player == nullptr) return;
  for (Upload& upload : wire.player->uploads) {
    const u64 not_before = wire.up.empty() ? 0 : wire.up.back().at_ms;
    const u64 at_ms = now_.mono_ms + stage_.dice.below(wire.plan.up_delay_ms + 1);
    wire.up.push_back({std::max(not_before, at_ms), std::move(upload)});
  }
  wire.player->uploads.clear();
  if (!wire.player->wants_close || wire.peer_closed) return;
  const u64 last_ms = wire.up.empty() ? now_.mono_ms : wire.up.back().at_ms;
  wire.up.push_back({last_ms, {Opcode::close, {}, false}});
  wire.peer_closed = true;
}

void SimShard::feed(Slot slot, Wire& wire, Upload& upload) {
  if (wire.session == kNoSlot) return;
  wire.last_heard_ms = now_.mono_ms;
  relay_->heard(wire.session);
  if (upload.opcode == Opcode::close) {
    if (wire.phase == Wire::Phase::open) {
      relay_->begin_close(wire.session);
      start_closing(slot, wire, CloseCode::normal);
    }
    return queue_flush(slot, wire);
  }
  if (wire.phase != Wire::Phase::open) return;
  std::string& bytes = upload.bytes;
  const std::size_t size = bytes.size();
  if (is_control(upload.opcode)) {
    if (upload.opcode == Opcode::pong && relay_->ponged(wire.session, as_bytes(bytes))) return;
    if (relay_->charge_control(wire.session, static_cast<u32>(size)) != Error::ok) {
      relay_->begin_close(wire.session);
      return start_closing(slot, wire, CloseCode::too_many_messages);
    }
    if (upload.opcode != Opcode::ping) return;
    std::array<u8, 2 + kControlPayloadBytesMax> pong;
    const u32 header = write_frame_header(pong.data(), Opcode::pong, size);
    std::memcpy(pong.data() + header, bytes.data(), size);
    if (relay_->push_frame(wire.session, {pong.data(), header + size}) != Error::ok) {
      return;  // the relay has asked for the close by itself
    }
    return queue_flush(slot, wire);
  }
  bytes.resize(size + kParsePaddingBytes);
  if (upload.handed_over) {
    return relay_->receive_on(wire.session, upload.opcode,
                              {reinterpret_cast<u8*>(bytes.data()), size}, upload.done);
  }
  relay_->receive(wire.session, upload.opcode, {reinterpret_cast<u8*>(bytes.data()), size});
}

void SimShard::read_some(Wire& wire) {
  const u64 elapsed_ms = now_.mono_ms - wire.last_read_ms;
  wire.last_read_ms = now_.mono_ms;
  const u64 allowance =
      elapsed_ms * wire.plan.read_bytes_per_ms + (wire.plan.read_bytes_per_ms != 0);
  std::size_t bytes = static_cast<std::size_t>(std::min<u64>(wire.kernel.size(), allowance));
  if (bytes == 0 || wire.player == nullptr) return;
  std::vector<u8> in(wire.kernel.begin(), wire.kernel.begin() + static_cast<std::ptrdiff_t>(bytes));
  wire.kernel.erase(wire.kernel.begin(), wire.kernel.begin() + static_cast<std::ptrdiff_t>(bytes));
  // In any cut.
  const std::size_t cut = stage_.dice.below(in.size() + 1);
  wire.player->receive({in.data(), cut});
  wire.player->receive({in.data() + cut, in.size() - cut});
}

void SimShard::flush(Wire& wire) {
  if (wire.batch_out || wire.blocked || wire.phase == Wire::Phase::closed || wire.moving) return;
  if (wire.session != kNoSlot && !wire.close_sent) {
    relay_->gather(wire.session, wire.batch);
    check_batch(wire);
    const u32 total_bytes = wire.batch.total_bytes;
    if (!wire.batch.empty()) {
      wire.batch_out = true;
      const u64 rate = stage_.plan.options.client_bytes_per_second;
      const u64 debt_ms = rate == 0 ? 0 : u64{total_bytes} * 1000 / rate + 200;
      busy_until_ms_ = std::max(busy_until_ms_, now_.mono_ms + debt_ms);
      wire.batch_home_turn = turns_ + 1 + stage_.dice.below(3);
      return;
    }
  }
  if (wire.phase != Wire::Phase::closing) return;
  if (!wire.close_frame.empty()) {
    wire.kernel.insert(wire.kernel.end(), wire.close_frame.begin(), wire.close_frame.end());
    wire.close_frame.clear();
    wire.close_sent = true;
  }
  if (wire.peer_closed && wire.up.empty()) finish(wire);
}

// One send is bounded, but for what passes in any case: its first slice, and a whole state.
void SimShard::check_batch(const Wire& wire) {
  u32 total_bytes = 0;
  u32 bounded_bytes = 0;
  for (u32 i = 0; i < wire.batch.count; ++i) {
    const SendSlice& slice = wire.batch.slices[i];
    total_bytes += slice.size_bytes;
    if (i > 0 && slice.source != SendSlice::Source::keyframe) bounded_bytes += slice.size_bytes;
  }
  if (total_bytes != wire.batch.total_bytes) stage_.verdict.fail("a batch's sum is wrong");
  if (bounded_bytes <= stage_.plan.options.flush_bytes_max) return;
  stage_.verdict.fail("one send of " + std::to_string(bounded_bytes) + " bytes too many");
}

void SimShard::queue_flush(Slot slot, Wire& wire) {
  if (wire.flush_queued) return;
  wire.flush_queued = true;
  flushes_.push_back(slot);
}

// The kernel took what it had room for; sometimes less, sometimes nothing.
void SimShard::send_home(Slot slot, Wire& wire) {
  wire.batch_out = false;
  const u32 total = wire.batch.total_bytes;
  if (wire.phase == Wire::Phase::closed || wire.cut) {
    relay_->sent(wire.session, wire.batch, total);
    if (wire.phase == Wire::Phase::closed) detach(wire);
    return;
  }
  const std::size_t held = wire.kernel.size();
  const std::size_t room =
      wire.plan.kernel_bytes_max - std::min<std::size_t>(wire.plan.kernel_bytes_max, held);
  u32 taken = static_cast<u32>(std::min<std::size_t>(room, total));
  if (!office_.prompt && stage_.dice.percent(3)) taken = stage_.dice.below(taken + 1);
  note_batch(wire, taken);
  deliver(wire, taken);
  if (betray(wire, taken)) taken = total;
  relay_->sent(wire.session, wire.batch, taken);
  if (!wire.batch.empty()) stage_.verdict.fail("a batch was not emptied");
  if (taken < total) {
    wire.blocked = true;
    wire.last_blocked_ms = now_.mono_ms;
  } else if (wire.phase == Wire::Phase::closing || relay_->wants_send(wire.session)) {
    queue_flush(slot, wire);
  }
}

void SimShard::note_batch(const Wire& wire, u32 taken) {
  if (!stage_.verdict.traced()) return;
  std::string text =
      "session " + std::to_string(wire.session) + " on shard " + std::to_string(id_) + ": batch of";
  for (u32 i = 0; i < wire.batch.count; ++i) {
    const SendSlice& slice = wire.batch.slices[i];
    text += slice.source == SendSlice::Source::lane
                ? " lane " + std::to_string(slice.lane) + "@" + std::to_string(slice.position) + ":"
            : slice.source == SendSlice::Source::keyframe ? " keyframe:"
                                                          : " outbox:";
    text += std::to_string(slice.size_bytes);
  }
  if (wire.player != nullptr) text += " to player of life " + std::to_string(wire.player->life());
  stage_.verdict.note(text + ", taken " + std::to_string(taken));
}

void SimShard::deliver(Wire& wire, u32 taken) {
  for (u32 i = 0; i < wire.batch.count && taken > 0; ++i) {
    const SendSlice& slice = wire.batch.slices[i];
    const u32 bytes = std::min(taken, slice.size_bytes);
    if (!is_initialised({slice.data, bytes})) stage_.verdict.fail("bytes that nobody wrote");
    wire.kernel.insert(wire.kernel.end(), slice.data, slice.data + bytes);
    taken -= bytes;
  }
}

void SimShard::finish(Wire& wire) {
  if (wire.phase == Wire::Phase::closed) return;
  wire.phase = Wire::Phase::closed;
  if (!wire.batch_out) detach(wire);
}

void SimShard::detach(Wire& wire) {
  if (wire.session == kNoSlot) return;
  const Slot session = wire.session;
  wire.session = kNoSlot;
  relay_->closed(session);
}

void SimShard::check_silence(const Wire& wire) {
  if (wire.phase != Wire::Phase::open) return;
  const Options& options = stage_.plan.options;
  const u64 bound_ms =
      options.timeout_ms + options.heartbeat_interval_ms + 2 * longest_turn_ms_ + 10;
  if (now_.mono_ms - wire.last_heard_ms > bound_ms) {
    stage_.verdict.fail("a silent client lives on");
  }
}

bool SimShard::quiet() {
  if (!moves_.empty()) return false;
  for (Slot slot = 0; slot < wires_.slots_used(); ++slot) {
    if (!wires_.live(slot)) continue;
    const Wire& wire = wires_[slot];
    if (wire.batch_out || wire.flush_queued || !wire.up.empty() || !wire.kernel.empty())
      return false;
    if (wire.phase != Wire::Phase::open || wire.blocked) return false;
    if (wire.player != nullptr && !wire.player->uploads.empty()) return false;
    if (relay_->wants_send(wire.session)) return false;
  }
  return true;
}

void SimShard::everyone_reads() {
  for (Slot slot = 0; slot < wires_.slots_used(); ++slot) {
    if (!wires_.live(slot)) continue;
    wires_[slot].plan = WirePlan{};
    if (wires_[slot].player != nullptr) wires_[slot].player->answer_pings();
  }
}

}  // namespace perseid::sim
