// codec: frames, masks, UTF-8, whole messages, deflate.
#include <cstring>
#include <vector>

#include "bench/micro/bench.h"
#include "codec/deflate.h"
#include "codec/frame.h"
#include "codec/message_reader.h"
#include "codec/utf8.h"

namespace perseid::bench {
namespace {

constexpr std::array<u8, 4> kMask{0x12, 0x34, 0x56, 0x78};

// One masked text frame.
std::vector<u8> masked_frame(u32 payload_bytes) {
  const std::string text = some_text(payload_bytes);
  std::vector<u8> frame(kFrameHeaderBytesMax + payload_bytes);
  const u32 header = write_client_frame_header(frame.data(), Opcode::text, payload_bytes, kMask);
  std::memcpy(frame.data() + header, text.data(), text.size());
  unmask({frame.data() + header, text.size()}, kMask);
  frame.resize(header + payload_bytes);
  return frame;
}

void frame_parse(benchmark::State& state, u32 size) {
  const std::vector<u8> frame = masked_frame(size);
  const u64 before = allocations();
  for (auto _ : state) {
    FrameHeader header;
    benchmark::DoNotOptimize(parse_frame_header(frame, FrameSource::client, true, header));
    benchmark::DoNotOptimize(header);
  }
  report(state, 0, before);
}

void frame_unmask(benchmark::State& state, u32 size) {
  std::vector<u8> data(size, 7);
  const u64 before = allocations();
  for (auto _ : state) {
    benchmark::DoNotOptimize(unmask(data, kMask, 1));
    benchmark::ClobberMemory();
  }
  report(state, size, before);
}

void utf8_ascii(benchmark::State& state, u32 size) {
  const std::string text = some_text(size);
  const u64 before = allocations();
  for (auto _ : state) benchmark::DoNotOptimize(is_utf8(as_bytes(text)));
  report(state, size, before);
}

void utf8_mixed(benchmark::State& state, u32 size) {
  std::string text;
  while (text.size() < size) text += "za\u017c\u00f3\u0142\u0107 \u4e16\u754c ";
  const u64 before = allocations();
  for (auto _ : state) benchmark::DoNotOptimize(is_utf8(as_bytes(text)));
  report(state, text.size(), before);
}

class CountingSink final : public MessageSink {
 public:
  Error on_message(Opcode, MutableBytes payload) override {
    bytes += payload.size();
    return Error::ok;
  }
  Error on_control(Opcode, Bytes) override { return Error::ok; }
  u64 bytes = 0;
};

// What a connection does with one read: copy (for reading unmasks in place), parse, unmask, check.
void message_read(benchmark::State& state, u32 size) {
  const std::vector<u8> frame = masked_frame(size);
  std::vector<u8> buffer(frame.size() + kParsePaddingBytes);
  MessageReader reader;
  CountingSink sink;
  const u64 before = allocations();
  for (auto _ : state) {
    std::memcpy(buffer.data(), frame.data(), frame.size());
    benchmark::DoNotOptimize(reader.feed({buffer.data(), frame.size()}, {}, sink));
  }
  PSD_ASSERT(sink.bytes == u64{size} * static_cast<u64>(state.iterations()));
  report(state, size, before);
}

void message_deflate(benchmark::State& state, u32 size) {
  const std::string text = some_text(size);
  Deflater deflater(15, false);
  std::size_t compressed = 0;
  const u64 before = allocations();
  for (auto _ : state) compressed = deflater.deflate(as_bytes(text)).size();
  report(state, size, before);
  state.counters["compressed"] = static_cast<double>(compressed);
}

void message_inflate(benchmark::State& state, u32 size) {
  const std::string text = some_text(size);
  Deflater deflater(15, false);
  const Bytes made = deflater.deflate(as_bytes(text));
  const std::vector<u8> message(made.begin(), made.end());
  Inflater inflater(15, false);
  const u64 before = allocations();
  for (auto _ : state) {
    MutableBytes out;
    PSD_ASSERT(inflater.inflate(message, 1 * MiB, out) == Error::ok && out.size() == size);
  }
  report(state, size, before);
}

[[maybe_unused]] const bool registered = add_for_sizes("codec/frame_parse", frame_parse) &&
                                         add_for_sizes("codec/unmask", frame_unmask) &&
                                         add_for_sizes("codec/utf8_ascii", utf8_ascii) &&
                                         add_for_sizes("codec/utf8_mixed", utf8_mixed) &&
                                         add_for_sizes("codec/message_read", message_read) &&
                                         add_for_sizes("codec/deflate", message_deflate) &&
                                         add_for_sizes("codec/inflate", message_inflate);

}  // namespace
}  // namespace perseid::bench
