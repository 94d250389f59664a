// Dispatch: private messages by user name, which reach every session of that name on any shard.
// A name's keeper, the shard that its hash says, knows the sessions. It is asked to pass the
// message on; each recipient tells the sender's shard what became of it, and that answers the
// sender.
#include <vector>

#include "engine/answers.h"
#include "engine/dispatch.h"

namespace perseid {

u64 Dispatch::name_hash(std::string_view name) const {
  return KeyedHash{context_.config.hash_key}(name);
}

ShardId Dispatch::keeper_of(u64 hash) const {
  return static_cast<ShardId>(hash % context_.config.shard_count);
}

void Dispatch::tell_name(Slot session, bool gone) {
  const std::string_view name = sessions_[session].name.view();
  // Whose name nobody vouches for gets nothing that was meant for its owner.
  if (user_of(session).empty()) return;
  const u64 hash = name_hash(name);
  mail_.send(
      keeper_of(hash),
      Letter(NameLetter{.name_hash = hash, .session = sessions_.uid(session), .gone = gone}));
}

void Dispatch::close(Slot session) {
  tell_name(session, true);
  admissions_.close(session);
  signers_.close(session);
  sessions_.close(session);
}

void Dispatch::name(const NameLetter& letter) {
  if (letter.gone) return names_.remove(letter.name_hash, letter.session);
  const u32 sessions_max = context_.options.name_sessions_max;
  if (!names_.add(letter.name_hash, letter.session, sessions_max)) ++context_.stats.names_unlisted;
}

void Dispatch::send_named(Slot session, const Request& request, ChatKind chat, u64 key) {
  if (key != 0 && answer_repeated(session, request, {}, key)) return;
  if (is_shed(session, request)) return refuse_overloaded(session, request, key);
  const u64 question = ++questions_asked_;
  named_[question] = {.sender = sessions_.uid(session),
                      .id = std::string(request.id),
                      .repeat_key = key,
                      .parcel = parcels_.write({request.id, request.to.substr(1), request.payload}),
                      .type = request.type};
  const bool keep = is_kept(session, request, chat);
  bool taken = !keep || keep_named(session, request, question);
  if (taken && keep && private_durability_ == Durability::commit) return;
  taken = taken && pass_named(question);
  if (taken) return;
  if (named_[question].kept) return finish_named(question);
  named_.erase(question);
  refuse_overloaded(session, request, key);
}

// It may be answered, and the question gone, when this returns.
bool Dispatch::pass_named(u64 number) {
  NamedQuestion& question = named_[number];
  const u64 hash = name_hash(open_parcel(question.parcel).room);
  NamedDirect letter{.name_hash = hash,
                     .sender = question.sender,
                     .parcel = std::move(question.parcel),
                     .question = number,
                     .timestamp_unix_ms = question.timestamp_unix_ms,
                     .type = static_cast<u8>(question.type)};
  return mail_.send(keeper_of(hash), Letter(std::move(letter)), Post::bulk);
}

// At the keeper.
void Dispatch::named(NamedDirect& letter) {
  std::vector<SessionUid> sessions;
  names_.find(letter.name_hash, sessions);
  const NamedAnswer answer{.sender = letter.sender, .question = letter.question};
  NamedAnswer count = answer;
  count.is_count = true;
  count.parts = static_cast<u32>(sessions.size());
  mail_.send(letter.sender.shard(), Letter(count));
  Segment* segment = letter.parcel.segment();
  const auto offset = static_cast<u32>(letter.parcel.bytes().data() - segment->data());
  const auto size_bytes = static_cast<u32>(letter.parcel.bytes().size());
  for (const SessionUid to : sessions) {
    DirectLetter copy{.to = to,
                      .sender = letter.sender,
                      .parcel = SharedSlice(segment, offset, size_bytes),
                      .question = letter.question,
                      .timestamp_unix_ms = letter.timestamp_unix_ms,
                      .type = letter.type};
    if (mail_.send(to.shard(), Letter(std::move(copy)), Post::bulk)) continue;
    NamedAnswer refused = answer;
    refused.error = Error::overloaded;
    mail_.send(letter.sender.shard(), Letter(refused));
  }
}

void Dispatch::named_answer(const NamedAnswer& letter) {
  const auto it = named_.find(letter.question);
  if (it == named_.end()) return;
  NamedQuestion& question = it->second;
  if (letter.is_count) {
    question.parts_expected = letter.parts;
  } else {
    ++question.parts_come;
    if (letter.error == Error::ok) ++question.delivered;
    // That a session has just gone is the least of what can be wrong.
    if (letter.error != Error::unknown_client) question.error = letter.error;
  }
  if (question.parts_come >= question.parts_expected) finish_named(letter.question);
}

// Delivered if anybody of that name has got it, or can read it later.
void Dispatch::finish_named(u64 number) {
  const NamedQuestion question = std::move(named_.extract(number).mapped());
  if (sessions_.find(question.sender) == nullptr) return;
  const Slot session = question.sender.handle().slot;
  const u64 key = question.repeat_key;
  const bool is_done = question.kept || question.delivered > 0;
  const u64 unix_ms =
      question.timestamp_unix_ms == 0 ? context_.now.unix_ms : question.timestamp_unix_ms;
  const u32 repeats = key == 0 ? 0 : remember(session, key, 0, unix_ms);
  if (!is_done && key != 0) sessions_[session].memory->forget(key);
  const u32 wait_ms = answers::retry_after_ms(question.error);
  for (u32 i = 0; i <= repeats; ++i) {
    if (!is_done) {
      sessions_.answer_error(session, question.id, question.error, wait_ms == 0 ? "to" : "",
                             wait_ms);
    } else if (!question.id.empty()) {
      acknowledge(session, question.id, {}, 0, unix_ms);
    }
  }
}

}  // namespace perseid
