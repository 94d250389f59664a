#include "bench/state/recording.h"

#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace perseid::bench {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

constexpr std::string_view kMagic = "PSDREC01";
constexpr u32 kEntitiesMax = 1u << 16;
constexpr u32 kFramesMax = 1u << 20;

[[noreturn]] void fail(const std::string& file, const std::string& problem) {
  throw std::runtime_error(file + ": " + problem);
}

template <class T>
void put(std::ostream& out, const T& value) {
  out.write(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T get(std::istream& in) {
  T value{};
  in.read(reinterpret_cast<char*>(&value), sizeof value);
  return value;
}

void check_head(const std::string& file, const Recording& recording, u32 frames) {
  const bool sane = recording.entities > 0 && recording.entities <= kEntitiesMax &&
                    recording.parts > 0 && recording.parts <= 64 && frames <= kFramesMax;
  if (!sane) fail(file, "its head names sizes that no recording has");
}

}  // namespace

u64 hash_of(const Recording& recording) {
  u64 hash = 0xcbf29ce484222325u;
  for (const std::vector<u32>& frame : recording.frames) {
    for (const u32 value : frame) hash = (hash ^ value) * 0x100000001b3u;
  }
  return hash;
}

void write_recording(const std::string& file, const Recording& recording) {
  std::ofstream out(file, std::ios::binary);
  if (!out) fail(file, std::strerror(errno));
  out << kMagic;
  put(out, recording.seed);
  put(out, recording.entities);
  put(out, recording.parts);
  put(out, recording.frames_per_second);
  put(out, static_cast<u32>(recording.frames.size()));
  for (const std::vector<u32>& frame : recording.frames) {
    out.write(reinterpret_cast<const char*>(frame.data()),
              static_cast<std::streamsize>(frame.size() * sizeof(u32)));
  }
  if (!out.flush()) fail(file, "cannot be written to its end");
}

Recording read_recording(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) fail(file, std::strerror(errno));
  std::string magic(kMagic.size(), '\0');
  in.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  if (magic != kMagic) fail(file, "is not a recording");
  Recording recording;
  recording.seed = get<u64>(in);
  recording.entities = get<u32>(in);
  recording.parts = get<u32>(in);
  recording.frames_per_second = get<u32>(in);
  const u32 frames = get<u32>(in);
  check_head(file, recording, frames);
  for (u32 i = 0; i < frames && in; ++i) {
    std::vector<u32>& frame = recording.frames.emplace_back(recording.entities * recording.parts);
    in.read(reinterpret_cast<char*>(frame.data()),
            static_cast<std::streamsize>(frame.size() * sizeof(u32)));
  }
  if (!in) fail(file, "ends early");
  return recording;
}

}  // namespace perseid::bench
