// The streams of tests/vectors/state_v1.json: short scripts that together meet everything a state
// frame can say. Deterministic, without the standard library's distributions, which differ.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/state_encoder.h"
#include "tests/codec/state_stream.h"

namespace perseid::test {

// A room that a script moves, frame by frame, as values in JSON; each frame is kept as hex with
// the state behind it.
class VectorScript {
 public:
  VectorScript(std::string_view name, std::string_view schema, u32 distance = 1)
      : name_(name), schema_(schema_of(schema)), encoder_(schema_, distance) {}

  // A field's value; "" removes the field. An entity appears in its first call, in this slot.
  void set(u32 slot, std::string_view field, std::string_view json);
  void part(u32 slot, u32 part, u32 value);
  void appear(u32 slot, std::string_view key);
  void gone(u32 slot);
  // Ends the frame: one of changes, or a keyframe, or one that nobody reads.
  void frame(bool with_checksum);
  void keyframe();
  void skip();

  std::string json() const;
  u32 dice(u32 bound);
  const Schema& schema() const { return *schema_; }

 private:
  struct Entity {
    std::string key;
    StateRow row;
    bool is_new = true;
  };
  std::vector<StateChange> changes();
  void keep(const std::string& bytes);

  std::string name_;
  std::shared_ptr<const Schema> schema_;
  StateEncoder encoder_;
  std::map<u32, Entity> entities_;
  std::map<u32, bool> gone_;
  std::string frames_;
  u32 seed_ = 1;
};

// The state of a table as {"key":{"field":value,...},...}, in the order of slots.
std::string state_json(const StateTable& table);
std::string to_hex(std::string_view bytes);
// The whole file.
std::string state_vectors_json();

}  // namespace perseid::test
