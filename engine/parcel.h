// Parcel: a publish on its way between shards: id token, room name and payload, in one run of
// shared bytes. ParcelWriter packs parcels into pooled segments, so that a hop allocates nothing in
// the steady state. Thread: written by the sending shard before the letter is posted, read by the
// receiving one.
#pragma once

#include <string_view>

#include "engine/segment.h"

namespace perseid {

struct Parcel {
  std::string_view id;
  std::string_view room;
  std::string_view payload;
};

class ParcelWriter {
 public:
  explicit ParcelWriter(SegmentPool& pool) : pool_(pool) {}
  ~ParcelWriter();
  ParcelWriter(const ParcelWriter&) = delete;
  ParcelWriter& operator=(const ParcelWriter&) = delete;
  SharedSlice write(const Parcel& parcel);

 private:
  SegmentPool& pool_;
  SegmentHold* hold_ = nullptr;
  u32 used_bytes_ = 0;
};

Parcel open_parcel(const SharedSlice& slice);

}  // namespace perseid
