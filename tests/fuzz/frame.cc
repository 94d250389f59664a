// Frames and messages: any bytes, in any cut, give the same messages and the same error, and hold
// no more than arrived.
#include <string>
#include <vector>

#include "codec/assert.h"
#include "codec/deflate.h"
#include "codec/message_reader.h"
#include "codec/utf8.h"
#include "tests/fuzz/split.h"

namespace perseid {
namespace {

constexpr u64 kMessageBytesMax = 20000;

class Recorder : public MessageSink {
 public:
  Error on_message(Opcode opcode, MutableBytes payload) override {
    PSD_ASSERT(payload.size() <= kMessageBytesMax);
    PSD_ASSERT(opcode == Opcode::binary || is_utf8(payload));
    seen.push_back(static_cast<char>(opcode) + std::string(as_text(payload)));
    std::fill(payload.begin(), payload.end(), u8{0xff});
    return Error::ok;
  }
  Error on_control(Opcode opcode, Bytes payload) override {
    PSD_ASSERT(payload.size() <= kControlPayloadBytesMax);
    seen.push_back(static_cast<char>(opcode) + std::string(as_text(payload)));
    return Error::ok;
  }
  std::vector<std::string> seen;
};

struct Run {
  Inflater inflater{15, true};
  MessageReader reader;
  Recorder sink;
  ReaderLimits limits{.message_bytes_max = kMessageBytesMax};
  Error error = Error::ok;
  std::size_t fed = 0;

  Run(bool server, bool compressed) {
    limits.source = server ? FrameSource::server : FrameSource::client;
    limits.inflater = compressed ? &inflater : nullptr;
  }
  bool take(MutableBytes bytes) {
    fed += bytes.size();
    error = reader.feed(bytes, limits, sink);
    PSD_ASSERT(error != Error::need_more);
    PSD_ASSERT(reader.held_bytes() <= 1024 + 2 * fed);
    return error == Error::ok;
  }
};

}  // namespace
}  // namespace perseid

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perseid;
  if (size < 2) return 0;
  const bool server = (data[0] & 1) != 0, compressed = (data[0] & 2) != 0;
  const Bytes in{data + 2, size - 2};
  Run once(server, compressed), often(server, compressed);
  fuzz::whole(in, [&](MutableBytes bytes) { return once.take(bytes); });
  fuzz::in_pieces(in, data[1], [&](MutableBytes bytes) { return often.take(bytes); });
  PSD_ASSERT(once.error == often.error);
  PSD_ASSERT(once.sink.seen == often.sink.seen);
  return 0;
}
