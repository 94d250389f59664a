// StateTable: the state of a room as both ends of a stream know it: entities in numbered slots, the
// last values of every part, a checksum of it all.
// Thread: the owner's. Owns: the values.
// Invariants: encoder and decoder that went through the same frames hold equal tables; checksum()
// is kept as values change, and equals that of a table made afresh from the same entities.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/schema.h"

namespace perseid {

// What a decoder grants a stream, whatever the bytes say.
struct StateBounds {
  u32 entities_max = 65536;
  u32 key_bytes_max = 256;
  u64 bytes_max = 64 * MiB;  // of memory: slots up to the last one used, keys, texts
};

class StateTable {
 public:
  // How far back values are kept: for a second-order prediction from `distance` frames before.
  // Frames are counted from `frame` on, modulo 2^32.
  StateTable(std::shared_ptr<const Schema> schema, u32 distance, u32 frame = 0);

  // So many values of each part are kept.
  static constexpr u32 depth(u32 distance) { return distance + 4; }

  struct Slot {
    std::string key;
    bool live = false;
    u32 present = 0;  // bit per field
    u32 frame = 0;    // whose values are the newest
    u32 head = 0;     // where these stand in the history, a ring
    u32 since = 0;    // the frame in which it appeared
    u32 moved = 0;    // bit per frame, the newest lowest: it changed in it
    u32 hash = 0;     // its part of the checksum
  };

  const Schema& schema() const { return *schema_; }
  u32 slots() const { return static_cast<u32>(slots_.size()); }
  const Slot& slot(u32 at) const { return slots_[at]; }
  bool live(u32 at) const { return at < slots_.size() && slots_[at].live; }
  // It was there before this frame.
  bool was_live(u32 at) const { return live(at) && slots_[at].since != frame_; }
  u32 entities() const { return entities_; }
  // Sixteen slots make a block: a bit for each that is live.
  static constexpr u32 kBlockSlots = 16;
  const std::vector<u16>& blocks() const { return blocks_; }
  u32 frame() const { return frame_; }
  u32 distance() const { return distance_; }
  u32 checksum() const { return checksum_; }
  u64 held_bytes() const;
  // What so many slots take, with what models remember of them; then keys and texts.
  u64 slot_bytes(u32 slots) const;
  u64 text_bytes() const { return text_bytes_; }

  // A frame begins: values set from here on are its own.
  void begin_frame() { ++frame_; }
  // The newest values of a part are told from those before by `ago`: 0 is the newest.
  u32 part(u32 at, u32 part, u32 ago = 0) const { return row(at, ago)[part]; }
  const std::string& text(u32 at, u32 text) const { return texts_[at * schema_->texts() + text]; }
  // Whether it, or one field of it, has these newest values.
  bool holds(u32 at, const StateRow& row) const;
  bool holds_field(u32 at, u32 field, const StateRow& row) const;
  void read(u32 at, StateRow& out, u32 ago = 0) const;  // texts are always the newest
  // Brings a slot's history up to the frame before this one, in which it did not change meanwhile.
  void catch_up(u32 at);
  // Values for this frame; catch_up() was called in it.
  void set(u32 at, u32 present, const u32* parts, const std::string* texts);
  // `at` is not live; slots between it and the others stay empty.
  void appear(u32 at, std::string_view key, u32 present, const u32* parts,
              const std::string* texts);
  void vanish(u32 at);
  // What was not set in this frame returns to its values of distance() frames before.
  void repeat_unchanged();
  // Forgets all history but the newest values: nothing is known to move.
  void flatten();
  void clear();

 private:
  // The parts as they were `ago` frames before the newest.
  const u32* row(u32 at, u32 ago) const {
    const u32 place = slots_[at].head + ago;
    const u32 ring = place < depth_ ? place : place - depth_;
    return values_.data() + (at * depth_ + ring) * schema_->parts().size();
  }
  void push_row(u32 at, const u32* parts);
  void fill_history(u32 at);
  void put_text(std::string& stored, std::string_view text);
  void push(u32 at, u32 present, const u32* parts, const std::string* texts);
  void repeat(u32 at);
  u32 hash_of(u32 at) const;
  void rehash(u32 at);

  std::shared_ptr<const Schema> schema_;
  u32 distance_;
  u32 depth_;
  std::vector<Slot> slots_;
  std::vector<u32> values_;  // slots x depth x parts
  std::vector<std::string> texts_;
  std::vector<u16> blocks_;
  u64 text_bytes_ = 0;
  u32 entities_ = 0;
  u32 frame_ = 0;
  u32 checksum_ = 0;
};

}  // namespace perseid
