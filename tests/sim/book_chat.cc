// Book: chat that changes: each change is a message of the lane, so what a message should look like
// is told by the lane as members saw it.
#include <algorithm>

#include "tests/sim/book.h"
#include "tests/sim/inbox.h"

namespace perseid::sim {
namespace {

std::string place(const std::string& room, Seq seq) {
  return room + "/chat/" + std::to_string(seq);
}

bool flag_of(simdjson::dom::element object, std::string_view key) {
  bool out = false;
  return object[key].get(out) == simdjson::SUCCESS && out;
}

void fold_reaction(FoldedChat& message, const Publish& change, const std::string& client) {
  auto& all = message.reactions;
  auto it = std::find_if(all.begin(), all.end(),
                         [&](const auto& each) { return each.emoji == change.emoji; });
  if (it == all.end()) {
    if (change.remove) return;
    it = all.insert(all.end(), {change.emoji, {}});
  }
  std::erase(it->clients, client);
  if (!change.remove) it->clients.push_back(client);
  if (it->clients.empty()) all.erase(it);
}

std::vector<SeenReaction> seen_by(const FoldedChat& message, const std::string& asker) {
  std::vector<SeenReaction> out;
  for (const auto& [emoji, clients] : message.reactions) {
    const bool mine = std::find(clients.begin(), clients.end(), asker) != clients.end();
    out.push_back({emoji, clients.size(), mine});
  }
  return out;
}

}  // namespace

SeenMarks marks_of(simdjson::dom::element object) {
  SeenMarks out;
  out.edited = flag_of(object, "edited");
  out.deleted = flag_of(object, "deleted");
  simdjson::dom::array reactions;
  if (object["reactions"].get(reactions) != simdjson::SUCCESS) return out;
  for (const simdjson::dom::element each : reactions) {
    out.reactions.push_back(
        {text_of(each, "emoji"), number_of(each, "count"), flag_of(each, "mine")});
  }
  return out;
}

std::string Book::change_json(const Publish& publish, u32 number) {
  const std::string target = R"({"seq":)" + std::to_string(publish.target);
  switch (publish.kind) {
    case ChatKind::react:
      return R"(,"react":)" + target + R"(,"emoji":")" + publish.emoji +
             (publish.remove ? R"(","remove":true})" : "\"}");
    case ChatKind::edit:
      return R"(,"edit":)" + target + R"(,"text":"t)" + std::to_string(number) + "\"}";
    case ChatKind::erase:
      return R"(,"delete":)" + target + '}';
    default:
      return {};
  }
}

// As somebody is shown it who asks for history.
void Book::see_view(const std::string& room, const std::string& epoch, const ChatView& view,
                    const std::string& asker) {
  const std::string where = place(room, view.seq);
  if (view.marks.deleted) {
    if (view.payload != "{}" || view.marks.edited || !view.marks.reactions.empty()) {
      verdict_.fail("something is left of the deleted " + where);
    }
  } else {
    u32 edit = ~0u;
    const std::string original = view.marks.edited ? unedited(view, edit) : view.payload;
    see(room, epoch, Lane::chat, view.seq, view.sender, original);
    u32 number = 0;
    const Publish* publish = find(original, number);
    if (publish == nullptr) return;
    if (is_event(publish->kind)) verdict_.fail("a change is listed at " + where);
    if (view.marks.edited) check_edit(*publish, view.seq, edit, where);
  }
  if (settled) check_view(room, epoch, view, asker);
}

// An edited payload is the original one behind a text: returns the former, and whose text.
std::string Book::unedited(const ChatView& view, u32& edit) {
  constexpr std::string_view kText = R"({"text":"t)";
  const std::size_t end = view.payload.find("\",");
  if (!view.payload.starts_with(kText) || end == std::string::npos) {
    verdict_.fail("edited, but without a text: " + view.payload.substr(0, 80));
    return view.payload;
  }
  edit = static_cast<u32>(std::strtoul(view.payload.c_str() + kText.size(), nullptr, 10));
  return '{' + view.payload.substr(end + 2);
}

void Book::check_edit(const Publish& message, Seq seq, u32 edit, const std::string& where) {
  const bool is_one = edit < publishes.size() && publishes[edit].kind == ChatKind::edit &&
                      publishes[edit].room == message.room && publishes[edit].target == seq;
  if (!is_one) return verdict_.fail("a text that nobody gave to " + where);
  if (publishes[edit].life != message.life)
    verdict_.fail("edited by another than its author: " + where);
}

