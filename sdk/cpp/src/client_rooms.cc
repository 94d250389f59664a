// A ClientCore's rooms: joining them, coming back to them, who is in them.
#include <algorithm>
#include <utility>

#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {
namespace {

constexpr u32 kSettleHistory = 200;  // messages in which a publish of an earlier session is sought

Member read_member(std::string_view object) {
  return {.client = json_text(json_member(object, "client")),
          .name = json_text(json_member(object, "name")),
          .dropped = json_true(json_member(object, "dropped"))};
}

PresenceEvent event_of(std::string_view text) {
  if (text == "leave") return PresenceEvent::leave;
  if (text == "drop") return PresenceEvent::drop;
  return text == "resume" ? PresenceEvent::resume : PresenceEvent::join;
}

}  // namespace

RoomData* ClientCore::data(std::string_view room) {
  const auto at = rooms_.find(room);
  return at == rooms_.end() ? nullptr : at->second->data_.get();
}

Room* ClientCore::find(std::string_view room) {
  const auto at = rooms_.find(room);
  return at == rooms_.end() ? nullptr : at->second.get();
}

Room& ClientCore::join(std::string_view name, JoinOptions options, Done done) {
  auto at = rooms_.find(name);
  if (at == rooms_.end()) {
    at = rooms_.emplace(name, std::make_unique<Room>(*this, std::string(name))).first;
  }
  Room& room = *at->second;
  RoomData& data = *room.data_;
  data.doomed = false;
  if (data.phase == RoomPhase::joined && !data.leaving) {
    if (options.encryption != nullptr) data.options.encryption = std::move(options.encryption);
    if (done) later([done = std::move(done)] { done({}); });
    return room;
  }
  data.options = std::move(options);
  data.join_done = std::move(done);
  if (data.leaving) {
    data.rejoin = true;
  } else {
    data.phase = RoomPhase::idle;
    if (phase_ == Phase::ready) send_join(data);
  }
  return room;
}

void ClientCore::leave(RoomData& room, Done done) {
  if (room.phase != RoomPhase::joined) {
    room.phase = RoomPhase::left;
    room.was_joined = false;
    later([this, name = room.name, done = std::move(done)] {
      if (RoomData* gone = data(name); gone != nullptr && gone->phase == RoomPhase::left) {
        gone->doomed = true;
      }
      if (done) done({});
    });
    return;
  }
  room.leaving = true;
  Pending pending{.kind = Pending::Kind::request, .room = room.name, .op = "leave"};
  pending.body = R"(,"room":)";
  append_json_string(pending.body, room.name);
  pending.answer = [done = std::move(done)](const Result& result, std::string_view) {
    if (done) done(result);
  };
  request(std::move(pending));
}

std::string ClientCore::since_of(const RoomData& room, bool with_epoch) const {
  std::string out = "{";
  if (with_epoch) {
    append_json_key(out, "epoch");
    append_json_string(out, room.epoch);
  }
  append_json_key(out, "chat");
  out += std::to_string(room.chat_seq);
  append_json_key(out, "player_action");
  return out + std::to_string(room.action_seq) + "}";
}

void ClientCore::send_join(RoomData& room) {
  room.phase = RoomPhase::joining;
  room.join_id = ++last_id_;
  std::string json =
      R"({"type":"system","op":"join","id":)" + std::to_string(room.join_id) + R"(,"room":)";
  append_json_string(json, room.name);
  const JoinOptions& options = room.options;
  if (options.presence) json += R"(,"presence":true)";
  if (!options.create.empty()) json += R"(,"create":)" + options.create;
  if (!options.view.empty()) json += R"(,"view":)" + options.view;
  if (!room.epoch.empty() && room.was_joined) {
    json += R"(,"since":)" + since_of(room, true);
  } else if (options.history != 0) {
    json += R"(,"history":)" + std::to_string(options.history);
  }
  send_system(json + "}");
}

// After a welcome. `entries`: those in which the relay still holds us; empty in a new session.
void ClientCore::resume_rooms(std::string_view entries) {
  for (JsonWalk walk(entries); walk.next();) {
    if (RoomData* room = data(json_text(json_member(walk.value(), "room")))) {
      resume_room(*room, walk.value());
    }
  }
  std::vector<RoomData*> absent;
  for (auto& [name, room] : rooms_) {
    if (room->data_->phase == RoomPhase::idle) absent.push_back(room->data_.get());
  }
  for (RoomData* room : absent) {
    if (room->leaving) {
      finish_leave(*room);
    } else {
      send_join(*room);
    }
  }
}

