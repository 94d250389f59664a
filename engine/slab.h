// Slab: slots of one type in chunks that never move, with a generation for each, so that a stale
// Handle finds nothing. Thread: the owner's. Owns: its tenants. Invariants: a slot's generation
// changes with each tenant; a released slot's tenant is destroyed at once.
#pragma once

#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "codec/assert.h"
#include "engine/ids.h"

namespace perseid {

template <class T>
class Slab {
 public:
  explicit Slab(u32 first_generation = 1) : first_generation_(first_generation) {}
  ~Slab() {
    for (Slot slot = 0; slot < cells_used_; ++slot) {
      if (live(slot)) at(slot).~T();
    }
  }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  template <class... Args>
  Slot acquire(Args&&... args) {
    const Slot slot = take_cell();
    new (&cell(slot).tenant) T(std::forward<Args>(args)...);
    mark(slot) |= kLiveBit;
    ++live_;
    return slot;
  }
  void release(Slot slot) {
    PSD_ASSERT(live(slot));
    at(slot).~T();
    mark(slot) = (mark(slot) + 1) & kGenerationMask;
    cell(slot).next_free = free_head_;
    free_head_ = slot;
    --live_;
  }
  T& operator[](Slot slot) {
    PSD_DEBUG_ASSERT(live(slot));
    return at(slot);
  }
  const T& operator[](Slot slot) const { return const_cast<Slab&>(*this)[slot]; }
  Handle handle(Slot slot) const {
    return {slot, const_cast<Slab&>(*this).mark(slot) & kGenerationMask};
  }
  T* find(Handle handle) {
    if (!live(handle.slot)) return nullptr;
    return (mark(handle.slot) & kGenerationMask) == handle.generation ? &at(handle.slot) : nullptr;
  }
  bool live(Slot slot) { return slot < cells_used_ && (mark(slot) & kLiveBit) != 0; }
  u32 size() const { return live_; }
  u32 slots_used() const { return cells_used_; }  // upper bound for a scan over all slots

 private:
  static constexpr u32 kGenerationMask = 0x7fffffffu;
  static constexpr u32 kLiveBit = 0x80000000u;
  union Cell {
    Cell() {}
    ~Cell() {}
    T tenant;
    Slot next_free;
  };
  // As many as fill 16 KiB, a size that allocators serve without rounding.
  static constexpr u32 kChunkSlots = 16 * KiB / (sizeof(Cell) + sizeof(u32));
  static_assert(kChunkSlots >= 4);
  // Generations stand apart from the cells: no padding per tenant.
  struct Chunk {
    Cell cells[kChunkSlots];
    u32 marks[kChunkSlots];  // generation, and whether somebody lives there
  };

  u32& mark(Slot slot) { return chunks_[slot / kChunkSlots]->marks[slot % kChunkSlots]; }
  Cell& cell(Slot slot) { return chunks_[slot / kChunkSlots]->cells[slot % kChunkSlots]; }
  T& at(Slot slot) { return cell(slot).tenant; }
  Slot take_cell() {
    if (free_head_ != kNoSlot) {
      const Slot slot = free_head_;
      free_head_ = cell(slot).next_free;
      return slot;
    }
    const Slot slot = cells_used_++;
    if (slot / kChunkSlots == chunks_.size()) {
      chunks_.push_back(std::unique_ptr<Chunk>(new Chunk));  // untouched until used
    }
    mark(slot) = first_generation_ & kGenerationMask;
    return slot;
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  Slot free_head_ = kNoSlot;
  u32 cells_used_ = 0;
  u32 live_ = 0;
  u32 first_generation_;
};

}  // namespace perseid
