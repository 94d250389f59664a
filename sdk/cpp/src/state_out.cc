#include "sdk/cpp/src/state_out.h"

#include <vector>

#include "codec/coded_update.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {
namespace {

std::string set_json(const Entities& set) {
  std::string out = "{";
  for (const auto& [entity, fields] : set) {
    append_json_key(out, entity);
    std::string object = "{";
    for (const auto& [name, value] : fields) {
      append_json_key(object, name);
      object += value.json();
    }
    out += object + "}";
  }
  return out + "}";
}

// One entity's fields as parts and texts. False: the schema does not take them as they are.
bool quantise_fields(const Schema& schema, const Fields& fields, StateRow& row, CodedEntity& out) {
  row.parts.resize(schema.parts().size());
  row.texts.resize(schema.texts());
  for (const auto& [name, value] : fields) {
    const u32 number = schema.find(name);
    if (number == Schema::kNoField) return false;
    if (value.is_null()) {
      out.remove |= 1u << number;
      continue;
    }
    const SchemaField& field = schema.fields()[number];
    std::string unused;
    std::string& text = field.is_text() ? row.texts[field.text] : unused;
    const Error error = quantise(field, value.json(), row.parts.data() + field.first_part, text);
    if (error != Error::ok) return false;
    out.set |= 1u << number;
  }
  out.row = &row;
  return true;
}

bool append_coded(const Schema& schema, const Entities& set,
                  const std::set<std::string, std::less<>>& unset, std::string& out) {
  std::vector<StateRow> rows(set.size());
  std::vector<CodedEntity> entities(set.size());
  std::size_t at = 0;
  for (const auto& [key, fields] : set) {
    if (key.empty() || key.size() > kEntityKeyBytesMax) return false;
    entities[at].key = key;
    if (!quantise_fields(schema, fields, rows[at], entities[at])) return false;
    ++at;
  }
  const std::vector<std::string_view> gone(unset.begin(), unset.end());
  append_coded_update(schema, entities, gone, out);
  return true;
}

}  // namespace

StateOut::Batch& StateOut::last() {
  if (batches_.empty()) batches_.emplace_back();
  return batches_.back();
}

bool StateOut::set(std::string_view entity, const Fields& fields) {
  if (!has_room()) return false;
  if (last().unset.contains(entity) || last().set.size() >= kBatchEntities) {
    batches_.emplace_back();
  }
  auto at = last().set.find(entity);
  if (at == last().set.end()) {
    at = last().set.emplace(entity, Fields{}).first;
    ++entities_;
  }
  for (const auto& [name, value] : fields) at->second.insert_or_assign(name, value);
  return true;
}

bool StateOut::unset(std::string_view entity) {
  if (!has_room()) return false;
  Batch& batch = last();
  // Setting it first would have made it one's own, where the room has owners; so nothing is lost.
  if (const auto at = batch.set.find(entity); at != batch.set.end()) {
    batch.set.erase(at);
    --entities_;
  }
  if (batch.unset.emplace(entity).second) ++entities_;
  return true;
}

bool StateOut::take(const Schema* schema, std::string& out) {
  const Batch batch = std::move(batches_.front());
  batches_.pop_front();
  entities_ -= batch.set.size() + batch.unset.size();
  if (schema != nullptr && append_coded(*schema, batch.set, batch.unset, out)) return true;
  out = R"({"set":)" + set_json(batch.set);
  if (!batch.unset.empty()) {
    out += R"(,"unset":[)";
    for (const std::string& key : batch.unset) {
      if (out.back() != '[') out += ',';
      append_json_string(out, key);
    }
    out += ']';
  }
  out += '}';
  return false;
}

}  // namespace sdk
}  // namespace perseid
