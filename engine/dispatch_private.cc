// Dispatch: private messages by name that are kept (--private-durability), and their history.
// With commit the store comes first: then the message goes its way to those who bear the name, and
// its sender is told. With async it goes at once.
#include <memory>
#include <utility>

#include "codec/chat_payload.h"
#include "engine/answers.h"
#include "engine/dispatch.h"

namespace perseid {
namespace {

constexpr u32 kMessageBytes = 256;  // what a message is reckoned at, beside its payload

}  // namespace

// What passes by is not kept, nor what an anonymous client says: nobody could ask for it.
bool Dispatch::is_kept(Slot session, const Request& request, ChatKind chat) const {
  return private_durability_ != Durability::memory && context_.config.store != nullptr &&
         request.type == MessageType::chat && chat == ChatKind::message &&
         !user_of(session).empty();
}

// False if the store has no room for it.
bool Dispatch::keep_named(Slot session, const Request& request, u64 question) {
  const auto bytes = static_cast<u32>(request.payload.size()) + kMessageBytes;
  if (!context_.config.store->reserve(bytes)) {
    ++context_.stats.store_overloaded;
    return false;
  }
  const bool first = private_durability_ == Durability::commit;
  NamedQuestion& named = named_[question];
  named.timestamp_unix_ms = context_.now.unix_ms;
  named.kept = !first;
  auto job = std::make_unique<StoreJob>();
  job->shard = context_.config.shard;
  job->reserved_bytes = bytes;
  job->body = store::AppendDirect{
      .message = {.timestamp_unix_ms = named.timestamp_unix_ms,
                  .from = std::string(sessions_[session].name.view()),
                  .to = std::string(request.to.substr(1)),
                  .payload = std::string(request.payload)},
      .question = first ? question : 0,
  };
  context_.config.store->submit(std::move(job));
  ++context_.stats.store_directs;
  return true;
}

void Dispatch::stored(StoreJob& job) {
  if (auto* page = std::get_if<store::ReadDirect>(&job.body))
    return answer_private(*page, job.error);
  const u64 question = std::get<store::AppendDirect>(job.body).question;
  if (job.error != Error::ok) ++context_.stats.store_refused;
  if (question == 0) return;
  const auto it = named_.find(question);
  PSD_ASSERT(it != named_.end());  // it waits for nothing else
  it->second.kept = job.error == Error::ok;
  if (!it->second.kept) {
    it->second.error = job.error;
    return finish_named(question);
  }
  // Nobody else could be told just now: it is in the history.
  if (!pass_named(question)) finish_named(question);
}

void Dispatch::ask_private(Slot session, const Request& request) {
  if (!is_permitted(session, request, kMaySendDirect, {}, "to")) return;
  const std::string_view name = user_of(session);
  const u32 limit =
      std::min(request.has_limit ? request.limit : 50u, context_.options.chat_history);
  store::ReadDirect page{.one = std::string(name),
                         .other = std::string(request.to.substr(1)),
                         .before = request.has_before ? request.before : ~u64{0},
                         .limit = limit,
                         .bytes_max = context_.options.store_page_bytes_max,
                         .session = sessions_.uid(session),
                         .id = std::string(request.id)};
  const bool is_any = private_durability_ != Durability::memory &&
                      context_.config.store != nullptr && !name.empty() && limit > 0;
  if (!is_any) return answer_private(page, Error::ok);
  const u32 page_bytes = store::page_bytes(limit, context_.options.store_page_bytes_max);
  if (!context_.config.store->reserve(page_bytes)) {
    ++context_.stats.store_overloaded;
    return answer_private(page, Error::overloaded);
  }
  ++context_.stats.store_pages;
  auto job = std::make_unique<StoreJob>();
  job->shard = context_.config.shard;
  job->reserved_bytes = page_bytes;
  job->body = std::move(page);
  context_.config.store->submit(std::move(job));
}

void Dispatch::answer_private(const store::ReadDirect& page, Error error) {
  if (sessions_.find(page.session) == nullptr) return;
  const Slot session = page.session.handle().slot;
  if (error != Error::ok) {
    return sessions_.answer_error(session, page.id, error, {}, answers::retry_after_ms(error));
  }
  std::string list = "[";
  for (const StoredDirect& message : page.messages) {
    if (list.size() > 1) list += ',';
    answers::private_message(list, message);
  }
  list += ']';
  std::string& text = context_.scratch;
  text.clear();
  answers::private_history(text, page.id, kNamedRecipient + page.other, list);
  sessions_.answer_if_room(session, page.id, text);
}

}  // namespace perseid
