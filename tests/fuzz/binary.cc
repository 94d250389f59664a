// Any bytes as perseid.bin.v1, both ways: no crash, no read beyond, and whatever is accepted is
// within its bounds.
#include <cstdlib>
#include <string>

#include "codec/binary.h"
#include "codec/json_document.h"

namespace {

using namespace perseid;

std::string padded(Bytes bytes) {
  std::string text(as_text(bytes));
  text.append(kParsePaddingBytes, '"');
  return text;
}

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json(std::string_view text) {
  static JsonDocument document;
  const std::string copy = padded(as_bytes(text));
  return document.open(std::string_view(copy).substr(0, text.size())) == Error::ok;
}

void read_requests(Bytes bytes) {
  static BinaryReader reader{EnvelopeLimits{}};
  std::string text = padded(bytes);
  if (reader.begin({reinterpret_cast<u8*>(text.data()), bytes.size()}).error != Error::ok) return;
  Request request;
  Problem problem;
  for (u32 count = 0; reader.next(request, problem); ++count) {
    require(count <= EnvelopeLimits{}.messages_per_frame_max);
    require(problem.id.empty() || is_json(problem.id));
    if (problem.error != Error::ok || request.type == MessageType::system) continue;
    require(request.coded || is_json(request.payload));
    require(!request.room.empty() || !request.to.empty() || request.room_number != 0);
  }
}

// A delivery that reads is written again as the same bytes.
void read_delivery(Bytes bytes) {
  BinaryMessage message;
  if (!read_delivery_binary(bytes, message)) return;
  std::string frame;
  if (message.kind == BinaryKind::system) {
    frame.resize(system_bytes(Flavour::bin, message.system));
    write_system(Flavour::bin, message.system, reinterpret_cast<u8*>(frame.data()));
  } else if (message.kind == BinaryKind::game_state || message.state.coded) {
    frame.resize(state_bytes(Flavour::bin, message.state));
    write_state(Flavour::bin, message.state, reinterpret_cast<u8*>(frame.data()));
  } else {
    frame.resize(delivery_bytes(Flavour::bin, message.delivery));
    write_delivery(Flavour::bin, message.delivery, reinterpret_cast<u8*>(frame.data()));
  }
  require(frame.ends_with(as_text(bytes)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  read_requests({data, size});
  read_delivery({data, size});
  Delivery delivery;
  static_cast<void>(read_delivery_json(as_text({data, size}), delivery));
  return 0;
}
