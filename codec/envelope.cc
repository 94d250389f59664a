#include "codec/envelope.h"

#include "codec/envelope_fields.h"
#include "codec/json_document.h"

namespace perseid {

namespace ondemand = simdjson::ondemand;

struct EnvelopeReader::State {
  EnvelopeLimits limits;
  JsonDocument json;
  // The array being walked; `at` stands on the element read last, once `started`.
  ondemand::array_iterator at;
  ondemand::array_iterator end;
  bool started = false;
  enum class Left : u8 { nothing, object, array } left = Left::nothing;

  bool take_object(Request& out, Problem& problem) {
    left = Left::nothing;
    read_request(json.document().get_object().value_unsafe(), limits, out, problem);
    return true;
  }

  bool take_element(Request& out, Problem& problem) {
    if (started) ++at;
    started = true;
    if (!(at != end)) {
      left = Left::nothing;
      return false;
    }
    ondemand::value element = (*at).value_unsafe();
    ondemand::object object;
    if (element.get_object().get(object)) {
      out = {};
      problem = {Error::not_an_object, {}, {}};
    } else {
      read_request(object, limits, out, problem);
    }
    return true;
  }

  Problem start_array() {
    if (json.element_count() > limits.messages_per_frame_max) {
      return {Error::too_many_messages_in_frame, {}, {}};
    }
    ondemand::array array = json.document().get_array().value_unsafe();
    at = array.begin().value_unsafe();
    end = array.end().value_unsafe();
    started = false;
    left = Left::array;
    return {};
  }
};

EnvelopeReader::EnvelopeReader(const EnvelopeLimits& limits) : state_(new State{}) {
  state_->limits = limits;
}
EnvelopeReader::~EnvelopeReader() = default;

Problem EnvelopeReader::begin(MutableBytes message) {
  State& state = *state_;
  state.left = State::Left::nothing;
  const Error error = state.json.open(as_text(message));
  if (error != Error::ok) return {error, {}, {}};
  if (state.json.is_array()) return state.start_array();
  if (!state.json.is_object()) return {Error::not_an_object, {}, {}};
  state.left = State::Left::object;
  return {};
}

bool EnvelopeReader::next(Request& out, Problem& problem) {
  switch (state_->left) {
    case State::Left::object:
      return state_->take_object(out, problem);
    case State::Left::array:
      return state_->take_element(out, problem);
    case State::Left::nothing:
      break;
  }
  return false;
}

}  // namespace perseid
