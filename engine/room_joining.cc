// Room: what joiners are given: members, and where to begin reading.
#include <algorithm>

#include "engine/answers.h"
#include "engine/room.h"

namespace perseid {

void Room::write_members(std::string& out, u32 max) const {
  out += '[';
  for (u32 i = 0; i < seats.size(); ++i) {
    const Seat& seat = seats[i];
    if (!seat.session) continue;
    if (max-- == 0) break;
    if (out.back() != '[') out += ',';
    answers::member(out, seat.session, seat.name.view(), i < dropped_.size() && dropped_[i]);
  }
  out += ']';
}

Seq Room::history_first(u32 messages) const {
  const LaneLog& chat = canonical().lanes[index(Lane::chat)];
  const Seq held = chat.next_seq() - chat.first_seq();
  return chat.next_seq() - std::min<Seq>(messages, held);
}

void Room::restore(const store::OpenRoom& stored) {
  const Seq first = stored.last_seq - stored.newest.size() + 1;
  std::array<LaneLog, kLanes>& lanes = canonical().lanes;
  lanes[index(Lane::chat)] = LaneLog(first);
  lanes[index(Lane::player_action)] = LaneLog(stored.action_seq + 1);
  for (const StoredMessage& message : stored.newest) {
    append_message({.type = MessageType::chat,
                    .room_escaped = name_json,
                    .room_number = number,
                    .seq = message.seq,
                    .sender = message.sender,
                    .timestamp_unix_ms = message.timestamp_unix_ms,
                    .payload = message.payload});
    if (message.target != 0) {
      fold_change(message.seq, message.timestamp_unix_ms, message.sender, message.payload);
    }
  }
  if (chat_book != nullptr) chat_book->forget_before(first);
  lanes[index(Lane::chat)].told(context_.now.mono_ms);
  grown_lanes = 0;
  // The state is all gone, and who comes back with the old one in mind is told so.
  if (stored.found) ++state_version;
}

bool Room::place_cursors(const JoinRequest& request, std::array<LaneCursor, kLanes>& out) const {
  const FormatLogs& logs = *formats[request.format.index()];
  for (u8 lane = 0; lane < kLanes; ++lane) {
    out[lane] = {logs.lanes[lane].end(), logs.lanes[lane].next_seq()};
  }
  const auto place = [&](Lane lane, Seq next) {
    Position at = 0;
    if (next > logs.lanes[index(lane)].next_seq()) return false;
    if (!logs.lanes[index(lane)].find(next, at)) return false;
    out[index(lane)] = {at, next};
    return true;
  };
  bool recovered = request.has_since && request.epoch == epoch;
  const auto chat_end = out[index(Lane::chat)];
  if (recovered && request.since_chat) {
    // By what --chat-history promises, not by what happens to be there still.
    recovered = request.chat + 1 >= history_first(context_.options.chat_history) &&
                place(Lane::chat, request.chat + 1);
  }
  if (recovered && request.since_player_action) {
    recovered = place(Lane::player_action, request.player_action + 1);
  }
  if (recovered) return true;
  out[index(Lane::chat)] = chat_end;
  if (request.has_history) {
    // Another format's log may hold less than the canonical one.
    (void)place(Lane::chat,
                std::max(history_first(std::min(request.history, context_.options.chat_history)),
                         logs.lanes[index(Lane::chat)].first_seq()));
  }
  return false;
}

}  // namespace perseid
