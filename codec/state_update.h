// StateUpdate: the payload of a game_state message,
// {"set":{entity:{field:value}},"unset":[entity]}, read
//   field by field.
// Thread: the owner's; the reader keeps simdjson's buffers.
// Invariant: values are the sender's own bytes; keys are unescaped and live until the next call of
// read().
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

class StateUpdateSink {
 public:
  virtual ~StateUpdateSink() = default;
  // Anything but ok ends the reading and is returned by it.
  virtual Error set(std::string_view entity, std::string_view field,
                    std::string_view raw_value) = 0;
  virtual Error remove_field(std::string_view entity, std::string_view field) = 0;
  virtual Error add(std::string_view entity) = 0;  // an entity set with no fields at all
  virtual Error unset(std::string_view entity) = 0;
};

// Takes everything: reading into it says whether an update is well-formed, and how large it is.
class StateUpdateCheck final : public StateUpdateSink {
 public:
  Error set(std::string_view entity, std::string_view, std::string_view) override {
    if (entity != entity_) {
      entity_ = entity;
      ++entities;
      fields_of_entity_ = 0;
    }
    if (++fields_of_entity_ > fields_max) fields_max = fields_of_entity_;
    return Error::ok;
  }
  Error remove_field(std::string_view, std::string_view) override { return Error::ok; }
  Error add(std::string_view) override {
    ++entities;
    return Error::ok;
  }
  Error unset(std::string_view) override { return Error::ok; }

  u32 entities = 0;    // set in it, one that stands there twice counted twice
  u32 fields_max = 0;  // of one of them

 private:
  std::string_view entity_;  // lives as long as the reading
  u32 fields_of_entity_ = 0;
};

class StateUpdateReader {
 public:
  StateUpdateReader();
  ~StateUpdateReader();
  // `payload` is valid JSON with kParsePaddingBytes readable behind it. wrong_type or the sink's
  // error, with `field` naming the place ("payload.set"); what came before the error has reached
  // the sink.
  Error read(std::string_view payload, StateUpdateSink& sink, std::string_view& field);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perseid
