#include "tests/codec/state_vectors.h"

#include "codec/assert.h"
#include "codec/coded_update.h"
#include "codec/json_text.h"

namespace perseid::test {

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out += kDigits[static_cast<u8>(byte) >> 4];
    out += kDigits[static_cast<u8>(byte) & 15];
  }
  return out;
}

std::string state_json(const StateTable& table) {
  std::string out;
  StateRow row;
  for (u32 slot = 0; slot < table.slots(); ++slot) {
    if (!table.live(slot)) continue;
    out += out.empty() ? "{\"" : ",\"";
    append_json_escaped(out, table.slot(slot).key);
    out += "\":{";
    table.read(slot, row);
    for (u32 i = 0; i < table.schema().fields().size(); ++i) {
      if ((row.present >> i & 1) == 0) continue;
      const SchemaField& field = table.schema().fields()[i];
      if (out.back() != '{') out += ',';
      out += field.key_json;
      append_value_json(field, row.parts.data() + field.first_part,
                        field.is_text() ? row.texts[field.text] : "", out);
    }
    out += '}';
  }
  return out.empty() ? "{}" : out + '}';
}

void VectorScript::appear(u32 slot, std::string_view key) {
  entities_[slot] = {.key = std::string(key),
                     .row = {.present = 0,
                             .parts = std::vector<u32>(schema_->parts().size()),
                             .texts = std::vector<std::string>(schema_->texts())}};
}

void VectorScript::gone(u32 slot) {
  if (!entities_.at(slot).is_new) gone_[slot] = true;
  entities_.erase(slot);
}

void VectorScript::set(u32 slot, std::string_view name, std::string_view json) {
  const u32 at = schema_->find(name);
  PSD_ASSERT(at != Schema::kNoField);
  const SchemaField& field = schema_->fields()[at];
  StateRow& row = entities_.at(slot).row;
  std::string text;
  u32 parts[4] = {};
  if (json.empty()) {
    row.present &= ~(1u << at);
  } else {
    row.present |= 1u << at;
    PSD_ASSERT(quantise(field, json, parts, text) == Error::ok);
  }
  for (u32 i = 0; i < field.parts; ++i) row.parts[field.first_part + i] = parts[i];
  if (field.is_text()) row.texts[field.text] = text;
}

void VectorScript::part(u32 slot, u32 part, u32 value) {
  StateRow& row = entities_.at(slot).row;
  row.present |= 1u << schema_->parts()[part].field;
  row.parts[part] = value;
}

std::vector<StateChange> VectorScript::changes() {
  std::vector<StateChange> out;
  auto next_gone = gone_.begin();
  for (auto& [slot, entity] : entities_) {
    for (; next_gone != gone_.end() && next_gone->first <= slot; ++next_gone) {
      out.push_back({.slot = next_gone->first, .kind = StateChange::Kind::gone});
    }
    out.push_back({.slot = slot,
                   .kind = entity.is_new ? StateChange::Kind::appeared : StateChange::Kind::changed,
                   .key = entity.key,
                   .row = &entity.row});
    entity.is_new = false;
  }
  for (; next_gone != gone_.end(); ++next_gone) {
    out.push_back({.slot = next_gone->first, .kind = StateChange::Kind::gone});
  }
  gone_.clear();
  return out;
}

void VectorScript::keep(const std::string& bytes) {
  frames_ += frames_.empty() ? "\n" : ",\n";
  frames_ += R"(      {"hex":")" + to_hex(bytes) + R"(","checksum":)" +
             std::to_string(encoder_.table().checksum()) + R"(,"state":)" +
             state_json(encoder_.table()) + "}";
}

void VectorScript::frame(bool with_checksum) {
  std::string bytes;
  encoder_.encode(changes(), with_checksum, bytes);
  keep(bytes);
}

void VectorScript::keyframe() {
  std::string bytes;
  encoder_.keyframe(bytes);
  keep(bytes);
}

void VectorScript::skip() {
  encoder_.skip(changes());
}

// Numerical Recipes' generator; its upper bits.
u32 VectorScript::dice(u32 bound) {
  seed_ = seed_ * 1664525u + 1013904223u;
  return (seed_ >> 8) % bound;
}

std::string VectorScript::json() const {
  return "    {\"name\":\"" + name_ + "\",\"schema\":" + schema_->json() +
         ",\"distance\":" + std::to_string(encoder_.table().distance()) + ",\"frames\":[" +
         frames_ + "\n    ]}";
}

