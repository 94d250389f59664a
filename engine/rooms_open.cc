// Rooms: durable rooms are opened by the store: whoever comes meanwhile waits, and so does what
// they say, each in its order. Other rooms notice nothing.
#include <utility>

#include "engine/rooms.h"

namespace perseid {
namespace {

constexpr std::size_t kWaitingLettersMax = 65536;  // of one room
constexpr u32 kQuestionBytes = 256;                // what a small job is reckoned at

}  // namespace

Rooms::Opening* Rooms::find_opening(std::string_view room) {
  if (openings_.empty()) return nullptr;
  const auto it = opening_by_name_.find(room);
  return it == opening_by_name_.end() ? nullptr : &openings_.at(it->second);
}

bool Rooms::waits(LeaveLetter& letter) {
  Opening* opening = letter.room.slot != kNoSlot || letter.ask == nullptr
                         ? nullptr
                         : find_opening(letter.ask->room);
  if (opening == nullptr) return false;
  opening->waiting.emplace_back(std::move(letter));
  return true;
}

bool Rooms::waits(PublishLetter& letter, const Parcel& parcel) {
  Opening* opening = letter.room.slot != kNoSlot ? nullptr : find_opening(parcel.room);
  if (opening == nullptr) return false;
  const u64 bytes = letter.parcel.bytes().size();
  if (opening->waiting.size() >= kWaitingLettersMax ||
      opening->waiting_bytes + bytes > context_.options.store_queue_bytes_max) {
    ++context_.stats.store_overloaded;
    answer_parcel(letter, 0, {.error = Error::overloaded, .field = {}});
    return true;
  }
  opening->waiting_bytes += bytes;
  opening->waiting.emplace_back(std::move(letter));
  return true;
}

bool Rooms::waits(Ask& ask) {
  Opening* opening = ask.room.slot != kNoSlot ? nullptr : find_opening(ask.room_name);
  if (opening == nullptr) return false;
  if (opening->waiting.size() >= kWaitingLettersMax) {
    refuse(ask, Error::overloaded);
  } else {
    opening->waiting.emplace_back(std::make_unique<Ask>(std::move(ask)));
  }
  return true;
}

bool Rooms::waits(ChatAsk& ask) {
  Opening* opening = ask.room.slot != kNoSlot ? nullptr : find_opening(ask.room_name);
  if (opening == nullptr || opening->waiting.size() >= kWaitingLettersMax) return false;
  opening->waiting.emplace_back(std::make_unique<ChatAsk>(std::move(ask)));
  return true;
}

bool Rooms::waits(JoinRequest& request) {
  Opening* opening = request.is_cell ? nullptr : find_opening(request.room);
  if (opening == nullptr) return false;
  if (opening->waiting.size() >= kWaitingLettersMax) {
    refuse_join(request, Error::overloaded);
  } else {
    opening->waiting.emplace_back(std::make_unique<JoinRequest>(std::move(request)));
  }
  return true;
}

void Rooms::open(JoinRequest& request, JoinAnswer& answer, std::shared_ptr<const RoomRule> rule) {
  if (!context_.config.store->reserve(kQuestionBytes)) {
    ++context_.stats.store_overloaded;
    answer.error = Error::overloaded;
    return;
  }
  while (openings_.contains(openings_begun_)) ++openings_begun_;
  const Slot number = openings_begun_++;
  auto job = std::make_unique<StoreJob>();
  job->shard = context_.config.shard;
  job->room = {number, 0};
  job->reserved_bytes = kQuestionBytes;
  job->body = store::OpenRoom{.name = request.room,
                              .fresh_epoch = new_epoch(),
                              .events_max = context_.options.chat_history,
                              .bytes_max = context_.options.chat_window_bytes};
  Opening& opening = openings_[number];
  opening.name = request.room;
  opening.rule = std::move(rule);
  opening.waiting.emplace_back(std::make_unique<JoinRequest>(std::move(request)));
  opening_by_name_.emplace(opening.name, number);
  context_.config.store->submit(std::move(job));
}

void Rooms::opened(StoreJob& job) {
  const auto it = openings_.find(job.room.slot);
  PSD_ASSERT(it != openings_.end());
  Opening opening = std::move(it->second);
  opening_by_name_.erase(opening_by_name_.find(opening.name));
  openings_.erase(it);
  if (job.error == Error::ok) {
    auto& answer = std::get<store::OpenRoom>(job.body);
    Room& room = begin(opening.name, answer.epoch, opening.rule);
    room.line = std::make_unique<StoreLine>();
    room.line->room = answer.room;
    room.line->commit = opening.rule->durability == Durability::commit;
    room.line->next_seq = answer.last_seq + 1;
    room.line->stored_seq = answer.last_seq;
    room.restore(answer);
    room.facts = std::move(answer.facts);
    restore_chat(room);
    ++context_.stats.store_rooms_opened;
  } else {
    ++context_.stats.store_refused;
  }
  for (Letter& letter : opening.waiting) take_waiting(letter, job.error);
  // Whoever it was opened for may have been kept out.
  const auto room = by_name_.find(opening.name);
  if (room != by_name_.end()) linger(*rooms_[room->second]);
}

// Without its room nobody has a seat: what was said behind a join finds that out by itself.
void Rooms::take_waiting(Letter& letter, Error error) {
  if (auto* request = std::get_if<std::unique_ptr<JoinRequest>>(&letter.body)) {
    error == Error::ok ? join(**request) : refuse_join(**request, error);
  } else if (auto* leaving = std::get_if<LeaveLetter>(&letter.body)) {
    leave(*leaving);
  } else if (auto* message = std::get_if<PublishLetter>(&letter.body)) {
    publish(*message);
  } else if (auto* question = std::get_if<std::unique_ptr<Ask>>(&letter.body)) {
    ask(**question);
  } else if (auto* wish = std::get_if<std::unique_ptr<ChatAsk>>(&letter.body)) {
    chat_ask(**wish);
  }
}

void Rooms::refuse_join(JoinRequest& request, Error error) {
  auto answer = std::make_unique<JoinAnswer>();
  answer->session = request.session;
  answer->member = request.member;
  answer->view = request.view;
  answer->id = std::move(request.id);
  answer->error = error;
  ++context_.stats.rooms_refused;
  mail_.send(request.session.shard(), Letter(std::move(answer)));
}

// Everything that is still gathered goes first. Behind it nothing comes from this room.
void Rooms::close_line(Room& room) {
  if (room.line == nullptr) return;
  send_gathered(room);
  send_unsaved(room);
  const store::CloseRoom close{.room = room.line->room,
                               .last_seq = room.last_seq(Lane::chat),
                               .action_seq = room.last_seq(Lane::player_action)};
  auto job = std::make_unique<StoreJob>();
  job->shard = context_.config.shard;
  job->silent = true;
  job->body = close;
  context_.config.store->submit(std::move(job));
}

}  // namespace perseid
