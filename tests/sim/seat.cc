#include "tests/sim/seat.h"

#include <algorithm>

namespace perseid::sim {

void Seat::on_joined(simdjson::dom::element message, const JoinWish& wish, bool roomy) {
  room = text_of(message, "room");
  epoch = text_of(message, "epoch");
  number = static_cast<u32>(number_of(message, "room_number"));
  const Seq chat = static_cast<Seq>(number_of(message["seq"], "chat"));
  const Seq action = static_cast<Seq>(number_of(message["seq"], "player_action"));
  const bool answered = message["recovered"].get(recovered) == simdjson::SUCCESS;
  if (answered != wish.has_since) fail("joined and since disagree");
  if (recovered && wish.epoch != epoch) fail("recovered into another epoch");
  if (wish.has_since && !recovered && wish.epoch == epoch && roomy) {
    fail("not recovered, although everything was held");
  }
  book_.heard_of(room, epoch, Lane::chat, chat);
  book_.heard_of(room, epoch, Lane::player_action, action);
  place(wish, chat, action);
  read_members(message);
  read_rule(message);
}

// What `joined` says of the room's rule is what the rule is.
void Seat::read_rule(simdjson::dom::element message) {
  picture.begin(room, life());
  simdjson::dom::element state;
  const bool is_told = message["state"].get(state) == simdjson::SUCCESS;
  if (is_told != has_schema(picture.kind())) return fail("joined tells of another kind of room");
  if (is_told) room_hz = number_of(state, "hz");
}

void Seat::place(const JoinWish& wish, Seq chat, Seq action) {
  At& chat_at = at_[index(Lane::chat)];
  At& action_at = at_[index(Lane::player_action)];
  chat_at.next = recovered && wish.since_chat ? wish.chat + 1 : chat + 1;
  action_at.next = recovered && wish.since_action ? wish.action + 1 : action + 1;
  if (chat_at.next > chat + 1 || action_at.next > action + 1) fail("recovered into the future");
  if (recovered || wish.history == 0 || chat == 0) return;
  chat_at.next = chat - std::min<Seq>(chat, wish.history) + 1;
  history_ = {.end = chat, .most = wish.history, .live_next = chat + 1};
}

void Seat::read_members(simdjson::dom::element message) {
  roster.clear();
  simdjson::dom::array members;
  if (message["members"].get(members) != simdjson::SUCCESS) return fail("no members");
  u32 count = 0;
  for (const simdjson::dom::element member : members) {
    roster.insert(text_of(member, "client"));
    ++count;
  }
  if (count != number_of(message, "members_total")) fail("members_total is not their number");
}

void Seat::on_delivery(const Incoming& message, bool roomy) {
  const Lane lane = lane_of(message.type);
  if (lane == Lane::chat && message.seq <= history_.end) return on_history_message(message, roomy);
  if (lane == Lane::chat) end_history();
  At& at = at_[index(lane)];
  if (message.marks.any()) fail("something has become of a message that is live");
  if (message.seq != at.next) {
    fail(std::string(name(lane)) + " seq " + std::to_string(message.seq) + " came, wanted " +
         std::to_string(at.next));
  }
  at = {message.seq + 1};
  book_.see(room, epoch, lane, message.seq, message.sender, message.payload);
}

void Seat::on_gap(simdjson::dom::element message, bool roomy) {
  const std::string lane_name = text_of(message, "lane");
  const Lane lane = lane_name == "chat" ? Lane::chat : Lane::player_action;
  if (lane_name != name(lane)) fail("gap in lane " + lane_name);
  if (roomy) fail("a gap, although everything was held");
  At& at = at_[index(lane)];
  const Seq from = static_cast<Seq>(number_of(message, "from"));
  const Seq to = static_cast<Seq>(number_of(message, "to"));
  const bool of_history = lane == Lane::chat && from <= history_.end;
  if (lane == Lane::chat && !of_history) end_history();
  const bool begins_well = of_history && history_.listed == 0 ? from >= at.next : from == at.next;
  if (!begins_well || to < from) {
    fail("gap from " + std::to_string(from) + " to " + std::to_string(to) + ", wanted " +
         std::to_string(at.next));
  }
  at = {to + 1};
  ++gaps;
  if (!of_history) return;
  // Only a history that is the lane itself has gaps: it goes on like one.
  ++history_.listed;
  if (to >= history_.end) history_ = {};
}

void Seat::on_presence(simdjson::dom::element message) {
  if (!presence) return fail("presence was not asked for");
  const std::string client = text_of(message, "client");
  const bool known = roster.count(client) != 0;
  if (text_of(message, "event") == "join") {
    if (known && !roster_replaced_) fail(client + " joined twice");
    roster.insert(client);
  } else if (text_of(message, "event") == "drop" || text_of(message, "event") == "resume") {
    if (!known && !roster_replaced_) fail(client + " was dropped or resumed, but was not there");
  } else {
    book_.see_leave(room, client, ++leaves_seen_[client], resume_window_ms);
    if (!known && !roster_replaced_) fail(client + " left, but was not there");
    roster.erase(client);
  }
}

bool Seat::knows_its_place() const {
  return history_.end == 0;
}

void Seat::on_resumed(simdjson::dom::element message, bool told, bool roomy) {
  if (text_of(message, "epoch") != epoch) fail("resumed in another epoch");
  bool is_whole = false;
  if (message["recovered"].get(is_whole) != simdjson::SUCCESS) fail("not told whether recovered");
  if (roomy && !is_whole) fail("not recovered, although everything was held");
  for (const Lane lane : {Lane::chat, Lane::player_action}) {
    At& at = at_[index(lane)];
    const Seq last = static_cast<Seq>(number_of(message["seq"], name(lane)));
    if (lane == Lane::chat && history_.end != 0) {
      resume_history(last);
      book_.heard_of(room, epoch, lane, last);
      continue;
    }
    if (told ? last + 1 != at.next : last + 1 < at.next) {
      fail("resumed, " + std::string(name(lane)) + " goes on behind " + std::to_string(last) +
           ", wanted " + std::to_string(at.next - 1));
    }
    at = {last + 1};
    book_.heard_of(room, epoch, lane, last);  // perhaps of one that only the old connection took
  }
  picture.on_resumed();
}

// Halved so many times, but no less than the least, or the whole.
void Seat::on_rate(bool restored, u64 state_hz, u64 hz_min) {
  bool fits = restored && state_hz == room_hz;
  const u64 least = std::min(hz_min, room_hz);
  for (u32 halvings = 1; halvings < 9 && !restored; ++halvings) {
    fits |= state_hz == std::max(room_hz >> halvings, least) && state_hz < room_hz;
  }
  if (!fits) fail("told of a state rate of " + std::to_string(state_hz));
}

void Seat::on_roster(simdjson::dom::element message) {
  roster_replaced_ = true;
  read_members(message);
}

void Seat::check_rest() const {
  for (const Lane lane : {Lane::player_action, Lane::chat}) {
    const Seq last = book_.last_seq(room, epoch, lane);
    const bool of_history = lane == Lane::chat && history_.end != 0;
    const Seq next = of_history ? history_.live_next : at_[index(lane)].next;
    if (next == last + 1) continue;
    verdict_.fail(who_ + " in " + room + ": at rest, " + std::string(name(lane)) + " stands at " +
                  std::to_string(next - 1) + " of " + std::to_string(last));
  }
}

}  // namespace perseid::sim