namespace {

std::string number(double value) {
  return std::to_string(value);
}

// Ends at 0 and at 512, so that predictions run beyond both and are clamped.
std::string motion() {
  VectorScript script("motion: at rest, straight, by second order, turning, against both ends",
                      R"({"x":{"type":"float","min":0,"max":512,"resolution":0.01},)"
                      R"("y":{"type":"float","min":-8,"max":8,"resolution":0.001}})");
  for (u32 slot = 0; slot < 5; ++slot) script.appear(slot, "e" + std::to_string(slot));
  for (u32 t = 0; t < 32; ++t) {
    script.set(0, "x", "100.25");
    script.set(1, "x", number(480 + 4.0 * t));
    script.set(2, "x", number(500 - 0.6 * t * t));
    script.set(3, "x", number(t % 8 < 4 ? 10.0 * t : 300 - 2.5 * t));
    script.set(4, "x", std::to_string(script.dice(512)));
    for (u32 slot = 0; slot < 5; ++slot) {
      script.set(slot, "y", number(t % 3 == 0 ? slot * 1.5 - 4 : 0.125 * t * slot - 4));
    }
    if (t == 0) {
      script.skip();
      script.keyframe();
    } else {
      script.frame(t % 4 == 0);
    }
  }
  return script.json();
}

constexpr std::string_view kTurns[] = {
    "[0,0,0,1]",          "[0.1,0,0,0.99]",       "[0.5,0.1,0,0.86]",
    "[0.7,0.1,0,0.7]",    "[0.8,0.1,0.1,0.6]",    "[0.9,0,0.1,0.4]",
    "[0.5,-0.6,0.1,0.3]", "[0.4,-0.8,0.2,0.2]",   "[0.2,-0.7,0.7,0]",
    "[0.1,-0.6,0.75,-0]", "[-0.1,0.5,-0.8,-0.3]", "[0,0.2,-0.7,-0.71]",
    "[0,0,-0.5,-0.9]",    "[0,0,0,-1]",           "[1,1,1,1]",
    "[-1,1,-1,1]"};

std::string turning() {
  VectorScript script(
      "quaternions: each component the largest in turn, of either sign, coarse and fine",
      R"({"pose":{"type":"quat","bits":9},"fine":{"type":"quat","bits":15},)"
      R"("coarse":{"type":"quat","bits":2}})");
  for (u32 slot = 0; slot < 2; ++slot) script.appear(slot, std::string(slot + 1, 'q'));
  for (u32 t = 0; t < 20; ++t) {
    for (u32 slot = 0; slot < 2; ++slot) {
      script.set(slot, "pose", kTurns[(t + slot * 7) % 16]);
      script.set(slot, "fine", kTurns[t / 2 % 16]);
      script.set(slot, "coarse", kTurns[script.dice(16)]);
    }
    if (t == 0) script.skip();
    if (t % 9 == 0) script.keyframe();
    if (t > 0) script.frame(t % 5 == 0);
  }
  return script.json();
}

std::string symbols() {
  VectorScript script("symbols, and fields that come and go",
                      R"({"up":"bool","only":{"type":"enum","values":["it"]},)"
                      R"("act":{"type":"enum","values":["idle","run","jump","fall","é\"\\"]},)"
                      R"("hp":{"type":"int","min":-3,"max":1000},"bit":{"type":"int","min":0,)"
                      R"("max":1}})");
  script.appear(0, "a");
  script.appear(3, "b");
  script.appear(40, "c");  // the third block
  constexpr std::string_view kActs[] = {R"("idle")", R"("run")", R"("jump")", R"("fall")",
                                        R"("é\"\\")"};
  for (u32 t = 0; t < 24; ++t) {
    for (const u32 slot : {0u, 3u, 40u}) {
      if (script.dice(3) == 0) script.set(slot, "act", kActs[script.dice(5)]);
      if (script.dice(4) == 0) script.set(slot, "up", script.dice(2) == 0 ? "true" : "false");
      if (script.dice(5) == 0) script.set(slot, "hp", std::to_string(script.dice(1003)));
      if (script.dice(5) == 0) script.set(slot, "hp", "");
      if (script.dice(6) == 0) script.set(slot, "only", script.dice(2) == 0 ? "\"it\"" : "");
      if (script.dice(6) == 0) script.set(slot, "bit", script.dice(2) == 0 ? "1" : "0");
    }
    if (t == 0) script.keyframe();  // of nothing
    script.frame(t % 3 == 0);
  }
  return script.json();
}

