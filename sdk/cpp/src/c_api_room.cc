// perseid.h: rooms and their state.
#include <vector>

#include "sdk/cpp/src/c_api.h"

namespace sdk = perseid::sdk;

namespace perseid {
inline namespace sdk {
namespace {

Value value_of_c(const perseid_value& from) {
  switch (from.kind) {
    case PERSEID_BOOL:
      return {from.number != 0};
    case PERSEID_NUMBER:
      return {from.number};
    case PERSEID_TEXT:
      return {text_of(from.text)};
    case PERSEID_QUATERNION:
      return {Quaternion{from.quaternion[0], from.quaternion[1], from.quaternion[2],
                         from.quaternion[3]}};
    case PERSEID_ANY_JSON:
      return {Json{std::string(text_of(from.text))}};
    case PERSEID_NULL:
      break;
  }
  return {};
}

// Its text is kept in `held`.
perseid_value value_to_c(const Value& value, std::string& held) {
  perseid_value out{};
  if (value.is_null()) return out;
  held.clear();
  if (value.is_number()) {
    out.kind = PERSEID_NUMBER;
    out.number = value.number();
  } else if (value.is_quaternion()) {
    out.kind = PERSEID_QUATERNION;
    for (std::size_t i = 0; i < 4; ++i) out.quaternion[i] = value.quaternion()[i];
  } else if (value.is_boolean()) {
    out.kind = PERSEID_BOOL;
    out.number = value.boolean() ? 1 : 0;
  } else {
    out.kind = value.is_text() ? PERSEID_TEXT : PERSEID_ANY_JSON;
    held = value.is_text() ? std::string(value.text()) : value.json();
  }
  out.text = held.c_str();
  return out;
}

int read_field(perseid_room* room, const Entities& entities, const char* entity, const char* field,
               perseid_value* out) {
  return guarded([&] {
    const Value& value = value_at(entities, entity, field);
    *out = value_to_c(value, room->held);
    return !value.is_null();
  });
}

std::vector<const char*> pointers(std::span<const std::string> texts) {
  std::vector<const char*> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.push_back(text.c_str());
  return out;
}

std::string_view name_of_event(PresenceEvent event) {
  constexpr std::string_view kNames[] = {"join", "leave", "drop", "resume", "roster"};
  return kNames[static_cast<u8>(event)];
}

void hand_on(perseid_room* room) {
  Room& from = *room->room;
  from.on.chat = [room](const Message& message) { tell(message, room->handlers.chat, room->user); };
  from.on.action = [room](const Message& message) {
    tell(message, room->handlers.action, room->user);
  };
  from.on.state = [room](const StateEvent& event) {
    if (room->handlers.state == nullptr) return;
    const std::vector<const char*> touched = pointers(event.touched);
    const std::vector<const char*> gone = pointers(event.gone);
    room->handlers.state(room->user, room, event.tick, event.full ? 1 : 0, touched.data(),
                         touched.size(), gone.data(), gone.size());
  };
  from.on.presence = [room](const Presence& presence) {
    if (room->handlers.presence == nullptr) return;
    const std::string client(presence.client);
    const std::string name(presence.name);
    room->handlers.presence(room->user, name_of_event(presence.event).data(), client.c_str(),
                            name.c_str());
  };
}

}  // namespace
}  // namespace sdk
}  // namespace perseid

perseid_room* perseid_join(perseid_client* client, const char* room, int presence, uint32_t history,
                           perseid_on_result done, void* user) {
  return perseid_join_encrypted(client, room, presence, history, nullptr, done, user);
}

perseid_room* perseid_join_encrypted(perseid_client* client, const char* room, int presence,
                                     uint32_t history, perseid_cipher* cipher,
                                     perseid_on_result done, void* user) {
  perseid_room* out = nullptr;
  sdk::guarded([&] {
    perseid::JoinOptions options{.presence = presence != 0, .history = history};
    if (cipher != nullptr) options.encryption = cipher->cipher;
    std::unique_ptr<perseid_room>& handle = client->rooms[room];
    if (handle == nullptr) handle = std::make_unique<perseid_room>();
    handle->owner = client;
    handle->name = room;
    handle->room = &client->client.join(room, std::move(options), sdk::done_of(done, user));
    sdk::hand_on(handle.get());
    out = handle.get();
    return true;
  });
  return out;
}

void perseid_room_set_handlers(perseid_room* room, perseid_room_handlers handlers, void* user) {
  room->handlers = handlers;
  room->user = user;
}

int perseid_room_joined(const perseid_room* room) {
  return room->room->joined() ? 1 : 0;
}

void perseid_room_leave(perseid_room* room) {
  sdk::guarded([&] {
    room->room->on = {};
    room->room->leave();
    // The handle goes with it.
    perseid_client* owner = room->owner;
    owner->rooms.erase(owner->rooms.find(room->name));
    return true;
  });
}

int perseid_room_chat(perseid_room* room, const char* text, perseid_on_result done, void* user) {
  return sdk::guarded([&] { return room->room->chat(text, sdk::done_of(done, user)); });
}

int perseid_room_publish(perseid_room* room, int action, const char* payload,
                         perseid_on_result done, void* user) {
  return sdk::guarded([&] {
    return action != 0 ? room->room->send(payload, sdk::done_of(done, user))
                       : room->room->chat_payload(payload, sdk::done_of(done, user));
  });
}

int perseid_room_send_now(perseid_room* room, const char* payload) {
  return sdk::guarded([&] { return room->room->send(payload, {}, perseid::Send::now); });
}

int perseid_room_set(perseid_room* room, const char* entity, const perseid_field* fields,
                     size_t count) {
  return sdk::guarded([&] {
    perseid::Fields values;
    for (size_t i = 0; i < count; ++i) {
      values.insert_or_assign(fields[i].name, sdk::value_of_c(fields[i].value));
    }
    return room->room->set(entity, values);
  });
}

int perseid_room_unset(perseid_room* room, const char* entity) {
  return sdk::guarded([&] { return room->room->unset(entity); });
}

int perseid_room_get(perseid_room* room, const char* entity, const char* field,
                     perseid_value* out) {
  return sdk::read_field(room, room->room->entities(), entity, field, out);
}

size_t perseid_room_entities(const perseid_room* room) {
  return room->room->entities().size();
}

void perseid_room_interpolate(perseid_room* room) {
  sdk::guarded([&] {
    room->room->interpolate();
    return true;
  });
}

void perseid_room_sample(perseid_room* room, double now_ms) {
  sdk::guarded([&] {
    room->sampled = room->room->at(now_ms);
    return true;
  });
}

int perseid_room_get_at(perseid_room* room, const char* entity, const char* field,
                        perseid_value* out) {
  return sdk::read_field(room, room->sampled, entity, field, out);
}
