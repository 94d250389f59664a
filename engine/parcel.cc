#include "engine/parcel.h"

#include <algorithm>
#include <cstring>

#include "codec/assert.h"

namespace perseid {
namespace {

struct ParcelHeader {
  u32 id_bytes;
  u32 room_bytes;
};

}  // namespace

ParcelWriter::~ParcelWriter() {
  if (hold_ != nullptr) pool_.drop(hold_);
}

SharedSlice ParcelWriter::write(const Parcel& parcel) {
  const ParcelHeader header{static_cast<u32>(parcel.id.size()),
                            static_cast<u32>(parcel.room.size())};
  const u32 size_bytes = static_cast<u32>(sizeof header + parcel.id.size() + parcel.room.size() +
                                          parcel.payload.size());
  if (hold_ == nullptr || u64{used_bytes_} + size_bytes > hold_->segment->capacity_bytes) {
    if (hold_ != nullptr) pool_.drop(hold_);
    hold_ = pool_.acquire(std::max(size_bytes, SegmentPool::kClassBytes[3]));
    used_bytes_ = 0;
  }
  const u32 offset = used_bytes_;
  u8* out = hold_->segment->data() + offset;
  const auto put = [&out](const void* data, std::size_t bytes) {
    if (bytes > 0) std::memcpy(out, data, bytes);  // an absent id has no address
    out += bytes;
  };
  put(&header, sizeof header);
  put(parcel.id.data(), parcel.id.size());
  put(parcel.room.data(), parcel.room.size());
  put(parcel.payload.data(), parcel.payload.size());
  // The other side parses in place and reads a little beyond: no two parcels may meet there.
  used_bytes_ += size_bytes + static_cast<u32>(kParsePaddingBytes);
  return SharedSlice(hold_->segment, offset, size_bytes);
}

Parcel open_parcel(const SharedSlice& slice) {
  const std::string_view text = as_text(slice.bytes());
  ParcelHeader header{};
  PSD_ASSERT(text.size() >= sizeof header);
  std::memcpy(&header, text.data(), sizeof header);
  PSD_ASSERT(u64{header.id_bytes} + header.room_bytes <= text.size() - sizeof header);
  const std::string_view rest = text.substr(sizeof header);
  return {.id = rest.substr(0, header.id_bytes),
          .room = rest.substr(header.id_bytes, header.room_bytes),
          .payload = rest.substr(header.id_bytes + header.room_bytes)};
}

}  // namespace perseid