std::string texts() {
  VectorScript script("texts and keys: empty, alike, long, beyond ASCII",
                      R"({"team":{"type":"string","max_bytes":300},)"
                      R"("bag":{"type":"json","max_bytes":64}})");
  script.keyframe();
  const std::string longest = "\"" + std::string(100, 'x') + std::string(200, 'y') + "\"";
  const std::string_view teams[] = {"\"red\"", "\"red team\"", "\"\"", "\"Zoë 🎲\"", longest, ""};
  const std::string_view bags[] = {
      "[]", R"({"sword":1,"bow":[2,3.5e-7]})", "null", R"("\u00e9\"")", "", "false"};
  for (u32 t = 0; t < 18; ++t) {
    if (t % 2 == 0) {
      script.appear(t, t == 4 ? std::string("ключ") : "player/" + std::to_string(t * 50));
    }
    for (u32 slot = 0; slot <= t; slot += 2) {
      if (script.dice(3) == 0) script.set(slot, "team", teams[script.dice(6)]);
      if (script.dice(3) == 0) script.set(slot, "bag", bags[script.dice(6)]);
    }
    script.frame(t % 2 == 0);
  }
  return script.json();
}

std::string comings() {
  VectorScript script("entities that come, go and take each other's slots; reset points",
                      R"({"n":{"type":"int","min":0,"max":50000},"up":"bool"})");
  std::map<u32, bool> there;
  script.keyframe();
  for (u32 t = 0; t < 40; ++t) {
    for (u32 i = 0; i < 4; ++i) {
      const u32 slot = script.dice(t < 20 ? 8 : 70);
      if (there[slot]) script.gone(slot);
      there[slot] = script.dice(3) != 0;
      if (!there[slot]) continue;
      script.appear(slot, "k" + std::to_string(script.dice(9)) + "_" + std::to_string(slot));
      script.part(slot, 0, script.dice(50001));
      script.part(slot, 1, script.dice(2));
    }
    if (t % 13 == 0) script.keyframe();
    script.frame(t % 4 == 0);
  }
  return script.json();
}

std::string widest() {
  VectorScript script("numbers near the largest part, and the least ranges",
                      R"({"n":{"type":"int","min":0,"max":1073741823},)"
                      R"("m":{"type":"int","min":-536870912,"max":536870911},)"
                      R"("f":{"type":"float","min":-1e-6,"max":0.001,"resolution":1e-12},)"
                      R"("bit":{"type":"int","min":7,"max":8}})");
  script.appear(0, "a");
  script.appear(1, "b");
  constexpr u32 kEnds[] = {0,        kPartMax, 0,          1,        kPartMax - 1,
                           kPartMax, 1u << 29, kPartMax,   1u << 28, 0x15555555,
                           0,        1u << 27, (1u << 28), 3u << 27, 1u << 29,
                           5u << 27, 6u << 27, 7u << 27,   kPartMax, kPartMax};
  for (u32 t = 0; t < 20; ++t) {
    for (u32 slot = 0; slot < 2; ++slot) {
      script.part(slot, 0, kEnds[t]);
      script.part(slot, 1, kPartMax - kEnds[(t + slot * 3) % 20]);
      script.part(slot, 2, script.dice(1001000001));
      script.part(slot, 3, script.dice(2));
    }
    if (t == 0) {
      script.skip();
      script.keyframe();
    } else {
      script.frame(true);
    }
  }
  return script.json();
}

std::string from_further_back() {
  VectorScript script("predictions from six frames before",
                      R"({"x":{"type":"int","min":0,"max":100000},"up":"bool",)"
                      R"("pose":{"type":"quat","bits":9}})",
                      6);
  for (u32 slot = 0; slot < 4; ++slot) script.appear(slot, "p" + std::to_string(slot));
  for (u32 t = 0; t < 24; ++t) {
    for (u32 slot = 0; slot < 4; ++slot) {
      script.part(slot, 0, t < 4 ? 0 : 40 * slot * t + t * t * (slot % 2));
      if (script.dice(8) == 0) script.part(slot, 1, script.dice(2));
      script.set(slot, "pose", kTurns[t / (slot + 1) % 16]);
    }
    if (t == 0) {
      script.skip();
      script.keyframe();
    } else {
      script.frame(t % 4 == 0);
    }
  }
  return script.json();
}