// Nothing moves any more: it is what the lane makes of it, as far as that was seen.
void Book::check_view(const std::string& room, const std::string& epoch, const ChatView& view,
                      const std::string& asker) {
  const Fold& all = fold(room, epoch);
  const auto it = all.messages.find(view.seq);
  if (view.seq <= all.unknown || it == all.messages.end()) return;
  ++folds_checked;
  const FoldedChat& wanted = it->second;
  const std::string where =
      place(room, view.seq) + " (message " + std::to_string(wanted.number) + ")";
  if (view.marks.deleted != wanted.deleted) {
    return verdict_.fail(where +
                         (wanted.deleted ? " is not told to be deleted" : " is deleted by nobody"));
  }
  if (wanted.deleted) return;
  u32 edit = ~0u;
  if (view.marks.edited) (void)unedited(view, edit);
  if (edit != wanted.edit_number) {
    verdict_.fail(where + " has the text of " + std::to_string(edit) + " instead of " +
                  std::to_string(wanted.edit_number));
  }
  if (view.marks.reactions != seen_by(wanted, asker)) verdict_.fail(where + " has other reactions");
}

const Book::Fold& Book::fold(const std::string& room, const std::string& epoch) {
  const auto known = folds_.find({room, epoch});
  if (known != folds_.end()) return known->second;
  Fold& out = folds_[{room, epoch}];
  const std::map<Seq, LaneEntry>& lane = rooms_[{room, epoch}].lanes[index(Lane::chat)];
  Seq next = 1;
  for (const auto& [seq, entry] : lane) {
    if (seq != next) out.unknown = seq - 1;
    next = seq + 1;
    const Publish& publish = publishes[entry.number];
    if (!is_event(publish.kind)) {
      out.messages[seq] = {.number = entry.number};
      continue;
    }
    const auto it = out.messages.find(publish.target);
    if (it == out.messages.end() || it->second.deleted) continue;
    if (publish.kind == ChatKind::react)
      fold_reaction(it->second, publish, lives[publish.life].uid);
    if (publish.kind == ChatKind::edit) it->second.edit_number = entry.number;
    if (publish.kind == ChatKind::erase)
      it->second = {.number = it->second.number, .deleted = true};
  }
  if (next <= last_seq(room, epoch, Lane::chat)) out.unknown = last_seq(room, epoch, Lane::chat);
  return out;
}

void Book::expect_changes(const std::string& room, const std::string& epoch, Seq first, Seq end) {
  if (first < end) left_out_.push_back({room, epoch, first, end});
}

// What a history left out are changes, and nothing else; and an author's are his own.
void Book::check_changes() const {
  for (const LeftOut& each : left_out_) {
    const auto room = rooms_.find({each.room, each.epoch});
    if (room == rooms_.end()) continue;
    const std::map<Seq, LaneEntry>& lane = room->second.lanes[index(Lane::chat)];
    for (auto it = lane.lower_bound(each.first); it != lane.end() && it->first < each.end; ++it) {
      if (is_event(publishes[it->second.number].kind)) continue;
      verdict_.fail("a history leaves out " + place(each.room, it->first));
    }
  }
  for (const auto& [key, room] : rooms_) {
    const std::map<Seq, LaneEntry>& lane = room.lanes[index(Lane::chat)];
    for (const auto& [seq, entry] : lane)
      check_author(key.first, lane, seq, publishes[entry.number]);
  }
}

void Book::check_author(const std::string& room, const std::map<Seq, LaneEntry>& lane, Seq seq,
                        const Publish& change) const {
  if (!is_event(change.kind)) return;
  const auto target = lane.find(change.target);
  if (change.target >= seq) verdict_.fail("a change of what is to come at " + place(room, seq));
  if (target == lane.end()) return;
  const Publish& message = publishes[target->second.number];
  if (is_event(message.kind)) verdict_.fail("a change of a change at " + place(room, seq));
  if (change.kind != ChatKind::react && message.life != change.life) {
    verdict_.fail("changed by another than its author: " + place(room, change.target));
  }
}

void Book::note_unread(const std::string& room, const std::string& epoch, Seq read, Seq last,
                       u64 unread) {
  unread_.push_back({room, epoch, read, last, unread});
}

void Book::check_unread() const {
  for (const Unread& each : unread_) {
    const auto room = rooms_.find({each.room, each.epoch});
    if (room == rooms_.end()) continue;
    const std::map<Seq, LaneEntry>& lane = room->second.lanes[index(Lane::chat)];
    u64 known = 0;
    u64 messages = 0;
    for (auto it = lane.upper_bound(each.read); it != lane.end() && it->first <= each.last; ++it) {
      ++known;
      messages += is_event(publishes[it->second.number].kind) ? 0 : 1;
    }
    if (known != each.last - each.read || messages == each.unread) continue;
    verdict_.fail("unread in " + each.room + " behind " + std::to_string(each.read) + " up to " +
                  std::to_string(each.last) + ": told " + std::to_string(each.unread) + ", but " +
                  std::to_string(messages));
  }
}

}  // namespace perseid::sim
