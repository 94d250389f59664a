// StateDecoder: the other end of a StateEncoder's stream: bytes of a client that a relay sent it,
// or of anybody: whatever they are, it ends in time and within its bounds. Thread: the owner's.
// Owns: the table and the models. Invariants: after `ok` the table is what the encoder's was; after
// anything else nothing but a keyframe is taken.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/state_models.h"
#include "codec/state_table.h"

namespace perseid {

class RangeDecoder;
template <class Coder>
class StateCode;

enum class StateDecoded : u8 {
  ok,
  needs_keyframe,  // the stream begins with one, and after a fault goes on with one
  malformed,       // no encoder wrote this
  differs,         // the checksum is another: ask for a keyframe
};

class StateDecoder {
 public:
  explicit StateDecoder(std::shared_ptr<const Schema> schema, StateBounds bounds = {},
                        u32 distance = 1);
  ~StateDecoder();

  StateDecoded decode(Bytes frame);

  const StateTable& table() const { return table_; }
  // Of the last frame: slots whose values changed or appeared, and keys of those that went. After a
  // keyframe: everything that is there, and nothing has gone.
  const std::vector<u32>& touched() const { return touched_; }
  const std::vector<std::string>& gone() const { return gone_; }

 private:
  using Code = StateCode<RangeDecoder>;
  bool fits(u32 slots) const;
  bool read_gone(Code& code);
  bool read_appeared(Code& code, StateModels& models);
  bool read_changed(Code& code);
  bool read_frame(Bytes coded, bool whole);

  std::shared_ptr<const Schema> schema_;
  StateBounds bounds_;
  StateTable table_;
  StateModels models_;
  std::unique_ptr<StateModels> keyframe_models_;
  StateRow row_;
  std::vector<u32> touched_;
  std::vector<std::string> gone_;
  bool lost_ = true;
};

}  // namespace perseid
