// Dispatch: chat: what a payload says, how far somebody has read, what moderators ask for.
#include <sodium.h>

#include <array>
#include <memory>

#include "codec/client_id.h"
#include "engine/answers.h"
#include "engine/dispatch.h"

namespace perseid {

// False: refused, and answered.
bool Dispatch::admit_chat(Slot session, const Request& request, ChatKind& kind) {
  if (request.type != MessageType::chat) return true;
  ChatPayload says;
  std::string_view field;
  Error error = chat_.read(request.payload, says, field);
  kind = says.kind;
  // Nothing that is sent to one client has a number by which it could be changed.
  if (error == Error::ok && !request.to.empty() && is_event(kind)) {
    error = Error::bad_value;
    field = "payload";
  }
  if (error == Error::ok) return true;
  sessions_.answer_error(session, request.id, error, field);
  return false;
}

void Dispatch::chat_ask(Slot session, const Request& request) {
  const Slot slot = views_.find_member(session, request.room, request.room_number);
  const std::string_view room =
      slot == kNoSlot ? request.room : views_.view_of(views_.member(slot)).name;
  if (request.op != ClientOp::read && !is_permitted(session, request, kMayModerate, room, "op")) {
    return;
  }
  if (slot == kNoSlot) {
    return sessions_.answer_error(session, request.id, Error::not_joined, "room");
  }
  const Member& member = views_.member(slot);
  const RoomView& view = views_.view_of(member);
  auto letter = std::make_unique<ChatAsk>();
  letter->op = request.op;
  letter->session = sessions_.uid(session);
  letter->user = user_of(session);
  if (member.joined) letter->room = view.room;
  letter->room_name = view.name;
  letter->seq = request.seq;
  if (!request.client.empty()) {
    PSD_ASSERT(read_client_id(request.client, letter->client.value));  // the reader has looked
  }
  letter->name = request.name;
  letter->duration_ms = request.duration_ms;
  letter->interval_ms = request.interval_ms;
  letter->id = request.id;
  mail_.send(view.home, Letter(std::move(letter)));
}

// Compared by keyed hashes: how long it takes tells nothing of the secret, its length included.
bool Dispatch::is_moderator_token(std::string_view token) const {
  const std::string_view secret = context_.options.moderator_token;
  if (secret.empty() || token.empty()) return false;
  using Hash = std::array<u8, crypto_shorthash_siphashx24_BYTES>;
  const auto hash = [&](std::string_view text) {
    Hash out;
    crypto_shorthash_siphashx24(out.data(), as_bytes(text).data(), text.size(),
                                context_.config.seed.data());
    return out;
  };
  const Hash given = hash(token);
  const Hash wanted = hash(secret);
  return sodium_memcmp(given.data(), wanted.data(), given.size()) == 0;
}

void Dispatch::notice(std::string_view room, std::string_view payload) {
  const ShardId home = views_.home_of(room);
  for (u32 shard = 0; shard < context_.config.shard_count; ++shard) {
    if (!room.empty() && shard != home) continue;
    auto letter = std::make_unique<NoticeLetter>();
    letter->room = room;
    letter->payload = payload;
    mail_.send(static_cast<ShardId>(shard), Letter(std::move(letter)));
  }
}

void Dispatch::notice(const NoticeLetter& letter) {
  if (!letter.room.empty()) return rooms_.notice(letter);
  std::string text;
  answers::notice(text, letter.payload, context_.now.unix_ms);
  std::array<std::string, 2> frames;
  for (const Flavour flavour : {Flavour::json, Flavour::bin}) {
    std::string& frame = frames[static_cast<u8>(flavour)];
    frame.resize(system_bytes(flavour, text));
    write_system(flavour, text, reinterpret_cast<u8*>(frame.data()));
  }
  sessions_.each([&](Slot slot) {
    const std::string& frame = frames[static_cast<u8>(sessions_[slot].format.flavour)];
    const bool sent = sessions_.push_if_read(slot, as_bytes(frame));
    ++(sent ? context_.stats.notices_sent : context_.stats.notices_unsent);
  });
}

}  // namespace perseid
