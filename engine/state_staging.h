// StateStaging: an update of a typed state that has been read but not merged: its lines with their
// keys and values.
// Thread: the shard's; one serves all of its rooms. Owns: the buffers.
// Invariants: an update that is too large to be merged is not staged whole; between two updates
// little memory is kept.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

struct StagedLine {
  enum class Kind : u8 { add, set, remove_field, unset } kind = Kind::add;
  u32 key_begin = 0;
  u32 key_bytes = 0;
  u32 field = 0;
  u32 value_begin = 0;  // among the parts or the texts
  u32 text_bytes = 0;
};

class StateStaging {
 public:
  struct Bounds {
    u64 lines_max = 0;
    u64 bytes_max = 0;  // of keys and texts
  };

  void begin(Bounds bounds) {
    bounds_ = bounds;
    lines_.clear();
    keys_.clear();
    parts_.clear();
    texts_.clear();
  }
  // Null: beyond the bounds.
  StagedLine* add(StagedLine::Kind kind, std::string_view entity) {
    if (lines_.size() >= bounds_.lines_max || bytes() > bounds_.bytes_max) return nullptr;
    StagedLine line{.kind = kind};
    // Fields of one entity stand together, so its key is kept once.
    if (!lines_.empty() && key(lines_.back()) == entity) {
      line.key_begin = lines_.back().key_begin;
    } else {
      line.key_begin = static_cast<u32>(keys_.size());
      keys_ += entity;
    }
    line.key_bytes = static_cast<u32>(entity.size());
    return &lines_.emplace_back(line);
  }
  // Place for a line's parts, until the next ones.
  u32* take_parts(StagedLine& line, u32 count) {
    line.value_begin = static_cast<u32>(parts_.size());
    parts_.resize(parts_.size() + count);
    return parts_.data() + line.value_begin;
  }
  void put_text(StagedLine& line, std::string_view text) {
    line.value_begin = static_cast<u32>(texts_.size());
    line.text_bytes = static_cast<u32>(text.size());
    texts_ += text;
  }

  const std::vector<StagedLine>& lines() const { return lines_; }
  std::string_view key(const StagedLine& line) const {
    return std::string_view(keys_).substr(line.key_begin, line.key_bytes);
  }
  const u32* parts(const StagedLine& line) const { return parts_.data() + line.value_begin; }
  std::string_view text(const StagedLine& line) const {
    return std::string_view(texts_).substr(line.value_begin, line.text_bytes);
  }
  // Calls visit(the numbers of its lines, in their order) for each entity.
  template <class Visit>
  void visit_entities(Visit&& visit);

  // After an update: gives back what only a large one needs.
  void trim() {
    if (held_bytes() <= kBytesKept) return;
    const StateStaging given_back =
        std::move(*this);  // an empty string assigned would free nothing
  }
  u64 held_bytes() const {
    return lines_.capacity() * sizeof(StagedLine) + keys_.capacity() + texts_.capacity() +
           (parts_.capacity() + order_.capacity()) * sizeof(u32);
  }

  static constexpr u64 kBytesKept = 256 * KiB;
  std::string text_scratch;  // of one value

 private:
  u64 bytes() const { return keys_.size() + texts_.size(); }

  Bounds bounds_;
  std::vector<StagedLine> lines_;
  std::string keys_;
  std::vector<u32> parts_;
  std::string texts_;
  std::vector<u32> order_;
};

template <class Visit>
void StateStaging::visit_entities(Visit&& visit) {
  order_.resize(lines_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [this](u32 a, u32 b) {
    const int order = key(lines_[a]).compare(key(lines_[b]));
    return order != 0 ? order < 0 : a < b;
  });
  for (std::size_t begin = 0, end = 0; begin < order_.size(); begin = end) {
    while (end < order_.size() && key(lines_[order_[end]]) == key(lines_[order_[begin]])) ++end;
    visit(std::span<const u32>(order_).subspan(begin, end - begin));
  }
}

}  // namespace perseid
