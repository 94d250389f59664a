#include "engine/relay.h"

#include <type_traits>

#include "engine/answers.h"
#include "engine/dispatch.h"
#include "engine/keyed_hash.h"

namespace perseid {

// The parts of one shard's rules and the ways between them.
struct Relay::State final : Mail {
  State(const RelayConfig& config, World& world)
      : context(config, world),
        sessions(context),
        views(context, *this, sessions),
        rooms(context, *this),
        admissions(context, sessions),
        dispatch(context, *this, sessions, views, rooms, admissions) {}

  // To ourselves at once: what a letter causes here never sends more than a few further letters
  // deep.
  bool send(ShardId to, Letter&& letter, Post urgency) override {
    if (to == context.config.shard) {
      deliver(std::move(letter));
      return true;
    }
    ++context.stats.letters_out;
    return context.world.post(to, std::move(letter), urgency);
  }

  void deliver(Letter&& letter) {
    std::visit([this](auto& body) { take(body); }, letter.body);
  }
  void take(std::monostate&) {}
  void take(std::unique_ptr<JoinRequest>& body) { rooms.join(*body); }
  void take(std::unique_ptr<JoinAnswer>& body) { views.joined(*body); }
  void take(LeaveLetter& body) { rooms.leave(body); }
  void take(SeatLetter& body) { rooms.dropped(body); }
  void take(PublishLetter& body) { rooms.publish(body); }
  void take(DirectLetter& body) { dispatch.direct(body); }
  void take(PublishAnswer& body) { dispatch.published(body); }
  void take(LaneAdvance& body) { views.advance(body); }
  void take(KeyframeWanted& body) { rooms.keyframe_wanted(body); }
  void take(KeyframeLetter& body) { views.keyframe(body); }
  void take(std::unique_ptr<Ask>& body) { rooms.ask(*body); }
  void take(std::unique_ptr<TextAnswer>& body) {
    if (body->is_roster) return views.roster(*body);
    dispatch.text(*body);
  }
  void take(DiscoverCollect& body) { views.collect(body); }
  void take(DiscoverExpect& body) { dispatch.discover_expect(body); }
  void take(std::unique_ptr<DiscoverPart>& body) { dispatch.discover_part(*body); }
  void take(std::unique_ptr<CellsLetter>& body) { views.cells(*body); }
  void take(std::unique_ptr<ChatAsk>& body) { rooms.chat_ask(*body); }
  void take(std::unique_ptr<PassingLetter>& body) { views.passing(*body); }
  void take(KickLetter& body) { views.expel(body); }
  void take(std::unique_ptr<NoticeLetter>& body) { dispatch.notice(*body); }
  void take(NameLetter& body) { dispatch.name(body); }
  void take(NamedDirect& body) { dispatch.named(body); }
  void take(NamedAnswer& body) { dispatch.named_answer(body); }
  void take(std::unique_ptr<StoreJob>& body) {
    if (body->is_private()) return dispatch.stored(*body);
    rooms.stored(std::move(body));
  }

  void on_timer(u64 cookie) {
    const TimerKind kind = static_cast<TimerKind>(cookie >> 32);
    const Slot slot = static_cast<Slot>(cookie);
    switch (kind) {
      case TimerKind::heartbeat_cohort:
        sessions.on_heartbeat_timer(slot);
        for (const Slot dead : sessions.take_timed_out()) lose(dead);
        return;
      case TimerKind::resume_window:
        sessions.parking().expire(slot);
        return expire(sessions.parking().session_at(slot));
      case TimerKind::admission:
        return admissions.on_timer(slot);
      case TimerKind::send_budget:
        return sessions.on_budget_timer(slot);
      case TimerKind::state_rate:
        return views.on_rate_timer(slot);
      case TimerKind::keyframe_ask:
        return views.on_keyframe_timer(slot);
      case TimerKind::room_tick:
      case TimerKind::room_window:
      case TimerKind::room_tidy:
      case TimerKind::room_linger:
      case TimerKind::room_store:
        return rooms.on_timer(kind, slot);
    }
  }

  void closed(Slot slot) {
    if (sessions.may_park(slot) && park(slot)) return;
    views.leave_all(slot);
    dispatch.close(slot);
  }

  bool park(Slot slot) {
    while (sessions.parking().full()) expire(sessions.parking().oldest());
    const u32 members = views.members_of(slot);
    while (sessions.parking().size() > 0 && !sessions.seats_fit(members)) {
      expire(sessions.parking().oldest());
    }
    if (!sessions.park(slot, members)) return false;
    views.drop(slot);
    return true;
  }

  void expire(Slot slot) {
    ++context.stats.sessions_expired;
    views.leave_all(slot);
    sessions.unpark(slot);
    dispatch.close(slot);
  }

  // Nothing is heard of the client. What waits for it is kept from a stream that nobody reads.
  void lose(Slot slot) {
    if (!sessions.may_park(slot)) return sessions.end(slot, Error::heartbeat_timeout);
    const Slot closer = sessions.stand_in(slot);
    sessions.end(closer, Error::heartbeat_timeout);
    closed(slot);
  }

