#include "codec/state_update.h"

#include <simdjson.h>

namespace perseid {

namespace ondemand = simdjson::ondemand;

struct StateUpdateReader::State {
  ondemand::parser parser;
};

StateUpdateReader::StateUpdateReader() : state_(std::make_unique<State>()) {}
StateUpdateReader::~StateUpdateReader() = default;

namespace {

// A value's own text without the white space that follows it.
std::string_view trimmed(std::string_view raw) {
  const std::size_t last = raw.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : raw.substr(0, last + 1);
}

bool raw_text(ondemand::value value, std::string_view& out) {
  ondemand::json_type type{};
  if (value.type().get(type)) return false;
  ondemand::object object;
  ondemand::array array;
  if (type == ondemand::json_type::object) {
    return !value.get_object().get(object) && !object.raw_json().get(out);
  }
  if (type == ondemand::json_type::array) {
    return !value.get_array().get(array) && !array.raw_json().get(out);
  }
  out = trimmed(value.raw_json_token());
  return true;
}

Error read_fields(std::string_view entity, ondemand::object fields, StateUpdateSink& sink) {
  bool any = false;
  for (auto item : fields) {
    std::string_view key;
    ondemand::value value;
    std::string_view raw;
    if (item.unescaped_key().get(key) || item.value().get(value)) return Error::invalid_json;
    if (!raw_text(value, raw)) return Error::invalid_json;
    const Error error = raw == "null" ? sink.remove_field(entity, key) : sink.set(entity, key, raw);
    if (error != Error::ok) return error;
    any = true;
  }
  return any ? Error::ok : sink.add(entity);
}

Error read_set(ondemand::value value, StateUpdateSink& sink) {
  ondemand::object entities;
  if (value.get_object().get(entities)) return Error::wrong_type;
  for (auto item : entities) {
    std::string_view key;
    ondemand::object fields;
    if (item.unescaped_key().get(key)) return Error::invalid_json;
    if (item.value().get_object().get(fields)) return Error::wrong_type;
    if (const Error error = read_fields(key, fields, sink); error != Error::ok) return error;
  }
  return Error::ok;
}

Error read_unset(ondemand::value value, StateUpdateSink& sink) {
  ondemand::array entities;
  if (value.get_array().get(entities)) return Error::wrong_type;
  for (auto item : entities) {
    std::string_view key;
    if (item.get_string().get(key)) return Error::wrong_type;
    if (const Error error = sink.unset(key); error != Error::ok) return error;
  }
  return Error::ok;
}

}  // namespace

Error StateUpdateReader::read(std::string_view payload, StateUpdateSink& sink,
                              std::string_view& field) {
  field = "payload";
  ondemand::document document;
  ondemand::object object;
  const simdjson::padded_string_view padded(payload.data(), payload.size(),
                                            payload.size() + simdjson::SIMDJSON_PADDING);
  if (state_->parser.iterate(padded).get(document)) return Error::invalid_json;
  if (document.get_object().get(object)) return Error::wrong_type;
  for (auto item : object) {
    std::string_view key;
    ondemand::value value;
    if (item.unescaped_key().get(key) || item.value().get(value)) return Error::invalid_json;
    Error error = Error::bad_value;
    if (key == "set") {
      field = "payload.set";
      error = read_set(value, sink);
    } else if (key == "unset") {
      field = "payload.unset";
      error = read_unset(value, sink);
    }
    if (error != Error::ok) return error;
    field = "payload";
  }
  return Error::ok;
}

}  // namespace perseid
