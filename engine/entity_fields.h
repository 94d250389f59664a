// EntityFields: the fields of one entity of a room's state, each as a keyframe writes it.
// Thread: the room's home shard. Owns: the fields, and an index of them once they are many.
// Invariants: a key stands there once; held_bytes() is what all of it takes in memory,
// encoded_bytes() what the present ones take in a keyframe, commas included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"

namespace perseid {

// What a string holds on the heap.
inline u64 heap_bytes(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

class EntityFields {
 public:
  struct Field {
    std::string_view key() const { return std::string_view(text).substr(0, key_bytes); }
    std::string_view value() const { return std::string_view(text).substr(key_bytes); }
    std::string text;   // the key quoted and escaped, its colon, the value (none: not present)
    u32 key_bytes = 0;  // colon included
    u32 hash = 0;
    bool present = false;
    bool told = false;  // the last delta or an earlier one told of it
    bool dirty = false;
  };

  // `key` as it stands in Field::text; `hash` is a keyed one of it.
  Field* find(std::string_view key, u32 hash);
  Field& add(std::string_view key, u32 hash);
  void set_value(Field& field, std::string_view value);
  void clear_value(Field& field);
  // After a delta: what is not present goes, the rest is told.
  void settle();
  // A copy's strings may hold less than the ones it was made of.
  void recount();

  std::vector<Field>& all() { return fields_; }
  std::size_t size() const { return fields_.size(); }
  std::size_t present() const { return present_; }
  u64 held_bytes() const;
  u64 encoded_bytes() const { return encoded_bytes_; }
  // About what one more field with so much text would add to held_bytes().
  u64 growth_bytes(std::size_t text_bytes) const;

 private:
  static constexpr std::size_t kScannedMax = 16;  // so few are looked through without an index
  void enter(u32 field);
  void make_index();

  std::vector<Field> fields_;
  std::vector<u32> index_;  // open addressing: a field's number and one, or 0; at most half full
  std::size_t present_ = 0;
  u64 text_bytes_ = 0;  // on the heap
  u64 encoded_bytes_ = 0;
};

}  // namespace perseid
