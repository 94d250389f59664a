// RoomState: a room's entities, from its state messages in either flavour; of a grid cell by cell
// (docs/protocol.md, "Grids").
// Thread: the client's. Owns: the entities, and a decoder per coded stream.
// Invariants: an entity of a grid is held as the cell has it that set it last; a message that does
// not fit what came before leaves the entities as they were, and asks for a keyframe.
#pragma once

#include <perseid/value.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "codec/delivery.h"
#include "codec/state_decoder.h"

namespace perseid {
inline namespace sdk {

class RoomState {
 public:
  // What a room with a schema says in joined.state.schema; empty: it has none.
  void set_schema(std::string_view json);
  const Schema* schema() const { return schema_.get(); }

  // False: ask for a keyframe.
  bool apply(const StateDelivery& state);
  const Entities& entities() const { return entities_; }
  // Of the last message that was taken.
  const std::vector<std::string>& touched() const { return touched_; }
  const std::vector<std::string>& gone() const { return gone_; }

  // What comes next is of another stream: it begins with a whole state. Entities stay until then,
  // but those of a grid's cells, of which only some may come again.
  void restart();

 private:
  struct Place {
    std::int32_t x = 0;
    std::int32_t y = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): see engine/interest.h
    auto operator<=>(const Place&) const = default;
  };
  struct Cell {
    u64 tick = 0;
    Entities table;
    std::unique_ptr<StateDecoder> decoder;
    std::string empty_keyframe;  // what to begin a decoder with, of a cell in which nothing is
  };
  struct Owner {
    Place place;
    u64 tick = 0;
  };
  bool apply_json(Entities& table, const StateDelivery& state);
  bool apply_coded(Cell& cell, Entities& table, const StateDelivery& state);
  void take_slot(Entities& table, const StateTable& from, u32 slot);
  void merge(Place place, Cell& cell, const StateDelivery& state);
  void disown(Place place, const std::string& key);
  void rest(Place place, Cell& cell, const StateDelivery& state);

  std::shared_ptr<const Schema> schema_;
  std::string schema_json_;
  Cell whole_;  // of a room that is no grid; its table stays empty
  std::map<Place, Cell> cells_;
  std::map<std::string, Owner, std::less<>> owners_;
  Entities entities_;
  std::vector<std::string> touched_;
  std::vector<std::string> gone_;
};

// A field of a row as a value, the same as the JSON flavour brings.
Value schema_value(const SchemaField& field, const u32* parts, std::string_view text);

}  // namespace sdk
}  // namespace perseid
