#include "engine/outbox.h"

#include <cstring>
#include <utility>

namespace perseid {

u8* Outbox::append(SegmentPool& pool, u32 size_bytes) {
  if (last_ == nullptr || last_->sealed ||
      last_->segment->capacity_bytes - last_->end < size_bytes) {
    // Small replies share small chunks; a client that is owed much gets larger ones.
    SegmentHold* chunk = pool.acquire(size_bytes + reply_bytes());
    chunk->begin = chunk->end = 0;
    chunk->next = last_ == nullptr ? chunk : last_->next;
    if (last_ != nullptr) last_->next = chunk;
    last_ = chunk;
  }
  u8* out = last_->segment->data() + last_->end;
  last_->end += size_bytes;
  bytes_ += size_bytes;
  return out;
}

void Outbox::push_front(SegmentHold* hold, u32 begin, u32 end) {
  hold->begin = begin;
  hold->end = end;
  if (last_ == nullptr) {
    hold->next = hold;
    last_ = hold;
  } else {
    hold->next = last_->next;
    last_->next = hold;
  }
  bytes_ += end - begin;
  if (hold->torn) torn_bytes_ += end - begin;
}

SegmentHold* Outbox::pop_front() {
  SegmentHold* first = last_->next;
  if (first == last_) {
    last_ = nullptr;
  } else {
    last_->next = first->next;
  }
  bytes_ -= first->end - first->begin;
  if (first->torn) torn_bytes_ -= first->end - first->begin;
  return first;
}

void Outbox::prepend(SegmentPool& pool, Bytes bytes) {
  SegmentHold* hold = pool.acquire(static_cast<u32>(bytes.size()));
  std::memcpy(hold->segment->data(), bytes.data(), bytes.size());
  hold->sealed = hold->torn = hold->cut = true;
  push_front(hold, 0, static_cast<u32>(bytes.size()));
}

void Outbox::prepend_shared(SegmentPool& pool, Segment* segment, u32 begin, u32 end) {
  segment->retain();
  SegmentHold* hold = pool.adopt(segment);
  hold->sealed = hold->torn = hold->cut = true;
  push_front(hold, begin, end);
}

u32 Outbox::gather(SendBatch& out, u32 budget_bytes) {
  u32 moved_bytes = 0;
  while (last_ != nullptr && !out.full()) {
    const u32 size_bytes = last_->next->end - last_->next->begin;
    if (moved_bytes != 0 && moved_bytes + size_bytes > budget_bytes) break;
    SegmentHold* first = pop_front();  // its hold now belongs to the slice
    out.slices[out.count++] = {.data = first->segment->data() + first->begin,
                               .size_bytes = size_bytes,
                               .hold = first,
                               .member = {},
                               .position = first->begin};
    moved_bytes += size_bytes;
  }
  out.total_bytes += moved_bytes;
  return moved_bytes;
}

void Outbox::give_back(SegmentPool& pool, const SendSlice& slice, u32 sent_bytes) {
  PSD_ASSERT(sent_bytes <= slice.size_bytes);
  if (sent_bytes == slice.size_bytes) {
    pool.drop(slice.hold);
    return;
  }
  if (sent_bytes != 0) slice.hold->cut = true;  // or between two frames, which costs nothing
  push_front(slice.hold, slice.position + sent_bytes, slice.position + slice.size_bytes);
}

void Outbox::append_all(Outbox& other) {
  if (last_ == nullptr) return swap(other);
  if (other.last_ == nullptr) return;
  std::swap(last_->next, other.last_->next);
  last_ = std::exchange(other.last_, nullptr);
  bytes_ += std::exchange(other.bytes_, 0u);
  torn_bytes_ += std::exchange(other.torn_bytes_, 0u);
}

void Outbox::swap(Outbox& other) noexcept {
  std::swap(last_, other.last_);
  std::swap(bytes_, other.bytes_);
  std::swap(torn_bytes_, other.torn_bytes_);
}

u32 Outbox::rest_of_frame() const {
  if (!in_mid_frame()) return 0;
  const SegmentHold& first = *last_->next;
  if (first.torn) return first.end - first.begin;
  // A chunk of replies begins with a whole frame, and holds whole ones.
  u32 boundary = 0;
  while (boundary < first.begin) boundary += frame_bytes_at(first.segment->data() + boundary);
  return boundary - first.begin;
}

Bytes Outbox::front(u32 size_bytes) const {
  const SegmentHold& first = *last_->next;
  return {first.segment->data() + first.begin, size_bytes};
}

void Outbox::mend(SegmentPool& pool) {
  while (last_ != nullptr && last_->next->torn) pool.drop(pop_front());
  if (last_ == nullptr || !last_->next->cut) return;
  SegmentHold& first = *last_->next;
  u32 frame = 0;
  for (u32 next = 0; next <= first.begin;) {
    frame = next;
    next += frame_bytes_at(first.segment->data() + next);
  }
  bytes_ += first.begin - frame;
  first.begin = frame;
  first.cut = false;
}

u64 Outbox::held_bytes() const {
  u64 bytes = 0;
  if (last_ == nullptr) return bytes;
  const SegmentHold* chunk = last_;
  do {
    bytes += sizeof *chunk + sizeof(Segment) + chunk->segment->capacity_bytes;
    chunk = chunk->next;
  } while (chunk != last_);
  return bytes;
}

void Outbox::clear(SegmentPool& pool) {
  while (last_ != nullptr) pool.drop(pop_front());
}

}  // namespace perseid
