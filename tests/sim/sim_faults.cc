// SimShard: what a test of the checker has broken on the way to a client.
#include <algorithm>
#include <string_view>

#include "codec/binary.h"
#include "codec/json_text.h"
#include "codec/state_frame.h"
#include "engine/lane_log.h"
#include "tests/sim/sim_shard.h"

namespace perseid::sim {
namespace {

// The first two frames of the slice that the kernel holds at its end change places.
bool swap_frames(std::vector<u8>& kernel, const SendSlice& slice) {
  if (slice.frames < 2) return false;
  const auto first = kernel.end() - static_cast<std::ptrdiff_t>(slice.size_bytes);
  const auto middle = first + frame_bytes_at(&*first);
  std::rotate(first, middle, middle + frame_bytes_at(&*middle));
  return true;
}

// Takes the mark that the models begin afresh from the slice's first frame, if that has it.
bool skip_reset(std::vector<u8>& kernel, const SendSlice& slice) {
  u8* frame = kernel.data() + kernel.size() - slice.size_bytes;
  const u32 length = frame[1] & 0x7fu;
  const u32 header_bytes = length < 126 ? 2 : length == 126 ? 4 : 10;
  u8* message = frame + header_bytes;
  BinaryMessage binary;
  if (!read_delivery_binary({message, frame_bytes_at(frame) - header_bytes}, binary)) return false;
  if (binary.kind != BinaryKind::coded_state) return false;
  u8& flags = message[as_bytes(binary.state.payload).data() - message];
  if ((flags & kStateReset) == 0) return false;
  flags &= static_cast<u8>(~kStateReset);
  return true;
}

bool lose_unset(std::vector<u8>& kernel, const SendSlice& slice) {
  constexpr std::string_view kUnset = R"("unset":)";
  const auto begin = kernel.end() - static_cast<std::ptrdiff_t>(slice.size_bytes);
  const auto at = std::search(begin, kernel.end(), kUnset.begin(), kUnset.end());
  if (at == kernel.end()) return false;
  *(at + 1) = 'i';
  return true;
}

}  // namespace

// True if something was broken: the relay is told that all was taken.
bool SimShard::betray(Wire& wire, u32 taken) {
  if (!office_.fault_due || office_.fault_committed || wire.batch.count == 0 ||
      !stage_.dice.percent(5))
    return false;
  const SendSlice& slice = wire.batch.slices[wire.batch.count - 1];
  if (slice.source != SendSlice::Source::lane || taken != wire.batch.total_bytes) return false;
  const bool is_state = static_cast<Lane>(slice.lane) == Lane::game_state;
  office_.fault_committed = is_state ? betray_state(wire, slice) : betray_lane(wire, slice);
  return office_.fault_committed;
}

bool SimShard::betray_lane(Wire& wire, const SendSlice& slice) {
  if (!is_sequenced(static_cast<Lane>(slice.lane))) return false;
  std::vector<u8>& kernel = wire.kernel;
  if (stage_.plan.fault == Fault::repeat_slice) {
    kernel.insert(kernel.end(), slice.data, slice.data + slice.size_bytes);
  } else if (stage_.plan.fault == Fault::lose_slice) {
    kernel.resize(kernel.size() - slice.size_bytes);
  } else if (stage_.plan.fault == Fault::corrupt_payload) {
    kernel[kernel.size() - 3] ^= 1;
  } else {
    return false;
  }
  return true;
}

bool SimShard::betray_state(Wire& wire, const SendSlice& slice) {
  std::vector<u8>& kernel = wire.kernel;
  switch (stage_.plan.fault) {
    case Fault::lose_state:
      kernel.resize(kernel.size() - slice.size_bytes);
      return true;
    case Fault::repeat_state:
      kernel.insert(kernel.end(), slice.data, slice.data + slice.size_bytes);
      return true;
    case Fault::corrupt_state:
      kernel[kernel.size() - 3] ^= 1;
      return true;
    case Fault::swap_states:
      return swap_frames(kernel, slice);
    case Fault::skip_reset:
      return skip_reset(kernel, slice);
    case Fault::lose_unset:
      return lose_unset(kernel, slice);
    default:
      return false;
  }
}

}  // namespace perseid::sim
