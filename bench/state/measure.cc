#include "bench/state/measure.h"

#include <time.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "bench/state/scene_build.h"

namespace perseid::bench {
namespace {

// CPU time of this thread: what other programs take of the core meanwhile is not the coder's.
double now_us() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) * 1e-3;
}

// What looking at the clock costs by itself.
double clock_us() {
  constexpr u32 kLooks = 1000;
  const double start = now_us();
  for (u32 i = 1; i < kLooks; ++i) now_us();
  return (now_us() - start) / kLooks;
}

struct Series {
  std::vector<double> values;
  double mean() const {
    if (values.empty()) return 0;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
  double p95() {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[(values.size() - 1) * 95 / 100];
  }
  double max() const { return values.empty() ? 0 : *std::ranges::max_element(values); }
};

[[noreturn]] void fail(const Scene& scene, const CoderKind& kind, std::size_t frame,
                       const std::string& problem) {
  throw std::runtime_error(scene.name + ", seed " + std::to_string(scene.seed) + ", " + kind.name +
                           ", " + std::to_string(kind.distance) + " before, frame " +
                           std::to_string(frame) + ": " + problem);
}

void decode(const Scene& scene, const CoderKind& kind, std::size_t number, Coder& decoder,
            Bytes message, Frame& back) {
  try {
    decoder.decode(message, back);
  } catch (const std::runtime_error& error) {
    fail(scene, kind, number, error.what());
  }
}

// As a relay hands bytes to a parser: in place, with padding behind them.
Bytes padded(std::vector<u8>& bytes) {
  const std::size_t size = bytes.size();
  bytes.resize(size + kParsePaddingBytes);
  return Bytes(bytes.data(), size);
}

}  // namespace

Figures measure(const Scene& scene, const CoderKind& kind) {
  const auto encoder = kind.make();
  const auto decoder = kind.make();
  Series bytes;
  Series encode_us;
  Series decode_us;
  Figures figures{.coder = kind.name, .distance = kind.distance};
  const double look_us = clock_us();
  std::vector<u8> out;
  Frame back = empty_frame(scene);
  for (std::size_t i = 0; i < scene.frames.size(); ++i) {
    out.clear();
    const double encoding = now_us();
    encoder->encode(scene.frames[i], out);
    const double encoded_us = now_us() - encoding - look_us;
    const Bytes message = padded(out);
    const double decoding = now_us();
    decode(scene, kind, i, *decoder, message, back);
    const double decoded_us = now_us() - decoding - look_us;
    if (back != scene.frames[i]) fail(scene, kind, i, "did not come back as it was");
    if (i == 0) figures.bytes_first = static_cast<u32>(message.size());
    if (i < kFramesLeftOut) continue;
    bytes.values.push_back(static_cast<double>(message.size()));
    encode_us.values.push_back(encoded_us);
    decode_us.values.push_back(decoded_us);
  }
  figures.frames = static_cast<u32>(bytes.values.size());
  figures.bytes_mean = bytes.mean();
  figures.bytes_p95 = static_cast<u32>(bytes.p95());
  figures.bytes_max = static_cast<u32>(bytes.max());
  figures.encode_us_mean = encode_us.mean();
  figures.encode_us_p95 = encode_us.p95();
  figures.decode_us_mean = decode_us.mean();
  figures.decode_us_p95 = decode_us.p95();
  return figures;
}

}  // namespace perseid::bench