// The relay holds us in it no longer, so the leave that waits for its answer has come about.
void ClientCore::finish_leave(RoomData& room) {
  room.phase = RoomPhase::left;
  room.was_joined = false;
  room.leaving = false;
  const bool rejoin = std::exchange(room.rejoin, false);
  room.doomed = !rejoin;
  const auto leave = std::find_if(pending_.begin(), pending_.end(), [&](const auto& entry) {
    return entry.second.op == "leave" && entry.second.room == room.name;
  });
  if (rejoin) send_join(room);
  if (leave != pending_.end()) complete(leave->first, {});
}

// For a room whose `joined` is lost, and with it what the room is: leave it, and ask anew.
void ClientCore::leave_silently(const RoomData& room) {
  std::string leave = R"({"type":"system","op":"leave","room":)";
  append_json_string(leave, room.name);
  send_system(leave + "}");
}

void ClientCore::resume_room(RoomData& room, std::string_view entry) {
  const std::string epoch = json_text(json_member(entry, "epoch"));
  if (!room.is_seated() || room.epoch != epoch) {
    leave_silently(room);
    return;
  }
  room.phase = RoomPhase::joined;
  room.number = static_cast<u32>(json_u64(json_member(entry, "room_number")));
  numbers_[room.number] = &room;
  if (room.timeline != nullptr) room.timeline->playout().restart();
  Room& owner = *find(room.name);
  const bool recovered = json_member(entry, "recovered") != "false";
  if (owner.on.joined) owner.on.joined({.again = true, .recovered = recovered});
}

void ClientCore::on_joined(std::string_view message) {
  RoomData* found = room_of(message);
  // Another id: of a join whose answer was late over a resumption; it has been asked again since.
  const bool ours = found != nullptr && json_u64(json_member(message, "id")) == found->join_id;
  if (!ours || found->phase != RoomPhase::joining) return;
  RoomData& room = *found;
  const bool again = room.was_joined;
  const std::string epoch = json_text(json_member(message, "epoch"));
  const bool same_epoch = epoch == room.epoch;
  const bool recovered = again && json_true(json_member(message, "recovered"));
  const std::string_view seq = json_member(message, "seq");
  room.missed_chat = json_u64(json_member(seq, "chat"));
  room.missed_action = json_u64(json_member(seq, "player_action"));
  if (!recovered) {
    room.old_until = again || room.options.history == 0 ? 0 : room.missed_chat;
    room.chat_seq = room.missed_chat;
    room.action_seq = room.missed_action;
  }
  if (!same_epoch) room.own_chat = room.own_action = 0;
  room.epoch = epoch;
  room.phase = RoomPhase::joined;
  room.was_joined = room.in_session = true;
  room.number = static_cast<u32>(json_u64(json_member(message, "room_number")));
  numbers_[room.number] = &room;
  const std::string_view state = json_member(message, "state");
  room.schema = json_member(state, "schema");
  room.room_hz = static_cast<u32>(json_u64(json_member(state, "hz"), room.room_hz));
  room.state_hz = room.room_hz;
  room.far_divisor =
      static_cast<u32>(json_u64(json_member(json_member(state, "grid"), "far_divisor"), 1));
  room.state.set_schema(room.schema);
  if (room.timeline != nullptr) room.start_timeline();  // by the rate that the room has
  room.state.restart();
  need_dictionary(json_text(json_member(message, "dictionary")));
  read_members(room, json_member(message, "members"));
  settle(room, recovered, same_epoch);
  const Joined joined{.again = again,
                      .recovered = recovered || !again,
                      .unread = json_u64(json_member(message, "unread")),
                      .read = json_u64(json_member(message, "read"))};
  if (Done done = std::move(room.join_done)) done({});
  if (Room& owner = *find(room.name); owner.on.joined) owner.on.joined(joined);
}

void ClientCore::join_refused(RoomData& room, const Result& result) {
  if (result.error == Error::already_joined) {
    leave_silently(room);
    return send_join(room);
  }
  room.phase = RoomPhase::left;
  be_sure(room);
  const bool again = room.was_joined;
  room.was_joined = false;
  Done done = std::move(room.join_done);
  room.join_done = {};
  if (done) done(result);
  if (Room* owner = find(room.name); owner != nullptr && again && owner->on.left) {
    owner->on.left(result.code);
  }
}

void ClientCore::on_left(u64 id, std::string_view message) {
  RoomData* room = room_of(message);
  const std::string reason = json_text(json_member(message, "reason"));
  if (room != nullptr && (room->leaving || !reason.empty())) {
    numbers_.erase(room->number);
    set_degraded(*room, false, room->room_hz);
    room->phase = RoomPhase::left;
    room->was_joined = false;
    room->doomed = room->leaving && !room->rejoin;
    const bool rejoin = std::exchange(room->rejoin, false);
    room->leaving = false;
    Room& owner = *find(room->name);
    if (!reason.empty() && owner.on.left) owner.on.left(reason);
    if (rejoin) send_join(*room);
  }
  complete(id, {}, message);
}

