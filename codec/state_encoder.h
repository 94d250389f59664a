// StateEncoder: a room's (or cell's) state as a stream of frames: what changed, predicted from the
// frames before and range-coded by models that learn as they go.
// Thread: the owner's. Owns: the table of what readers of the stream know, and the models.
// Invariants: every reader of the stream sees the same bytes; a keyframe shows the table as it is
// between two frames, and the frame behind it restarts the models, so that who begins with the
// keyframe reads on with everybody.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "codec/state_models.h"
#include "codec/state_table.h"

namespace perseid {

class RangeEncoder;
template <class Coder>
class StateCode;

// One entity in a frame. Several are sorted by slot; one that is gone and another that takes its
// slot stand behind each other.
struct StateChange {
  enum class Kind : u8 { gone, changed, appeared };
  u32 slot = 0;
  Kind kind = Kind::changed;
  std::string_view key = {};      // appeared
  const StateRow* row = nullptr;  // all fields; null where it is gone
};

class StateEncoder {
 public:
  // Predictions go out from `distance` frames before: 1 wherever the stream is reliable. Above that
  // every frame must be given every entity.
  explicit StateEncoder(std::shared_ptr<const Schema> schema, u32 distance = 1);
  ~StateEncoder();

  // Appends a frame to `out`.
  void encode(std::span<const StateChange> changes, bool with_checksum, std::string& out);
  // Takes the changes over without coding them: nobody reads. Who reads on begins with a keyframe.
  void skip(std::span<const StateChange> changes);
  // Appends a keyframe to `out`. Its models are for it alone, and whoever makes many lends some.
  void keyframe(StateModels& models, std::string& out);
  void keyframe(std::string& out);
  // A keyframe for who is not sent the deltas behind it: these go on as if it had not been made.
  void snapshot(StateModels& models, std::string& out);
  // Nobody reads for now: what only coding needs is given back until the next frame is coded.
  void rest();

  const StateTable& table() const { return table_; }
  u64 models_bytes() const { return models_ == nullptr ? 0 : models_->held_bytes(); }

 private:
  using Code = StateCode<RangeEncoder>;
  void code_gone(Code& code, std::span<const StateChange> changes);
  void code_appeared(Code& code, std::span<const StateChange> changes);
  void code_changed(Code& code, std::span<const StateChange> changes);
  struct Block {
    std::array<const StateRow*, StateTable::kBlockSlots> rows{};
    u32 differ = 0;  // bit per row
  };
  Block gather(u32 block, std::span<const StateChange>& changes);
  bool differs(u32 slot, const StateRow& row) const;

  std::shared_ptr<const Schema> schema_;
  StateTable table_;
  std::unique_ptr<StateModels> models_;  // made when the first frame is coded
  bool reset_due_ = true;
  StateRow row_;
};

}  // namespace perseid