  // Destroyed in reverse: whoever holds segments goes before the pool in the context.
  Context context;
  Sessions sessions;
  Views views;
  Rooms rooms;
  Admissions admissions;
  Dispatch dispatch;
};

Relay::Relay(const RelayConfig& config, World& world)
    : state_(std::make_unique<State>(config, world)) {}
Relay::~Relay() = default;

void Relay::begin_turn(Now now) {
  state_->context.now = now;
  state_->context.timers.advance(now.mono_ms, [this](u64 cookie) { state_->on_timer(cookie); });
}

void Relay::set_load(u32 permille) {
  state_->rooms.set_load(permille);
}

void Relay::set_pressure(std::string_view why) {
  Context& context = state_->context;
  const Shedding before = context.overload.level();
  if (!context.overload.observe(!why.empty(), context.now.mono_ms)) return;
  const Shedding level = context.overload.level();
  const bool raised = level > before;
  ++(raised ? context.stats.overload_raised : context.stats.overload_lowered);
  std::string text(raised ? text_of(level) : "less is shed");
  if (raised) text.append(": ").append(why);
  if (!raised && level == Shedding::none) text = text_of(level);
  context.emit(EventKind::health_updated, {}, {}, raised ? Error::overloaded : Error::ok, text);
}

const Overload& Relay::overload() const {
  return state_->context.overload;
}

void Relay::end_turn() {
  state_->rooms.end_turn();
  state_->sessions.begin_flush();
}

u64 Relay::next_deadline_ms() const {
  if (state_->sessions.any_touched() || state_->rooms.any_grown())
    return state_->context.now.mono_ms;
  return state_->context.timers.next_deadline_ms();
}

std::span<const Slot> Relay::touched() {
  return state_->sessions.flushing();
}

Slot Relay::open(const PeerInfo& peer) {
  const Slot slot = state_->sessions.open(peer);
  state_->admissions.open(slot, peer.grant);
  state_->dispatch.opened(slot);
  return slot;
}

void Relay::heard(Slot session) {
  state_->sessions.heard(session);
}

void Relay::receive(Slot session, Opcode opcode, MutableBytes message) {
  state_->dispatch.receive(session, opcode, message);
}

void Relay::receive_on(Slot session, Opcode opcode, MutableBytes message, u32 done) {
  state_->dispatch.receive_on(session, opcode, message, done);
}

void Relay::closed(Slot session) {
  state_->closed(session);
}

WireFormat Relay::format_of(Slot session) const {
  return state_->sessions[session].format;
}

std::shared_ptr<const Grant> Relay::grant_of(Slot session) const {
  return state_->admissions.grant(session);
}

bool Relay::is_admitted(Slot session) const {
  return state_->sessions[session].admitted;
}

u64 Relay::address_key_of(Slot session) const {
  return state_->sessions.address_key(session);
}

void Relay::take_replies(Slot session, std::vector<u8>& out) {
  state_->sessions.take_replies(session, out);
}

Handle Relay::connection_of(Slot session) const {
  return state_->sessions.live(session) ? state_->sessions[session].connection : Handle{};
}

bool Relay::wants_send(Slot session) {
  return state_->views.wants_send(session);
}

bool Relay::owes(Slot session) {
  return state_->views.owes(session) || state_->views.awaits(session);
}

void Relay::gather(Slot session, SendBatch& out) {
  state_->views.gather(session, out);
}

void Relay::sent(Slot session, SendBatch& batch, u32 sent_bytes) {
  state_->views.sent(session, batch, sent_bytes);
}

void Relay::note_unread(Slot session) {
  state_->sessions[session].unread = true;
}

void Relay::note_read(Slot session) {
  state_->sessions[session].unread = false;
}

Error Relay::push_frame(Slot session, Bytes frame) {
  u8* out = state_->sessions.reserve(session, static_cast<u32>(frame.size()));
  if (out == nullptr) return Error::too_slow;
  std::copy(frame.begin(), frame.end(), out);
  return Error::ok;
}

void Relay::begin_close(Slot session, std::string_view why, bool broken) {
  state_->sessions[session].closing = true;
  if (!broken) state_->sessions[session].ended = true;
  state_->sessions.note_end(session, why);
}

Error Relay::charge_control(Slot session, u32 size_bytes) {
  Error error = Error::ok;
  state_->sessions.charge(session, {.bytes = size_bytes, .bytes_if_refused = size_bytes}, error);
  return error == Error::too_many_messages ? error : Error::ok;
}

bool Relay::ponged(Slot session, Bytes payload) {
  return state_->views.ponged(session, payload);
}

Error Relay::charge_waste(Slot session, u64 bytes) {
  return state_->sessions.charge_waste(session, bytes);
}

void Relay::deliver(Letter&& letter) {
  ++state_->context.stats.letters_in;
  state_->deliver(std::move(letter));
}

void Relay::goaway(u32 reconnect_delay_ms) {
  std::string text;
  state_->rooms.begin_drain();
  state_->views.begin_drain();
  state_->sessions.parking().close();
  const KeyedHash chance{state_->context.config.seed};
  state_->sessions.each([&](Slot slot) {
    if (state_->sessions[slot].closing || state_->sessions[slot].parked) return;
    // Spread over as long again, so that they do not all come back in the same moment.
    const u64 uid = state_->sessions.uid(slot).value;
    const u64 later_ms =
        chance({reinterpret_cast<const char*>(&uid), sizeof uid}) % (u64{reconnect_delay_ms} + 1);
    text.clear();
    answers::goaway(text, "shutdown", reconnect_delay_ms + static_cast<u32>(later_ms));
    state_->sessions.answer(slot, text);
  });
}

void Relay::notice(std::string_view room, std::string_view payload) {
  state_->dispatch.notice(room, payload);
}

const Stats& Relay::stats() const {
  return state_->context.stats;
}

}  // namespace perseid