void ClientCore::read_members(RoomData& room, std::string_view members) {
  room.members.clear();
  for (JsonWalk walk(members); walk.next();) room.members.push_back(read_member(walk.value()));
}

void ClientCore::on_presence(std::string_view message) {
  RoomData* room = room_of(message);
  if (room == nullptr) return;
  const Member member = read_member(message);
  const PresenceEvent event = event_of(json_text(json_member(message, "event")));
  auto at = std::find_if(room->members.begin(), room->members.end(),
                         [&](const Member& known) { return known.client == member.client; });
  if (event == PresenceEvent::leave) {
    if (at != room->members.end()) room->members.erase(at);
  } else {
    if (at == room->members.end()) at = room->members.insert(at, member);
    at->dropped = event == PresenceEvent::drop;
  }
  const Room& owner = *find(room->name);
  if (!owner.on.presence) return;
  owner.on.presence({.event = event, .client = member.client, .name = member.name});
}

void ClientCore::on_roster(std::string_view message) {
  RoomData* room = room_of(message);
  if (room == nullptr) return;
  read_members(*room, json_member(message, "members"));
  const Room& owner = *find(room->name);
  if (owner.on.presence)
    owner.on.presence({.event = PresenceEvent::roster, .client = {}, .name = {}});
}

void ClientCore::set_degraded(RoomData& room, bool degraded, u32 hz, std::string_view reason) {
  room.set_sent_hz(hz);
  if (room.degraded == degraded) return;
  room.degraded = degraded;
  degraded_rooms_ += degraded ? 1 : ~0u;
  if (state_ != LinkState::open && state_ != LinkState::degraded) return;
  set_state(LinkState::open, 0, reason);
}

// What has become of publishes to this room that an earlier session left without an answer?
void ClientCore::settle(RoomData& room, bool recovered, bool same_epoch) {
  if (room.unsure == 0) return;
  // Of another epoch nothing is left of the room that they were sent to.
  if (!recovered && !same_epoch) return be_sure(room);
  if (!recovered) return settle_by_history(room);
  if (room.caught_up()) be_sure(room);  // else what follows tells
}

void ClientCore::settle_by_history(RoomData& room) {
  const auto is_action = [](const Pending& each) { return each.kind == Pending::Kind::action; };
  give_up_unsure(room, is_action);  // they are in no history
  if (room.unsure == 0) return;
  Pending ask{.kind = Pending::Kind::request, .op = "history"};
  ask.body = R"(,"room":)";
  append_json_string(ask.body, room.name);
  ask.body += ",\"limit\":" + std::to_string(kSettleHistory);
  ask.answer = [this, name = room.name](const Result& result, std::string_view answer) {
    RoomData* asked = data(name);
    // Not joined: whatever this answers, the next `joined` asks anew.
    if (asked == nullptr || asked->phase != RoomPhase::joined) return;
    if (result.cause != Cause::closed) on_settling(*asked, result, answer);
  };
  request(std::move(ask));
}

void ClientCore::on_settling(RoomData& room, const Result& result, std::string_view answer) {
  if (has_all_wait(result)) return settle_by_history(room);  // what waits is paused so long
  u64 oldest = ~u64{0};
  for (JsonWalk walk(json_member(answer, "messages")); walk.next();) {
    const std::string sender = json_text(json_member(walk.value(), "sender"));
    Message message;
    message.sender = sender;
    message.seq = json_u64(json_member(walk.value(), "seq"));
    message.payload = json_member(walk.value(), "payload");
    oldest = std::min(oldest, message.seq);
    match_unsure(room, message);
  }
  give_up_unsure(room, [&](const Pending& each) {  // it may be in a hole
    return !result.ok() || (each.after < room.missed_chat && each.after + 1 < oldest);
  });
  be_sure(room);
}

// Of what is unsure: nobody will know.
void ClientCore::give_up_unsure(const RoomData& room,
                                const std::function<bool(const Pending&)>& of) {
  std::vector<u64> ids;
  for (const auto& [id, pending] : pending_) {
    if (pending.unsure && pending.room == room.name && of(pending)) ids.push_back(id);
  }
  for (const u64 id : ids) complete(id, {.cause = Cause::unconfirmed});
}

// What is unsure still did not arrive: it may be sent (again).
void ClientCore::be_sure(RoomData& room) {
  for (auto& [id, pending] : pending_) {
    if (pending.room == room.name) pending.unsure = false;
  }
  room.unsure = 0;
}

}  // namespace sdk
}  // namespace perseid
