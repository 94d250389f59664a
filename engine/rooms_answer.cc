// Rooms: what homes answer: questions, publishes, leaves, whole states.
#include <memory>

#include "engine/answers.h"
#include "engine/rooms.h"

namespace perseid {

void Rooms::answer_leave(LeaveLetter& letter, bool left) {
  auto answer = std::make_unique<TextAnswer>();
  answer->session = letter.session;
  if (left) {
    answers::left(answer->json, letter.ask->id, letter.ask->room);
  } else {  // the join before it was refused
    answer->error = Error::not_joined;
    answer->id = std::move(letter.ask->id);
  }
  mail_.send(letter.session.shard(), Letter(std::move(answer)));
}

void Rooms::presence(Room& room, std::string_view event, SessionUid session,
                     std::string_view name) {
  if (room.members_total == 0) return;
  std::string& text = context_.scratch;
  text.clear();
  answers::presence(text, room.name, event, session, name);
  room.notice(text);
  touch(room);
}

// Its own members are told by their shards what they need; here it is what the others see.
void Rooms::dropped(const SeatLetter& letter) {
  Room* room = find(letter.room);
  if (room == nullptr || letter.seat >= room->seats.size()) return;
  const Seat& seat = room->seats[letter.seat];
  if (seat.session != letter.session) return;
  room->set_dropped(letter.seat, letter.dropped);
  presence(*room, letter.dropped ? "drop" : "resume", seat.session, seat.name.view());
}

void Rooms::answer_parcel(PublishLetter& letter, Seq seq, const Refusal& refusal) {
  const ShardId shard = letter.sender.shard();
  mail_.send(shard, Letter(PublishAnswer{.sender = letter.sender,
                                         .parcel = std::move(letter.parcel),
                                         .repeat_key = letter.repeat_key,
                                         .timestamp_unix_ms = context_.now.unix_ms,
                                         .seq = seq,
                                         .field = refusal.field.data(),
                                         .field_bytes = static_cast<u8>(refusal.field.size()),
                                         .error = refusal.error,
                                         .retry_after_ms = refusal.retry_after_ms}));
}

void Rooms::keyframe_wanted(const KeyframeWanted& letter) {
  Room* room = find(letter.room);
  if (room == nullptr || room->formats[letter.format] == nullptr) return;
  const Viewer* viewer = room->viewer(letter.shard);
  if (viewer == nullptr) return;
  const WireFormat format = WireFormat::at(letter.format);
  const bool snapshot =
      letter.lags || (letter.has_not_before && room->is_restart_early(format, letter.not_before));
  if (letter.has_not_before && !snapshot) room->drop_keyframe_before(format, letter.not_before);
  const Keyframe& keyframe = snapshot ? room->snapshot(format) : room->keyframe(format);
  mail_.send(letter.shard, Letter(KeyframeLetter{
                               .view = viewer->view,
                               .frame = SharedSlice(keyframe.hold->segment, 0, keyframe.size_bytes),
                               .at = keyframe.at,
                               .format = letter.format,
                               .leads_on = keyframe.leads_on,
                               .is_snapshot = snapshot,
                               .lags = letter.lags}));
}

void Rooms::ask(Ask& ask) {
  if (waits(ask)) return;
  u32 seat = kNoSlot;
  Room* room = find_seated(ask.room, ask.room_name, ask.session, seat);
  if (room == nullptr) return refuse(ask, Error::not_joined);
  if (ask.kind == Ask::Kind::discover) return discover(*room, ask);
  if (ask.kind == Ask::Kind::roster) return send_roster(*room, ask);
  if (ask.kind == Ask::Kind::view) return answer_view(*room, ask);
  if (room->line != nullptr && read_history(*room, ask)) return;
  auto answer = std::make_unique<TextAnswer>();
  answer->session = ask.session;
  answer->id = ask.id;
  std::string list;
  room->write_history(list, ask.before, ask.limit, ask.session);
  answers::history(answer->json, ask.id, room->name, list);
  mail_.send(ask.session.shard(), Letter(std::move(answer)));
}

void Rooms::refuse(const Ask& ask, Error error) {
  if (ask.kind == Ask::Kind::roster) return;
  if (ask.kind == Ask::Kind::discover) {
    mail_.send(
        ask.session.shard(),
        Letter(DiscoverExpect{.asker = ask.session, .question = ask.question, .error = error}));
    return;
  }
  auto answer = std::make_unique<TextAnswer>();
  answer->session = ask.session;
  answer->id = ask.id;
  answer->error = error;
  mail_.send(ask.session.shard(), Letter(std::move(answer)));
}

void Rooms::answer_view(Room& room, const Ask& ask) {
  if (room.grid == nullptr) return refuse(ask, Error::no_grid);
  auto answer = std::make_unique<TextAnswer>();
  answer->session = ask.session;
  answer->id = ask.id;
  answers::viewing(answer->json, ask.id, room.name);
  mail_.send(ask.session.shard(), Letter(std::move(answer)));
  wish(room, ask.session, ask.wish);
}

void Rooms::send_roster(Room& room, const Ask& ask) {
  const auto& logs = room.formats[ask.format];
  if (logs == nullptr) return;  // nobody reads it any more, the asker included
  auto answer = std::make_unique<TextAnswer>();
  answer->session = ask.session;
  answer->member = ask.member;
  answer->is_roster = true;
  const LaneLog& system = logs->lanes[index(Lane::system)];
  answer->system = {system.end(), system.next_seq()};
  std::string list;
  room.write_members(list, context_.options.roster_max);
  answers::roster(answer->json, room.name, list, room.members_total);
  mail_.send(ask.session.shard(), Letter(std::move(answer)));
}

void Rooms::discover(Room& room, const Ask& ask) {
  const u64 question = ask.question;
  mail_.send(ask.session.shard(),
             Letter(DiscoverExpect{.asker = ask.session,
                                   .question = question,
                                   .parts = static_cast<u32>(room.viewers.size())}));
  for (const Viewer& viewer : room.viewers) {
    mail_.send(viewer.shard, Letter(DiscoverCollect{
                                 .view = viewer.view, .asker = ask.session, .question = question}));
  }
}

}  // namespace perseid
