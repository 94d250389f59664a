#include "engine/chat_book.h"

#include <algorithm>

#include "codec/json_text.h"

namespace perseid {
namespace {

// What a mark and a reaction cost beside their texts, about.
constexpr u64 kMarkBytes = 160;
constexpr u64 kReactionBytes = 96;

template <class Reactions>
auto find_emoji(Reactions& reactions, std::string_view emoji) {
  return std::find_if(reactions.begin(), reactions.end(),
                      [&](const ChatReaction& r) { return r.emoji == emoji; });
}

template <class Clients>
auto find_client(Clients& clients, u64 client) {
  return std::find(clients.begin(), clients.end(), client);
}

}  // namespace

u64 ChatBook::bytes_of(const ChatMark& mark) {
  u64 bytes = kMarkBytes + mark.text.size() + mark.reactions_total * sizeof(u64);
  for (const ChatReaction& reaction : mark.reactions) {
    bytes += kReactionBytes + reaction.emoji.size();
  }
  return bytes;
}

// At most so much more.
u64 ChatBook::added_bytes(const ChatPayload& says) {
  switch (says.kind) {
    case ChatKind::react:
      return says.remove ? 0 : kMarkBytes + kReactionBytes + says.emoji.size() + sizeof(u64);
    case ChatKind::edit:
      return kMarkBytes + says.text.size();
    default:
      return 0;  // a deletion gives back
  }
}

Error ChatBook::check(const ChatPayload& says, u64 sender) const {
  const ChatMark* mark = find(says.target);
  if (mark != nullptr && mark->deleted && says.kind != ChatKind::erase) {
    return Error::unknown_message;
  }
  if (!changes(says, sender)) return Error::ok;
  if (bytes_ + added_bytes(says) > limits_.bytes_max) return Error::chat_limit;
  if (says.kind != ChatKind::react || says.remove || mark == nullptr) return Error::ok;
  if (mark->reactions_total >= limits_.reactions_max) return Error::chat_limit;
  const bool is_new = find_emoji(mark->reactions, says.emoji) == mark->reactions.end();
  return is_new && mark->reactions.size() >= kEmojisMax ? Error::chat_limit : Error::ok;
}

bool ChatBook::changes(const ChatPayload& says, u64 sender) const {
  const ChatMark* mark = find(says.target);
  if (says.kind == ChatKind::erase) return mark == nullptr || !mark->deleted;
  if (says.kind != ChatKind::react) return true;
  if (mark == nullptr) return !says.remove;
  const auto reaction = find_emoji(mark->reactions, says.emoji);
  const bool has = reaction != mark->reactions.end() &&
                   find_client(reaction->clients, sender) != reaction->clients.end();
  return has == says.remove;
}

void ChatBook::apply(const ChatEvent& event) {
  const auto place = std::lower_bound(events_.begin(), events_.end(), event.seq);
  if (place != events_.end() && *place == event.seq) return;
  events_.insert(place, event.seq);
  const auto [it, is_new] = marks_.try_emplace(event.says.target);
  ChatMark& mark = it->second;
  if (!is_new) bytes_ -= bytes_of(mark);
  if (event.says.kind == ChatKind::erase) {
    mark = {};
    mark.deleted = true;
  } else if (event.says.kind == ChatKind::react) {
    react(mark, event);
  } else if (!mark.deleted && event.seq >= mark.edited_seq) {
    mark.text = event.says.text;
    mark.edited_unix_ms = event.timestamp_unix_ms;
    mark.edited_seq = event.seq;
  }
  if (mark.empty()) {
    marks_.erase(it);
  } else {
    bytes_ += bytes_of(mark);
  }
}

void ChatBook::react(ChatMark& mark, const ChatEvent& event) {
  if (mark.deleted) return;
  auto reaction = find_emoji(mark.reactions, event.says.emoji);
  if (event.says.remove) {
    if (reaction == mark.reactions.end()) return;
    const auto client = find_client(reaction->clients, event.sender);
    if (client == reaction->clients.end()) return;
    reaction->clients.erase(client);
    --mark.reactions_total;
    if (reaction->clients.empty()) mark.reactions.erase(reaction);
    return;
  }
  if (reaction == mark.reactions.end()) {
    mark.reactions.push_back({.emoji = std::string(event.says.emoji), .clients = {}});
    reaction = mark.reactions.end() - 1;
  }
  if (find_client(reaction->clients, event.sender) != reaction->clients.end()) return;
  reaction->clients.push_back(event.sender);
  ++mark.reactions_total;
}

bool ChatBook::apply_payload(ChatPayloadReader& reader, const ChatEvent& kept,
                             std::string_view payload) {
  std::string padded(payload);
  padded.append(kParsePaddingBytes, ' ');
  ChatEvent event = kept;
  std::string_view field;
  const Error error =
      reader.read(std::string_view(padded).substr(0, payload.size()), event.says, field);
  if (error != Error::ok || !perseid::is_event(event.says.kind)) return false;
  apply(event);
  return true;
}

const ChatMark* ChatBook::find(Seq message) const {
  const auto it = marks_.find(message);
  return it == marks_.end() ? nullptr : &it->second;
}

bool ChatBook::is_event(Seq seq) const {
  return std::binary_search(events_.begin(), events_.end(), seq);
}

u64 ChatBook::events_between(Seq first, Seq end) const {
  if (first >= end) return 0;
  const auto from = std::lower_bound(events_.begin(), events_.end(), first);
  return static_cast<u64>(std::lower_bound(from, events_.end(), end) - from);
}

Seq ChatBook::first_of(u64 messages, Seq least, Seq end) const {
  if (end <= least) return end;
  Seq first = end - std::min<u64>(messages, end - least);
  // Every event within moves it further back, over which there may be more.
  for (u64 counted = 0; first > least;) {
    const u64 events = events_between(first, end);
    if (events == counted) break;
    first -= std::min<u64>(events - counted, first - least);
    counted = events;
  }
  return first;
}

void ChatBook::forget_before(Seq first) {
  while (!events_.empty() && events_.front() < first) events_.pop_front();
  while (!marks_.empty() && marks_.begin()->first < first) {
    bytes_ -= bytes_of(marks_.begin()->second);
    marks_.erase(marks_.begin());
  }
}

void append_marks(std::string& out, const ChatMark& mark, u64 asker) {
  if (mark.deleted) {
    out += R"("deleted":true)";
    return;
  }
  if (!mark.text.empty()) {
    out += R"("edited":true,"edited_timestamp":)";
    append_number(out, mark.edited_unix_ms);
  }
  if (mark.reactions.empty()) return;
  if (!mark.text.empty()) out += ',';
  out += R"("reactions":[)";
  for (const ChatReaction& reaction : mark.reactions) {
    if (out.back() != '[') out += ',';
    out += R"({"emoji":")";
    append_json_escaped(out, reaction.emoji);
    out += R"(","count":)";
    append_number(out, reaction.clients.size());
    const bool mine = find_client(reaction.clients, asker) != reaction.clients.end();
    out += mine ? R"(,"mine":true})" : R"(,"mine":false})";
  }
  out += ']';
}

const Delivery& ChatFolder::fold(const Delivery& message, const ChatMark* mark, u64 asker) {
  folded_ = message;
  if (mark == nullptr) return folded_;
  marks_.clear();
  append_marks(marks_, *mark, asker);
  folded_.marks = marks_;
  if (mark->deleted) {
    folded_.payload = "{}";
  } else if (!mark->text.empty()) {
    padded_ = message.payload;
    padded_.append(kParsePaddingBytes, ' ');
    payload_.clear();
    reader_.append_edited(payload_, std::string_view(padded_).substr(0, message.payload.size()),
                          mark->text);
    folded_.payload = payload_;
  }
  return folded_;
}

}  // namespace perseid
