#include <perseid/room.h>

#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/sealed_payload.h"

namespace perseid {
inline namespace sdk {
namespace {

// {"verb":{"seq":n,...}}, the payload of a change to a message.
std::string change_of(std::string_view verb, u64 seq, std::string_view key, std::string_view text,
                      bool remove = false) {
  std::string out = "{\"" + std::string(verb) + "\":{\"seq\":" + std::to_string(seq);
  if (!key.empty()) {
    append_json_key(out, key);
    append_json_string(out, text);
  }
  if (remove) out += R"(,"remove":true)";
  return out + "}}";
}

std::string room_member(std::string_view name) {
  std::string out = R"(,"room":)";
  append_json_string(out, name);
  return out;
}

AnswerDone plain(Done done) {
  return [done = std::move(done)](const Result& result, std::string_view) {
    if (done) done(result);
  };
}

std::vector<ClientInfo> read_clients(std::string_view raw) {
  std::vector<ClientInfo> out;
  for (JsonWalk walk(raw); walk.next();) {
    const std::string_view client = walk.value();
    out.push_back({.client = json_text(json_member(client, "client")),
                   .name = json_text(json_member(client, "name")),
                   .status = json_text(json_member(client, "status")),
                   .last_seen_ms = json_u64(json_member(client, "last_seen")),
                   .connection_type = json_text(json_member(client, "connection_type"))});
  }
  return out;
}

// Messages with what their views point to.
struct HeldMessages {
  std::vector<Message> messages;
  std::deque<std::string> senders;
  std::deque<std::string> opened;

  void add(Message message, RoomCipher* cipher) {
    message.sender = senders.emplace_back(message.sender);
    if (cipher != nullptr) {
      std::string& plain = opened.emplace_back();
      message.seal_fault = opened_payload(*cipher, message, false, plain);
      message.encrypted = !plain.empty();
      if (message.encrypted) message.payload = plain;
      if (message.seal_fault != SealFault::none) message.payload = "null";
    }
    messages.push_back(std::move(message));
  }
};

}  // namespace

Room::Room(ClientCore& core, std::string name)
    : data_(std::make_unique<RoomData>(core, std::move(name))) {}

Room::~Room() = default;

const std::string& Room::name() const {
  return data_->name;
}
bool Room::joined() const {
  return data_->phase == RoomPhase::joined;
}
const Entities& Room::entities() const {
  return data_->state.entities();
}
const std::vector<Member>& Room::members() const {
  return data_->members;
}
u32 Room::state_hz() const {
  return data_->state_hz;
}
const std::string& Room::schema() const {
  return data_->schema;
}
const Timeline* Room::timeline() const {
  return data_->timeline.get();
}

bool Room::chat(std::string_view text, Done done) {
  std::string payload = R"({"text":)";
  append_json_string(payload, text);
  return chat_payload(payload + "}", std::move(done));
}

bool Room::chat_payload(std::string_view payload, Done done) {
  return data_->core.publish({.kind = Pending::Kind::chat,
                              .room = data_->name,
                              .body = std::string(payload),
                              .done = std::move(done)});
}

bool Room::send(std::string_view payload, Done done, Send how) {
  if (how == Send::now) return data_->core.send_now(*data_, true, payload);
  return data_->core.publish({.kind = Pending::Kind::action,
                              .room = data_->name,
                              .body = std::string(payload),
                              .done = std::move(done)});
}

bool Room::react(u64 seq, std::string_view emoji, Done done) {
  return chat_payload(change_of("react", seq, "emoji", emoji), std::move(done));
}

bool Room::unreact(u64 seq, std::string_view emoji, Done done) {
  return chat_payload(change_of("react", seq, "emoji", emoji, true), std::move(done));
}

bool Room::edit(u64 seq, std::string_view text, Done done) {
  return chat_payload(change_of("edit", seq, "text", text), std::move(done));
}

bool Room::remove(u64 seq, Done done) {
  return chat_payload(change_of("delete", seq, "", ""), std::move(done));
}

void Room::typing(bool typing) {
  data_->core.send_now(*data_, false, typing ? R"({"typing":true})" : R"({"typing":false})");
}

bool Room::set(std::string_view entity, const Fields& fields) {
  return data_->options.encryption == nullptr && data_->out.set(entity, fields);
}

bool Room::unset(std::string_view entity) {
  return data_->options.encryption == nullptr && data_->out.unset(entity);
}

void Room::read(u64 seq, Done done) {
  data_->core.request({.kind = Pending::Kind::request,
                       .room = data_->name,
                       .op = "read",
                       .body = room_member(data_->name) + ",\"seq\":" + std::to_string(seq),
                       .answer = plain(std::move(done))});
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): it loses sight of a std::function

void Room::history(HistoryQuery query, HistoryDone done) {
  std::string body = room_member(data_->name) + ",\"limit\":" + std::to_string(query.limit);
  if (query.before != 0) body += ",\"before\":" + std::to_string(query.before);
  auto answered = [name = data_->name, cipher = data_->options.encryption, done = std::move(done)](
                      const Result& result, std::string_view answer) {
    HeldMessages held;
    each_message(name, json_member(answer, "messages"),
                 [&](const Message& message) { held.add(message, cipher.get()); });
    done(result, held.messages);
  };
  data_->core.request({.kind = Pending::Kind::request,
                       .room = data_->name,
                       .op = "history",
                       .body = std::move(body),
                       .answer = std::move(answered)});
}

void Room::discover(DiscoverDone done) {
  auto answered = [done = std::move(done)](const Result& result, std::string_view answer) {
    done(result, read_clients(json_member(answer, "clients")));
  };
  data_->core.request({.kind = Pending::Kind::request,
                       .room = data_->name,
                       .op = "discover",
                       .body = room_member(data_->name),
                       .answer = std::move(answered)});
}

void Room::view(std::string_view view, Done done) {
  data_->options.view = view;
  data_->core.request({.kind = Pending::Kind::request,
                       .room = data_->name,
                       .op = "view",
                       .body = room_member(data_->name) + ",\"view\":" + std::string(view),
                       .answer = plain(std::move(done))});
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): it loses sight of a std::function

void Room::keyframe() {
  data_->core.ask_keyframe(*data_);
}

void Room::leave(Done done) {
  data_->core.leave(*data_, std::move(done));
}

void Room::interpolate(TimelineConfig config) {
  data_->timeline_config = std::move(config);
  data_->start_timeline();
}

Entities Room::at(double now_ms) const {
  return data_->timeline == nullptr ? entities() : data_->timeline->at(now_ms);
}

void RoomData::start_timeline() {
  TimelineConfig config = timeline_config;
  if (config.period_ms <= 0 && room_hz != 0) config.period_ms = 1000.0 / room_hz;
  timeline = std::make_unique<Timeline>(std::move(config));
  timeline->rate(state_hz);
}

void RoomData::set_sent_hz(u32 hz) {
  state_hz = hz;
  if (timeline != nullptr) timeline->rate(hz);
}

}  // namespace sdk
}  // namespace perseid
