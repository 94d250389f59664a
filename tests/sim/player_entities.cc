// What a player does to entities in rooms that are not plain, and to its view of grids. Each write
// has a number, which the entity bears: so what is shown can be told to be somebody's write.
#include <algorithm>

#include "codec/coded_update.h"
#include "codec/json_text.h"
#include "tests/sim/player.h"

namespace perseid::sim {
namespace {

const SchemaField& field_named(const std::string& name) {
  return world_schema()->fields()[world_schema()->find(name)];
}

// The value as members see it.
std::string shown_as(const std::string& name, const std::string& raw) {
  const SchemaField& field = field_named(name);
  std::array<u32, 4> parts{};
  std::string text;
  if (quantise(field, raw, parts.data(), text) != Error::ok) return "refused";
  std::string out;
  append_value_json(field, parts.data(), text, out);
  return out;
}

std::string fields_json(const Fields& fields) {
  std::string out = "{";
  for (const auto& [name, value] : fields) {
    if (out.size() > 1) out += ',';
    out += '"' + name + "\":" + (value.empty() ? "null" : value);
  }
  return out + '}';
}

}  // namespace

// Nobody else writes a player's own entity; the shared ones are fought over, in grids by those who
// follow none of their own.
void Player::do_entity(const std::string& room) {
  Dice& dice = stage_.dice;
  const bool may_share = kind_of(room) != RoomKind::grid || life_ % 3 == 0;
  const std::string entity =
      may_share && dice.percent(40) ? "s" + std::to_string(dice.below(4)) : own_entity();
  if (dice.percent(2) && has_schema(kind_of(room))) {
    return send_publish(Lane::game_state, room, {}, {}, R"({"set":{"e":{"height":1}}})");
  }
  dice.percent(8) ? do_unset(room, entity) : do_set(room, entity);
}

void Player::do_unset(const std::string& room, const std::string& entity) {
  stage_.book.state.release(room, life_);
  std::string id;
  if (entity == own_entity()) {
    id = new_id();
    pending_[id] = waiting(Kind::state, room);
    pending_[id].unset = true;
  }
  send_publish(Lane::game_state, room, {}, id, R"({"unset":[)" + quoted(entity) + "]}");
}

void Player::do_set(const std::string& room, const std::string& entity) {
  Fields sent = random_fields(room, entity);
  Fields shown = sent;
  for (auto& [name, value] : shown) {
    if (!value.empty()) value = shown_as(name, value);
  }
  if (!has_schema(kind_of(room))) sent = shown;  // nobody rounds them there
  stage_.book.state.write({.room = room, .entity = entity, .life = life_, .fields = shown});
  std::string id;
  if (entity == own_entity()) {
    id = new_id();
    pending_[id] = waiting(Kind::state, room);
    pending_[id].changes = shown;
  }
  send_fields(room, entity, id, sent);
}

// A step, or a leap now and then; beyond the world's end as well, where it is clamped.
Fields Player::random_fields(const std::string& room, const std::string& entity) {
  Dice& dice = stage_.dice;
  auto& [x, y] = feet_[room + '/' + entity];
  const bool leaps = dice.percent(8);
  const auto move = [&](double& at) {
    at = leaps ? dice.below(41) - kWorld : at + dice.below(13) * 0.5 - 3.0;
    at = std::clamp(at, -kWorld - 2, kWorld + 2);
  };
  move(x);
  move(y);
  const std::string number = std::to_string(stage_.book.state.next_number());
  Fields out{{"n", number}, {"x", std::to_string(x)}, {"y", std::to_string(y)}};
  const char* const kDoes[] = {R"("idle")", R"("run")", R"("jump")", ""};
  if (dice.percent(15)) out["on"] = dice.percent(50) ? "true" : "false";
  if (dice.percent(15)) out["does"] = dice.pick(kDoes);
  if (dice.percent(15)) out["tag"] = dice.percent(20) ? std::string() : "\"t" + number + '"';
  if (dice.percent(5)) out["more"] = "[" + number + "]";
  if (dice.percent(15) && has_schema(kind_of(room))) {
    out["turn"] = "[" + std::to_string(dice.below(9)) + ",-2,0.5,1]";
  }
  return out;
}

void Player::send_fields(const std::string& room, const std::string& entity, const std::string& id,
                         const Fields& fields) {
  if (stage_.dice.percent(60) && send_coded(room, entity, id, fields)) return;
  send_publish(Lane::game_state, room, {}, id,
               R"({"set":{)" + quoted(entity) + ":" + fields_json(fields) + "}}");
}

// As a coded update, where the flavour and the room have such.
bool Player::send_coded(const std::string& room, const std::string& entity, const std::string& id,
                        const Fields& fields) {
  if (format_.flavour != Flavour::bin || !has_schema(kind_of(room))) return false;
  const Schema& schema = *world_schema();
  StateRow row{.parts = std::vector<u32>(schema.parts().size()),
               .texts = std::vector<std::string>(schema.texts())};
  CodedEntity coded{.key = entity, .row = &row};
  for (const auto& [name, value] : fields) {
    const u32 at = schema.find(name);
    (value.empty() ? coded.remove : coded.set) |= 1u << at;
    if (value.empty()) continue;
    const SchemaField& field = schema.fields()[at];
    std::string unused;
    const Error error = quantise(field, value, row.parts.data() + field.first_part,
                                 field.is_text() ? row.texts[field.text] : unused);
    if (error != Error::ok) fail("a value of its own is none: " + value);
  }
  std::string update;
  append_coded_update(schema, {&coded, 1}, {}, update);
  send_publish(Lane::game_state, room, {}, id, update, true);
  return true;
}

SeenWish Player::random_view() {
  using Mode = SeenWish::Mode;
  Dice& dice = stage_.dice;
  SeenWish out;
  const bool writes_shared = life_ % 3 == 0;
  const u32 fate = writes_shared ? dice.between(50, 99) : dice.below(100);
  if (fate < 50) {
    out.json = "{}";
  } else if (fate < 65) {
    const std::size_t lives = stage_.book.lives.size();
    out.mode = Mode::follow;
    out.entity = dice.percent(30) ? "s" + std::to_string(dice.below(4))
                                  : "e" + std::to_string(dice.below(lives));
    out.json = R"({"follow":")" + out.entity + "\"}";
  } else if (fate < 80) {
    out.mode = Mode::place;
    out.x = dice.below(81) * 0.5 - kWorld;
    out.y = dice.below(81) * 0.5 - kWorld;
    out.json = R"({"x":)" + std::to_string(out.x) + R"(,"y":)" + std::to_string(out.y) + "}";
  } else {
    out.mode = Mode::cells;
    const u32 count = dice.below(6);
    for (u32 i = 0; i < count; ++i) {
      out.cells.emplace_back(static_cast<i32>(dice.below(5)) - 2,
                             static_cast<i32>(dice.below(5)) - 2);
    }
    out.json = R"({"cells":[)";
    for (const auto& [x, y] : out.cells) {
      if (out.json.back() != '[') out.json += ',';
      out.json += "[" + std::to_string(x) + "," + std::to_string(y) + "]";
    }
    out.json += "]}";
  }
  return out;
}

void Player::do_look() {
  const std::string room = random_joined_room();
  if (kind_of(room) != RoomKind::grid) return do_state();
  JoinWish wish;
  wish.view = random_view();
  send_system("view", new_id(), room_field(room) + R"(,"view":)" + wish.view.json,
              waiting(Kind::view, room, wish));
}

// Not answered but by what it asks for.
void Player::do_keyframe() {
  const std::string json =
      R"({"type":"system","op":"keyframe")" + room_field(random_joined_room()) + "}";
  if (format_.flavour == Flavour::json) return send(json);
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::system, .json = json});
  send(bytes);
}

}  // namespace perseid::sim
