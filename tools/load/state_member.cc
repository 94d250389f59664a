#include "tools/load/state_member.h"

#include <cmath>

#include "codec/coded_update.h"
#include "tools/load/outgoing.h"

namespace perseid::load {
namespace {

constexpr std::string_view kPosition = R"({"type":"float","min":-512,"max":512,"resolution":0.01})";

u32 part_of(const SchemaField& field, double value) {
  return static_cast<u32>(std::lround((value - field.min) / field.resolution));
}

}  // namespace

std::shared_ptr<const Schema> state_schema(const Config& config) {
  std::string json = R"({"x":)" + std::string(kPosition) + R"(,"y":)" + std::string(kPosition);
  if (config.verify) json += R"(,"n":{"type":"int","min":0,"max":1000000000})";
  std::string problem;
  return Schema::parse(json + "}", problem);
}

std::string state_rule(const Config& config, const Schema& schema) {
  std::string out = R"({"state_hz":)" + std::to_string(config.hz) +
                    R"(,"ownership":"first_writer","remove_on_leave":true,"schema":)" +
                    schema.json();
  if (config.verify) out += R"(,"checksum_every_ticks":1)";
  if (config.grid) out += R"(,"grid":{"cell":64,"radius":128,"hysteresis":16})";
  return out + "}";
}

void StateMember::rename() {
  key_ = "player" + std::to_string(member_);
  if (names_ != 0) key_ += "." + std::to_string(names_);
  ++names_;
  row_.present = 0;
  said_count_ = 0;
  said_ = {};
}

void StateMember::quantise_position(const Schema& schema) {
  row_.parts.resize(schema.parts().size());
  row_.present = (1u << schema.fields().size()) - 1;
  row_.parts[0] = part_of(schema.fields()[0], mover_.x());
  row_.parts[1] = part_of(schema.fields()[1], mover_.y());
  if (row_.parts.size() > 2) row_.parts[2] = ++counter_;
}

void StateMember::append_json(const Schema& schema, std::string_view room, std::string& out) const {
  ((out += R"({"type":"game_state","room":")") += room) += R"(","payload":{"set":{")";
  (out += key_) += "\":{";
  for (std::size_t i = 0; i < schema.fields().size(); ++i) {
    if (i != 0) out += ',';
    out += schema.fields()[i].key_json;
    append_value_json(schema.fields()[i], &row_.parts[i], "", out);
  }
  out += "}}}}";
}

void StateMember::append_coded(const Schema& schema, std::string& out) const {
  std::string update;
  const CodedEntity entity{.key = key_, .set = row_.present, .row = &row_};
  append_coded_update(schema, {&entity, 1}, {}, update);
  append_binary_request(
      out, {.kind = BinaryKind::coded_state, .room_number = room_number, .json = update});
}

void StateMember::update(const Schema& schema, std::string_view room, bool binary, double seconds,
                         u64 when_ns, std::vector<u8>& frame) {
  mover_.step(seconds);
  quantise_position(schema);
  said_[said_count_++ % said_.size()] = {row_.parts[0], row_.parts[1], when_ns};
  std::string message;
  if (binary) {
    append_coded(schema, message);
  } else {
    append_json(schema, room, message);
  }
  frame = client_frame(binary ? Opcode::binary : Opcode::text, message);
}

u64 StateMember::said_at(const u32* parts) {
  for (Said& said : said_) {
    if (said.when_ns == 0 || said.x != parts[0] || said.y != parts[1]) continue;
    return std::exchange(said.when_ns, 0);
  }
  return 0;
}

}  // namespace perseid::load
