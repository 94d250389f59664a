#include "tests/sim/picture.h"

#include <cmath>

#include "codec/json_text.h"

namespace perseid::sim {
namespace {

u64 digest_of(const std::string& entity, const Fields& fields) {
  const std::hash<std::string> hash;
  u64 sum = hash(entity);
  for (const auto& [field, value] : fields) sum = sum * 31 + hash(field) * 7 + hash(value);
  return sum * 0x9e3779b97f4a7c15u;
}

Fields fields_of(const perseid::StateTable& table, u32 slot) {
  StateRow row;
  table.read(slot, row);
  Fields out;
  for (u32 i = 0; i < table.schema().fields().size(); ++i) {
    if ((row.present >> i & 1) == 0) continue;
    const SchemaField& field = table.schema().fields()[i];
    append_value_json(field, row.parts.data() + field.first_part,
                      field.is_text() ? std::string_view(row.texts[field.text]) : "",
                      out[field.name]);
  }
  return out;
}

std::string value_of_field(const Fields& fields, const std::string& name) {
  const auto it = fields.find(name);
  return it == fields.end() ? std::string() : it->second;
}

i32 column(const std::string& value) {
  return static_cast<i32>(std::floor(std::stod(value) / 10));
}

}  // namespace

void Picture::begin(const std::string& room, const std::string& epoch) {
  room_ = room;
  epoch_ = epoch;
  kind_ = kind_of(room);
}

StateTable Picture::table() const {
  StateTable out;
  for (const auto& [cell, part] : parts_) {
    for (const auto& [entity, fields] : part.table) {
      const auto shown = shown_.find(entity);
      const bool is_here = shown == shown_.end() || shown->second.cell == cell;
      if (is_here) out[entity] = fields;
    }
  }
  return out;
}

bool Picture::in_time(const Incoming& message, Part& part) {
  const bool first = !part.is_there;
  if (first && !message.full && (message.cell.present || !part.table.empty())) {
    fail("a change of what was never whole");
  }
  // A cell's whole state bears the tick in which it changed last, be it long ago; at another level,
  // or seen anew, that may be before what was seen of it. Its entities must not go back.
  const bool is_anew = message.cell.present && message.full;
  if (message.tick < part.tick && !is_anew) fail("the state went back in time");
  // A room whose state is empty sends no whole one before the first change.
  if (!message.full && !first && !message.cell.present && message.tick != part.tick + 1) {
    fail("tick " + std::to_string(message.tick) + " after " + std::to_string(part.tick));
  }
  if (!message.full && !first && message.cell.present && message.tick == part.tick) {
    fail("tick " + std::to_string(message.tick) + " again");
  }
  if (!message.full && !first && message.cell.level != part.level) fail("another level's change");
  return verdict_.green();
}

void Picture::take(const Incoming& message) {
  if (message.cell.present != (kind_ == RoomKind::grid)) return fail("cells where there are none");
  at_ = {message.cell.x, message.cell.y};
  Part& part = parts_[at_];
  part_ = &part;
  // It leaves the view, or came into it before anything happened anywhere.
  const bool goes = message.cell.present && message.full && message.tick == 0;
  if (!goes && !in_time(message, part)) return;
  if (message.full) {
    part.table.clear();
    part.digest = 0;
  }
  part.is_there = true;
  part.tick = message.tick;
  part.level = message.cell.level;
  message.coded ? read_coded(message, part) : read_json(message, part);
  if (message.full) {
    std::erase_if(shown_, [&](const auto& shown) {
      return shown.second.cell == at_ && !part.table.contains(shown.first);
    });
  }
  // A whole state without a schema has what came since its tick as well.
  const bool is_exact = has_schema(kind_) || !message.full;
  if (!goes && is_exact) book_.see(room_, epoch_, message.cell, message.tick, part.digest, who_);
}

void Picture::read_json(const Incoming& message, Part& part) {
  simdjson::dom::parser parser;
  simdjson::dom::element payload;
  const simdjson::padded_string text(message.payload);
  if (parser.parse(text).get(payload) != simdjson::SUCCESS) return fail("state is not JSON");
  simdjson::dom::object changes;
  if (payload["set"].get(changes) == simdjson::SUCCESS) {
    for (const auto& [key, value] : changes) {
      const std::string entity(key);
      const auto known = part.table.find(entity);
      Fields fields = known == part.table.end() ? Fields{} : known->second;
      for (const auto& [name, field] : simdjson::dom::object(value)) {
        if (field.is_null()) {
          fields.erase(std::string(name));
        } else {
          fields[std::string(name)] = simdjson::minify(field);
        }
      }
      set(entity, std::move(fields));
    }
  }
  simdjson::dom::array gone;
  if (payload["unset"].get(gone) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element key : gone) unset(std::string(std::string_view(key)));
}

void Picture::read_coded(const Incoming& message, Part& part) {
  if (!has_schema(kind_)) return fail("coded state of a room without a schema");
  if (part.decoder == nullptr) part.decoder = std::make_unique<StateDecoder>(world_schema());
  const StateDecoded read = part.decoder->decode(as_bytes(message.payload));
  if (read != StateDecoded::ok) {
    return fail(read == StateDecoded::differs ? "the checksum differs" : "a frame does not decode");
  }
  for (const std::string& key : part.decoder->gone()) unset(key);
  const perseid::StateTable& table = part.decoder->table();
  for (const u32 slot : part.decoder->touched()) {
    set(table.slot(slot).key, fields_of(table, slot));
  }
}

void Picture::set(const std::string& entity, Fields fields) {
  const auto [it, is_new] = part_->table.try_emplace(entity);
  if (!is_new) part_->digest -= digest_of(entity, it->second);
  it->second = std::move(fields);
  part_->digest += digest_of(entity, it->second);
  if (kind_ != RoomKind::plain) check_entity(entity, it->second);
}

void Picture::unset(const std::string& entity) {
  const auto it = part_->table.find(entity);
  if (it == part_->table.end()) {
    // Without a schema, a whole state may have said so already.
    if (has_schema(kind_)) fail(entity + " goes, but was not there");
    return;
  }
  part_->digest -= digest_of(entity, it->second);
  part_->table.erase(it);
  const auto shown = shown_.find(entity);
  if (shown != shown_.end() && shown->second.cell == at_) shown_.erase(shown);
}

// Every value was written by somebody, in this room, to this entity; the last write shows whole.
void Picture::check_entity(const std::string& entity, const Fields& fields) {
  const std::string number = value_of_field(fields, "n");
  const EntityWrite* write = book_.find(number);
  if (write == nullptr) return fail(entity + " bears the number " + number);
  if (write->room != room_ || write->entity != entity) {
    return fail(entity + " shows what was written to " + write->entity + " in " + write->room);
  }
  for (const auto& [field, value] : write->fields) {
    if (value_of_field(fields, field) == value) continue;
    return fail(entity + " of write " + number + " has " + field + "=" +
                value_of_field(fields, field) + ", not " + value);
  }
  const std::string tag = value_of_field(fields, "tag");
  const EntityWrite* tagged = tag.empty() ? nullptr : book_.find(tag.substr(2, tag.size() - 3));
  if (!tag.empty() && (tagged == nullptr || tagged->room != room_ || tagged->entity != entity)) {
    fail(entity + " bears the tag " + tag);
  }
  if (kind_ == RoomKind::grid && (column(value_of_field(fields, "x")) != at_.first ||
                                  column(value_of_field(fields, "y")) != at_.second)) {
    fail(entity + " at " + value_of_field(fields, "x") + "," + value_of_field(fields, "y") +
         " lies in another cell than " + std::to_string(at_.first) + "," +
         std::to_string(at_.second));
  }
  check_order(entity, *write, static_cast<u32>(std::stoul(number)));
}

void Picture::check_order(const std::string& entity, const EntityWrite& write, u32 number) {
  const auto [it, is_new] = shown_.try_emplace(entity);
  Shown& shown = it->second;
  if (!is_new && shown.cell != at_ && part_->tick < shown.tick) return;  // older word of it
  if (!is_new && entity.starts_with('e') && number < shown.number) {
    fail(entity + " goes back from write " + std::to_string(shown.number) + " to " +
         std::to_string(number));
  }
  if (!is_new && has_owners(kind_) && number != shown.number) {
    const EntityWrite* before = book_.find(std::to_string(shown.number));
    if (before->life != write.life && !book_.released_since(*before, shown.number)) {
      fail(entity + " was written by life " + std::to_string(write.life) +
           ", but belongs to life " + std::to_string(before->life));
    }
  }
  shown = {at_, part_->tick, number};
}

}  // namespace perseid::sim
