// StatePicture: what one member knows of a room with a schema, from the state messages it got, in
// either flavour; of a grid room cell by cell.
// Thread: one. Owns: a table per cell (one in all where the room is no grid).
// Invariants: in a cell an entity has one row; a message that does not fit what came before is
// refused with a sentence that says why, never taken in part without one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "codec/binary.h"
#include "codec/state_decoder.h"
#include "codec/state_update.h"

namespace perseid::load {

// What stands before the payload of a state message.
struct StateHead {
  u64 tick = 0;
  bool full = false;
  StateCell cell;
  std::string_view payload;
};
// False if `message` is no state message. JSON is read by its places alone, as the relay writes it.
bool read_state_head(std::string_view message, bool binary, StateHead& out);

class StatePicture {
 public:
  using Row = std::vector<u32>;  // the fields that are present as bits, then parts
  using Entities = std::map<std::string, Row, std::less<>>;

  StatePicture(std::shared_ptr<const Schema> schema, bool binary)
      : schema_(std::move(schema)), binary_(binary) {}

  // Empty, or what is wrong. kParsePaddingBytes readable behind the message.
  std::string apply(const StateHead& head);
  // A keyframe was asked for: each cell may once step back to a whole state of a while ago, which
  // the relay keeps; the deltas since follow it.
  void asked() { ++asked_; }
  // How many ticks the last message went back.
  u64 stepped_back() const { return stepped_back_; }
  // Of the cell that the last message was of: a hash of all it holds, the same in both flavours.
  u64 hash() const;
  // The parts of one entity there, if it has all fields; null if not.
  const u32* find(std::string_view entity);
  // All cells' entities. `twice` names one that is in two cells.
  Entities entities(std::string& twice) const;
  std::size_t cells() const { return cells_.size(); }
  // Calls for each entity that the last message touched; its parts.
  void each_touched(const std::function<void(std::string_view, const u32*)>& call);

 private:
  struct CellKey {
    std::int32_t x, y, level;
    // NOLINTNEXTLINE(modernize-use-nullptr): see engine/interest.h
    auto operator<=>(const CellKey&) const = default;
  };
  struct Cell {
    u64 tick = 0;
    bool begun = false;
    u32 steps_back = 0;
    // Of a cell without entities, for it may have left the view, and decoders are large: what makes
    // its decoder anew if it goes on.
    std::string empty_keyframe;
    std::unique_ptr<StateDecoder> decoder;  // binary
    Entities table;                         // JSON
  };
  class Sink;
  std::string apply_coded(Cell& cell, const StateHead& head);
  std::string apply_json(Cell& cell, const StateHead& head);
  std::string out_of_order(Cell& cell, const StateHead& head);
  void rest(Cell& cell, const StateHead& head);
  static void each(const Cell& cell, const std::function<void(std::string_view, const Row&)>& call);
  static Row row_of(const StateTable& table, u32 slot);

  std::shared_ptr<const Schema> schema_;
  bool binary_;
  std::map<CellKey, Cell> cells_;
  Cell* last_ = nullptr;
  u32 asked_ = 0;
  u64 stepped_back_ = 0;
  StateUpdateReader reader_;
  std::vector<std::string> touched_;  // JSON
  Row found_;
};

}  // namespace perseid::load
