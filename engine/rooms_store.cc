// Rooms: what durable rooms tell their store, and what comes back: publishes, once per turn and
// room, older history, small facts. docs/decisions/0020-a-store-behind-the-order.md says in which
// order and why.
#include <algorithm>
#include <utility>

#include "codec/json_text.h"
#include "engine/answers.h"
#include "engine/rooms.h"

namespace perseid {
namespace {

constexpr u32 kEntryBytes = 128;  // what a publish is reckoned at, beside its payload
constexpr u64 kRetryMs = 500;

void append_stored(std::string& out, std::string& frame, const Delivery& delivery) {
  if (out.back() != '[') out += ',';
  frame.resize(delivery_bytes(Flavour::json, delivery));
  u8* bytes = reinterpret_cast<u8*>(frame.data());
  write_delivery(Flavour::json, delivery, bytes);
  out += delivery_json({bytes, frame.size()});
}

}  // namespace

void Rooms::stored(std::unique_ptr<StoreJob> job) {
  if (std::holds_alternative<store::OpenRoom>(job->body)) return opened(*job);
  if (std::holds_alternative<store::Append>(job->body)) return appended(std::move(job));
  const auto* page = std::get_if<store::ReadPage>(&job->body);
  if (page != nullptr) return page->change != 0 ? change_past(*job) : answer_page(*job);
}

// Says where one stands, before anything is given a seq.
Error Rooms::may_store(const Room& room, std::size_t bytes) {
  const StoreLine& line = *room.line;
  if (line.refusing || !line.unsaved.empty()) {
    ++context_.stats.store_refused;
    return Error::store_unavailable;
  }
  if (context_.config.store->reserve(static_cast<u32>(bytes) + kEntryBytes)) return Error::ok;
  ++context_.stats.store_overloaded;
  return Error::overloaded;
}

// What members see already: stored behind their backs.
void Rooms::keep(Room& room, SessionUid sender, Seq target, std::string_view payload) {
  const Seq seq = room.line->next_seq++;
  PSD_ASSERT(seq == room.last_seq(Lane::chat));
  gather(room,
         {.seq = seq,
          .target = target,
          .timestamp_unix_ms = context_.now.unix_ms,
          .sender = sender,
          .parcel = parcels_.write({{}, {}, payload})},
         payload.size());
}

// What nobody sees before it is stored; it keeps its place in the order.
bool Rooms::hold(Room& room, PublishLetter& letter, const Publish& message, Refusal& refusal) {
  ChatPayload says;
  return admit_chat(room, message, says, refusal) &&
         hold_admitted(room, letter, says.target, message.payload, refusal);
}

bool Rooms::hold_admitted(Room& room, PublishLetter& letter, Seq target, std::string_view payload,
                          Refusal& refusal) {
  refusal.error = may_store(room, payload.size());
  if (refusal.error != Error::ok) return false;
  gather(room,
         {.seq = room.line->next_seq++,
          .target = target,
          .timestamp_unix_ms = context_.now.unix_ms,
          .sender = letter.sender,
          .parcel = std::move(letter.parcel),
          .repeat_key = letter.repeat_key},
         payload.size());
  return true;
}

void Rooms::gather(Room& room, store::Entry&& entry, std::size_t bytes) {
  StoreLine& line = *room.line;
  if (line.gathering.entries.empty()) {
    gathered_.push_back(rooms_.handle(slot_of(room)));
  }
  line.gathering.entries.push_back(std::move(entry));
  line.gathering_bytes += static_cast<u32>(bytes) + kEntryBytes;
  ++context_.stats.store_publishes;
}

void Rooms::send_gathered(Room& room) {
  StoreLine& line = *room.line;
  if (line.gathering.entries.empty()) return;
  auto job = std::make_unique<StoreJob>();
  job->shard = context_.config.shard;
  job->room = rooms_.handle(slot_of(room));
  job->reserved_bytes = std::exchange(line.gathering_bytes, 0);
  line.gathering.room = line.room;
  line.gathering.behind = !line.commit;
  job->body = std::exchange(line.gathering, {});
  ++line.batches_out;
  context_.config.store->submit(std::move(job));
}

void Rooms::appended(std::unique_ptr<StoreJob> job) {
  Room* room = find(job->room);
  PSD_ASSERT(room != nullptr && room->line->batches_out > 0);  // it cannot go while it is busy
  StoreLine& line = *room->line;
  --line.batches_out;
  auto& batch = std::get<store::Append>(job->body);
  if (job->error == Error::ok) line.stored_seq = batch.entries.back().seq;
  if (line.commit) {
    job->error == Error::ok ? committed(*room, batch) : refused(batch, job->error);
    line.refusing |= job->error != Error::ok;
    if (line.refusing && line.batches_out == 0 && line.gathering.entries.empty()) {
      line.refusing = false;
      line.next_seq = room->last_seq(Lane::chat) + 1;
    }
  } else if (job->error != Error::ok) {
    line.unsaved.push_back(std::move(job));
    try_again_later(*room);
  }
}

void Rooms::committed(Room& room, store::Append& batch) {
  for (store::Entry& entry : batch.entries) {
    PSD_ASSERT(entry.seq == room.last_seq(Lane::chat) + 1);
    const std::string_view payload = open_parcel(entry.parcel).payload;
    room.append_message({.type = MessageType::chat,
                         .room_escaped = room.name_json,
                         .room_number = room.number,
                         .seq = entry.seq,
                         .sender = entry.sender.value,
                         .timestamp_unix_ms = entry.timestamp_unix_ms,
                         .payload = payload});
    if (entry.target != 0) {
      room.fold_change(entry.seq, entry.timestamp_unix_ms, entry.sender.value, payload);
      ++context_.stats.chat_events;
    }
    ++context_.stats.messages_sequenced;
    context_.emit(EventKind::message_sent, entry.sender, room.name, Error::ok, name(Lane::chat),
                  payload.size());
    answer_entry(entry, Error::ok);
  }
  grown(room, Lane::chat);
}

void Rooms::refused(store::Append& batch, Error error) {
  context_.stats.store_refused += batch.entries.size();
  for (store::Entry& entry : batch.entries) answer_entry(entry, error);
}

void Rooms::answer_entry(store::Entry& entry, Error error) {
  if (error == Error::ok && open_parcel(entry.parcel).id.empty()) return;
  mail_.send(entry.sender.shard(),
             Letter(PublishAnswer{.sender = entry.sender,
                                  .parcel = std::move(entry.parcel),
                                  .repeat_key = entry.repeat_key,
                                  .timestamp_unix_ms = entry.timestamp_unix_ms,
                                  .seq = entry.seq,
                                  .error = error}));
}

void Rooms::try_again_later(Room& room) {
  if (room.line->retry_timer != kNoTimer) return;
  room.line->retry_timer = context_.timers.schedule(
      context_.now.mono_ms + kRetryMs, timer_cookie(TimerKind::room_store, slot_of(room)));
}

// Not before all that was sent is home: those behind the first that failed have failed as well.
void Rooms::try_again(Room& room) {
  if (room.line->batches_out > 0) return try_again_later(room);
  send_unsaved(room);
}

void Rooms::send_unsaved(Room& room) {
  StoreLine& line = *room.line;
  while (!line.unsaved.empty()) {
    std::unique_ptr<StoreJob> job = std::move(line.unsaved.front());
    line.unsaved.pop_front();
    job->error = Error::ok;
    (void)context_.config.store->reserve(job->reserved_bytes, true);
    ++line.batches_out;
    context_.config.store->submit(std::move(job));
  }
}

// True if the store has to be asked: the room's own window ends before the page does.
bool Rooms::read_history(Room& room, Ask& ask) {
  std::string newer;
  const u32 count = room.write_history(newer, ask.before, ask.limit, ask.session);
  const Seq first = room.history_begin();
  if (count >= ask.limit || first <= 1) return false;
  const u32 page_bytes =
      static_cast<u32>(newer.size()) +
      store::page_bytes(ask.limit - count, context_.options.store_page_bytes_max);
  if (!context_.config.store->reserve(page_bytes)) {
    ++context_.stats.store_overloaded;
    refuse(ask, Error::overloaded);
    return true;
  }
  ++context_.stats.store_pages;
  auto job = std::make_unique<StoreJob>();
  job->shard = context_.config.shard;
  job->room = rooms_.handle(slot_of(room));
  job->reserved_bytes = page_bytes;
  job->body = store::ReadPage{.room = room.line->room,
                              .before = std::min(ask.before, first),
                              .limit = ask.limit - count,
                              .bytes_max = context_.options.store_page_bytes_max,
                              .session = ask.session,
                              .id = std::move(ask.id),
                              .room_name = room.name,
                              .newer_json = std::move(newer)};
  context_.config.store->submit(std::move(job));
  return true;
}

void Rooms::answer_page(StoreJob& job) {
  auto& page = std::get<store::ReadPage>(job.body);
  const Room* room = find(job.room);  // one that has gone had nothing waiting
  if (room != nullptr && !is_stored(*room, page)) job.error = Error::store_unavailable;
  auto answer = std::make_unique<TextAnswer>();
  answer->session = page.session;
  answer->id = page.id;
  answer->error = job.error;
  if (job.error == Error::ok) {
    std::string room_json;
    append_json_escaped(room_json, page.room_name);
    std::string list = "[";
    std::string frame;
    ChatFolder& folder = context_.chat_folder;
    ChatBook book({});  // of this page alone
    fold_page(room, page, book);
    for (const StoredMessage& message : page.messages) {
      const Delivery delivery{.type = MessageType::chat,
                              .room_escaped = room_json,
                              .seq = message.seq,
                              .sender = message.sender,
                              .timestamp_unix_ms = message.timestamp_unix_ms,
                              .payload = message.payload};
      append_stored(list, frame, folder.fold(delivery, book.find(message.seq), page.session.value));
    }
    if (page.newer_json.size() > 2 && list.size() > 1) list += ',';
    list.append(page.newer_json, 1);  // with its own closing bracket
    answers::history(answer->json, page.id, page.room_name, list);
  } else {
    ++context_.stats.store_refused;
  }
  mail_.send(page.session.shard(), Letter(std::move(answer)));
}

bool Rooms::put_fact(Room& room, std::string_view key, std::string_view value) {
  return submit_fact(room,
                     store::PutFact{.room = 0, .fact = {std::string(key), std::string(value)}},
                     key.size() + value.size());
}

bool Rooms::drop_fact(Room& room, std::string_view key) {
  return submit_fact(room, store::DropFact{.room = 0, .key = std::string(key)}, key.size());
}

bool Rooms::submit_fact(Room& room, StoreJob::Body&& body, std::size_t bytes) {
  const auto reserved_bytes = static_cast<u32>(bytes) + kEntryBytes;
  if (room.line == nullptr || !context_.config.store->reserve(reserved_bytes)) return false;
  if (auto* put = std::get_if<store::PutFact>(&body)) put->room = room.line->room;
  if (auto* drop = std::get_if<store::DropFact>(&body)) drop->room = room.line->room;
  auto job = std::make_unique<StoreJob>();
  job->shard = context_.config.shard;
  job->reserved_bytes = reserved_bytes;
  job->silent = true;
  job->body = std::move(body);
  context_.config.store->submit(std::move(job));
  return true;
}

}  // namespace perseid
