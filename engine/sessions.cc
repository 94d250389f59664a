#include "engine/sessions.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "codec/delivery.h"
#include "codec/frame.h"
#include "engine/answers.h"
#include "engine/lane_log.h"

namespace perseid {
namespace {

u32 first_generation(const RelayConfig& config) {
  u32 generation = 0;
  std::memcpy(&generation, config.seed.data(), sizeof generation);
  return generation | 1;
}

// What a message to an absent client may cost beyond its own bytes.
constexpr u64 kChunkBytesMax = 1024;

}  // namespace

Sessions::Sessions(Context& context)
    : context_(context), sessions_(first_generation(context.config)), parking_(context) {}

Sessions::~Sessions() {
  each([&](Slot slot) { sessions_[slot].outbox.clear(context_.pool); });
}

Slot Sessions::open(const PeerInfo& peer) {
  const Slot slot = take_slot(peer.connection, peer.format);
  if (context_.options.address_messages_per_second != 0 && peer.address_key != 0) {
    entry(address_of_, slot, kNoSlot) = addresses_.enter(peer.address_key);
  }
  ++context_.stats.sessions_opened;
  context_.emit(EventKind::client_connected, uid(slot));
  return slot;
}

Slot Sessions::take_slot(Handle connection, WireFormat format) {
  const Slot slot = sessions_.acquire();
  PSD_ASSERT(slot < 1u << 24);
  Session& session = sessions_[slot];
  session.connection = connection;
  session.format = format;
  session.last_heard_ms = static_cast<u32>(context_.now.mono_ms);
  while (cohort_looks_ms_.size() * kCohortSlots <= slot) {
    // A new cohort starts at its own phase, so that heartbeats are spread over the interval.
    const u64 cohort = cohort_looks_ms_.size();
    const u64 phase_ms = (cohort * 0x9e3779b97f4a7c15u >> 33) % cohort_period_ms();
    cohort_looks_ms_.push_back(context_.now.mono_ms);
    context_.timers.schedule(context_.now.mono_ms + phase_ms + 1,
                             timer_cookie(TimerKind::heartbeat_cohort, static_cast<Slot>(cohort)));
  }
  return slot;
}

void Sessions::close(Slot slot) {
  Session& session = sessions_[slot];
  PSD_ASSERT(session.first_member == kNoSlot && !session.batch_out);
  const bool noted = slot < ends_.size() && !ends_[slot].empty();
  const std::string_view why =
      noted ? std::exchange(ends_[slot], {}) : std::string_view("The connection broke.");
  if (!session.stands_in) {
    ++context_.stats.sessions_closed;
    context_.emit(EventKind::client_disconnected, uid(slot), {}, Error::ok, why);
  }
  session.outbox.clear(context_.pool);
  if (slot < address_of_.size() && address_of_[slot] != kNoSlot) {
    addresses_.leave(address_of_[slot]);
    address_of_[slot] = kNoSlot;
  }
  if (slot < bytes_out_.size()) bytes_out_[slot] = {};
  sessions_.release(slot);
}

void Sessions::heard(Slot slot) {
  Session& session = sessions_[slot];
  session.last_heard_ms = static_cast<u32>(context_.now.mono_ms);
  if (!session.quiet) return;
  session.quiet = false;
  context_.emit(EventKind::health_updated, uid(slot), {}, Error::ok, "answers again");
}

u32 Sessions::charge(Slot slot, MessageCost cost, Error& error) {
  Session& session = sessions_[slot];
  const Options& options = context_.options;
  const u64 now_ms = context_.now.mono_ms;
  error = Error::ok;
  u32 retry_after_ms = session.messages_in.take(1, options.session_messages_per_second, now_ms);
  if (retry_after_ms == 0 && cost.bytes != 0) {
    retry_after_ms = session.bytes_in.take(cost.bytes, options.session_bytes_per_second, now_ms);
  }
  if (retry_after_ms == 0 && slot < address_of_.size() && address_of_[slot] != kNoSlot) {
    retry_after_ms =
        addresses_.bucket(address_of_[slot]).take(1, options.address_messages_per_second, now_ms);
  }
  if (retry_after_ms == 0) return 0;
  ++context_.stats.rate_limited;
  // Refused messages and their bytes cost a quarter: who sends on regardless, at several times the
  // rate, runs into a debt that ends the connection.
  session.messages_in.charge(1, u64{options.session_messages_per_second} * 4, now_ms);
  error = charge_waste(slot, cost.bytes_if_refused / 4);
  if (error == Error::ok) error = Error::rate_limited;
  // Who waits as told is let through: the time covers what the refusal itself cost.
  return std::max(retry_after_ms,
                  session.messages_in.wait(1, options.session_messages_per_second, now_ms));
}

Error Sessions::charge_waste(Slot slot, u64 bytes) {
  constexpr u64 kFloodDebtMs = 8000;
  TokenBucket& bucket = sessions_[slot].messages_in;
  const u64 rate = context_.options.session_bytes_per_second;
  const u64 now_ms = context_.now.mono_ms;
  // A single message, however large beside the rate, is no flood.
  bucket.charge(std::min(bytes, rate * TokenBucket::kBurstSeconds), rate, now_ms);
  if (bucket.debt_ms(now_ms, kFloodDebtMs) == 0) return Error::ok;
  ++context_.stats.floods_closed;
  return Error::too_many_messages;
}

// Two bounds, because a client that asks for much at one go has done nothing wrong yet: what it was
// offered and did not read, and what could not be offered so far.
bool Sessions::has_room(Slot slot, u32 size_bytes) {
  const Session& session = sessions_[slot];
  const Options& options = context_.options;
  if (session.parked && !parking_.fits(size_bytes + kChunkBytesMax)) return false;
  // Room for the words that something was refused.
  constexpr u64 kRefusalBytesMax = 512;
  constexpr u64 kRefusalsBytesMax = 64 * KiB;
  u64 most = options.outbox_bytes_max;
  if (!session.unread) {
    most = std::max(options.outbox_bytes_max, options.answers_bytes_max);
    if (size_bytes <= kRefusalBytesMax) most += kRefusalsBytesMax;
  }
  if (!session.admitted) most = std::min(most, u64{options.unauthenticated_bytes_max});
  // One frame larger than the whole outbox may wait alone: a history answer, a long message.
  return session.outbox.reply_bytes() == 0 || session.outbox.reply_bytes() + size_bytes <= most;
}

u8* Sessions::reserve(Slot slot, u32 size_bytes) {
  Session& session = sessions_[slot];
  if (session.parked) return reserve_parked(session, size_bytes);
  if (session.overflowed || !has_room(slot, size_bytes)) {
    session.overflowed = true;
    if (!session.closing) {
      ++context_.stats.outbox_overflows;
      end(slot, Error::too_slow);
    }
    return nullptr;
  }
  touch(slot);
  return session.outbox.append(context_.pool, size_bytes);
}

void Sessions::push_what_fits(Slot slot, Bytes frames) {
  while (!frames.empty() && !has_room(slot, static_cast<u32>(frames.size()))) {
    frames = frames.subspan(frame_bytes_at(frames.data()));
  }
  if (frames.empty()) return;
  u8* out = reserve(slot, static_cast<u32>(frames.size()));
  if (out != nullptr) std::copy(frames.begin(), frames.end(), out);
}

bool Sessions::push_if_read(Slot slot, Bytes frame) {
  const Session& session = sessions_[slot];
  const auto size_bytes = static_cast<u32>(frame.size());
  if (session.closing || session.overflowed || session.unread || !has_room(slot, size_bytes)) {
    return false;
  }
  std::copy(frame.begin(), frame.end(), reserve(slot, size_bytes));
  return true;
}

void Sessions::answer(Slot slot, std::string_view json) {
  const Flavour flavour = sessions_[slot].format.flavour;
  const auto size_bytes = static_cast<u32>(system_bytes(flavour, json));
  if (u8* out = reserve(slot, size_bytes)) write_system(flavour, json, out);
}

bool Sessions::answer_if_room(Slot slot, std::string_view id, std::string_view json) {
  const Session& session = sessions_[slot];
  const auto size_bytes = static_cast<u32>(system_bytes(session.format.flavour, json));
  // Who does not read is closed, whatever it asked for.
  if (session.unread || has_room(slot, size_bytes)) {
    answer(slot, json);
    return true;
  }
  constexpr u32 kRetryMs = 100;
  ++context_.stats.answers_refused;
  answer_error(slot, id, Error::overloaded, {}, kRetryMs);
  return false;
}

void Sessions::answer_error(Slot slot, std::string_view id, Error error, std::string_view field,
                            u32 retry_after_ms, std::string_view detail) {
  ++context_.stats.errors_answered;
  context_.emit(EventKind::error_occurred, uid(slot), {}, error, field);
  std::string& text = context_.scratch;
  text.clear();
  answers::error(text, id, error, field, retry_after_ms, detail);
  answer(slot, text);
}

void Sessions::end(Slot slot, Error error) {
  Session& session = sessions_[slot];
  if (session.closing) return;
  session.ended = true;
  if (session.parked) return parking_.hurry(session.connection.generation);
  session.closing = true;
  touch(slot);
  note_end(slot, info(error).text);
  context_.emit(EventKind::error_occurred, uid(slot), {}, error);
  context_.world.close(session.connection, info(error).close, info(error).text);
}

void Sessions::note_end(Slot slot, std::string_view why) {
  if (!context_.wants(EventKind::client_disconnected)) return;
  std::string_view& noted = entry(ends_, slot, std::string_view{});
  if (noted.empty()) noted = why;
}

void Sessions::begin_flush() {
  // Copied, not swapped: each list then grows once, whichever turns the busy ones fall on.
  flushing_.assign(touched_.begin(), touched_.end());
  touched_.clear();
  for (const Slot slot : flushing_) {
    if (sessions_.live(slot)) sessions_[slot].touched = false;
  }
}

void Sessions::on_budget_timer(Slot slot) {
  // Another session may live there now; it is then only asked once too often.
  if (!sessions_.live(slot)) return;
  sessions_[slot].budget_wait = false;
  touch(slot);
}

// Four looks per interval: a silent client is found at most a quarter of an interval late.
u64 Sessions::cohort_period_ms() const {
  return std::max<u64>(
      1, std::min(context_.options.heartbeat_interval_ms, context_.options.timeout_ms) / 4);
}

void Sessions::on_heartbeat_timer(Slot cohort) {
  const Slot first = cohort * kCohortSlots;
  const u64 since_last_look_ms = context_.now.mono_ms - cohort_looks_ms_[cohort];
  cohort_looks_ms_[cohort] = context_.now.mono_ms;
  for (Slot slot = first; slot < first + kCohortSlots; ++slot) {
    if (!sessions_.live(slot) || sessions_[slot].closing || sessions_[slot].parked) continue;
    check_heartbeat(slot, since_last_look_ms);
  }
  context_.timers.schedule(context_.now.mono_ms + cohort_period_ms(),
                           timer_cookie(TimerKind::heartbeat_cohort, cohort));
}

void Sessions::check_heartbeat(Slot slot, u64 since_last_look_ms) {
  Session& session = sessions_[slot];
  if (session.read_back.is_lagging()) touch(slot);  // it may be time to give up waiting
  const u32 silent_ms = static_cast<u32>(context_.now.mono_ms) - session.last_heard_ms;
  if (silent_ms >= context_.options.timeout_ms) {
    ++context_.stats.heartbeat_timeouts;
    timed_out_.push_back(slot);
    return;
  }
  const u32 interval_ms = context_.options.heartbeat_interval_ms;
  // Looked at four times an interval, pinged once: when the silence has passed one more interval
  // since the last look, however late the looks are.
  const u64 silent_before_ms = silent_ms - std::min<u64>(silent_ms, since_last_look_ms);
  if (silent_ms / interval_ms == silent_before_ms / interval_ms) return;
  if (silent_ms >= 2 * interval_ms && !session.quiet) {
    session.quiet = true;
    context_.emit(EventKind::health_updated, uid(slot), {}, Error::ok, "missed a heartbeat");
  }
  ++context_.stats.heartbeats_sent;
  session.ping_due = true;
  touch(slot);
}

}  // namespace perseid