struct Value {
  std::string_view field, json;  // null removes it
};
struct Update {
  std::string_view name, schema;
  std::vector<std::pair<std::string_view, std::vector<Value>>> set;
  std::vector<std::string_view> unset;
};

StateRow quantised(const Schema& schema, const std::vector<Value>& values, CodedEntity& entity) {
  StateRow row{.present = 0,
               .parts = std::vector<u32>(schema.parts().size()),
               .texts = std::vector<std::string>(schema.texts())};
  for (const auto& [name, json] : values) {
    const u32 at = schema.find(name);
    const SchemaField& field = schema.fields()[at];
    (json == "null" ? entity.remove : entity.set) |= 1u << at;
    if (json == "null") continue;
    std::string text;
    PSD_ASSERT(quantise(field, json, row.parts.data() + field.first_part, text) == Error::ok);
    if (field.is_text()) row.texts[field.text] = text;
  }
  return row;
}

std::string update_json(const Update& update) {
  std::string out = R"({"set":{)";
  for (const auto& [key, values] : update.set) {
    if (!out.ends_with('{')) out += ',';
    out += '"' + std::string(key) + "\":{";
    for (const auto& [field, json] : values) {
      if (!out.ends_with('{')) out += ',';
      out += '"' + std::string(field) + "\":" + std::string(json);
    }
    out += '}';
  }
  out += R"(},"unset":[)";
  for (const std::string_view key : update.unset) {
    if (!out.ends_with('[')) out += ',';
    out += '"' + std::string(key) + '"';
  }
  return out + "]}";
}

std::string vector_of(const Update& update) {
  const auto schema = schema_of(update.schema);
  std::vector<StateRow> rows(update.set.size());
  std::vector<CodedEntity> entities(update.set.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    entities[i].key = update.set[i].first;
    rows[i] = quantised(*schema, update.set[i].second, entities[i]);
    entities[i].row = &rows[i];
  }
  std::string bytes;
  append_coded_update(*schema, entities, update.unset, bytes);
  return R"(    {"name":")" + std::string(update.name) + R"(","schema":)" + schema->json() +
         R"(,"hex":")" + to_hex(bytes) + R"(","update":)" + update_json(update) + "}";
}

std::string updates() {
  constexpr std::string_view kMoving =
      R"({"x":{"type":"float","min":-512,"max":512,"resolution":0.01},)"
      R"("hp":{"type":"int","min":0,"max":100},"pose":{"type":"quat","bits":9}})";
  const Update all[] = {{"nothing", kMoving, {}, {}},
                        {"numbers, rounded and clamped",
                         kMoving,
                         {{"e1", {{"x", "1.234"}}},
                          {"e2", {{"x", "-511.996"}, {"hp", "7"}}},
                          {"e3", {{"x", "1e9"}, {"hp", "-1"}}}},
                         {}},
                        {"a quaternion, of any length",
                         kMoving,
                         {{"e1", {{"pose", "[0,-3,0.5,1]"}}}, {"e2", {{"pose", "[1,1,1,1]"}}}},
                         {}},
                        {"every type, and a removal",
                         kEveryType,
                         {{"Zoë 🎲",
                           {{"x", "0.5"},
                            {"up", "true"},
                            {"act", "\"jump\""},
                            {"team", "\"red\""},
                            {"bag", "[1,2]"},
                            {"hp", "null"}}}},
                         {}},
                        {"no field, and entities unset", kEveryType, {{"e1", {}}}, {"e7", "e8"}}};
  std::string out;
  for (const Update& update : all) out += (out.empty() ? "" : ",\n") + vector_of(update);
  return out;
}

}  // namespace

std::string state_vectors_json() {
  std::string out =
      "{\n  \"what\": \"frames of codec/state_frame.h, each with the state and the "
      "checksum behind it\",\n  \"streams\": [\n";
  const std::string streams[] = {motion(),  turning(), symbols(),          texts(),
                                 comings(), widest(),  from_further_back()};
  for (const std::string& stream : streams) {
    out += stream + (&stream == std::end(streams) - 1 ? "\n" : ",\n");
  }
  return out + "  ],\n  \"updates\": [\n" + updates() + "\n  ]\n}\n";
}

}  // namespace perseid::test
