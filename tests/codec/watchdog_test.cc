// HOSTILE.md 13 (CVE-2020-13935): a bad length made a server spin for ever. Every input that ever
// broke something here, and some that are made to, costs each parser at most 50 ms of CPU.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "codec/binary.h"
#include "codec/envelope.h"
#include "codec/handshake.h"
#include "codec/state_update.h"
#include "tests/codec/frame_support.h"
#include "tests/codec/http_head_support.h"
#include "tests/support/cpu_clock.h"
#include "tests/support/slow_build.h"

namespace perseid {
namespace {

constexpr i64 kCpuNsMax = 50'000'000 * (test::kSlowBuild ? 30 : 1);
constexpr u64 kMessageBytesMax = 1 * MiB;

// As every buffer that reaches a parser: padded, and ours to write to.
struct Padded {
  explicit Padded(std::string_view text) : bytes(text), size(text.size()) {
    bytes.append(kParsePaddingBytes, '"');
  }
  MutableBytes view() { return {reinterpret_cast<u8*>(bytes.data()), size}; }
  std::string bytes;
  std::size_t size;
};

void as_frames(std::string_view in, Inflater* inflater) {
  MessageReader reader;
  test::RecordingSink sink;
  sink.store_payload = false;
  const ReaderLimits limits{.message_bytes_max = kMessageBytesMax, .inflater = inflater};
  (void)test::feed(reader, in, limits, sink);
}

template <class Reader>
void as_requests(std::string_view in) {
  Reader reader{EnvelopeLimits{}};
  Padded padded(in);
  if (reader.begin(padded.view()).error != Error::ok) return;
  Request request;
  Problem problem;
  while (reader.next(request, problem)) {
  }
}

void as_head(std::string_view in) {
  const test::HeadResult head = test::read_head(in, 1, kHttpHeadBytesMax);
  if (head.error == Error::ok) (void)decide_upgrade(head.request, {});
}

void as_deflate(std::string_view in, Inflater& inflater) {
  MutableBytes out;
  (void)inflater.inflate(as_bytes(in), kMessageBytesMax, out);
}

struct IgnoreState final : StateUpdateSink {
  Error set(std::string_view, std::string_view, std::string_view) override { return Error::ok; }
  Error remove_field(std::string_view, std::string_view) override { return Error::ok; }
  Error add(std::string_view) override { return Error::ok; }
  Error unset(std::string_view) override { return Error::ok; }
};

void as_state(std::string_view in) {
  Padded padded(in);
  StateUpdateReader reader;
  IgnoreState sink;
  std::string_view field;
  (void)reader.read(as_text(padded.view()), sink, field);
}

void watch(const std::string& name, std::string_view in) {
  Inflater inflater(15, false);
  const std::pair<const char*, std::function<void()>> parsers[] = {
      {"frames", [&] { as_frames(in, nullptr); }},
      {"compressed frames", [&] { as_frames(in, &inflater); }},
      {"JSON messages", [&] { as_requests<EnvelopeReader>(in); }},
      {"binary messages", [&] { as_requests<BinaryReader>(in); }},
      {"a request head", [&] { as_head(in.substr(0, kHttpHeadBytesMax + 1)); }},
      {"a deflate stream", [&] { as_deflate(in, inflater); }},
      {"a state", [&] { as_state(in); }}};
  for (const auto& [parser, run] : parsers) {
    // A page fault or two more may fall to one run, never to each.
    EXPECT_LT(test::least_cpu_ns(3, run), kCpuNsMax) << name << " as " << parser;
  }
}

TEST(Hostile, row_13_no_input_of_the_corpus_takes_more_than_its_time) {
  const std::filesystem::path corpus = PERSEID_SOURCE_DIR "/tests/fuzz/corpus";
  u32 files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string in{std::istreambuf_iterator<char>(file), {}};
    watch(entry.path().filename().string(), in);
    // Without the bytes by which a fuzzer's input chooses its variant.
    if (in.size() > 2) watch(entry.path().filename().string(), std::string_view(in).substr(2));
    ++files;
  }
  EXPECT_GT(files, 30u);
}

// What each parser meets most often in a row when somebody means ill, a whole message of it.
TEST(Hostile, row_13_no_megabyte_of_one_thing_takes_more_than_its_time) {
  using test::client_frame;
  const std::string empty_fragment =
      client_frame({.opcode = Opcode::continuation, .payload = "", .final = false});
  const std::string units[] = {" ",
                               "\"",
                               "\\",
                               "[",
                               "{",
                               "{\"a\":",
                               "[[],",
                               "\"\\u0000\",",
                               "9",
                               "-",
                               "1e9,",
                               "a,",
                               ";",
                               ",",
                               "\r\n",
                               "X: y\r\n",
                               std::string(1, '\0'),
                               "\xff",
                               "\x80",
                               "\xed\xa0\x80",
                               "\xf0\x9f",
                               test::raw({0x00, 0x00, 0x00, 0xff, 0xff}),
                               test::raw({0x02, 0x00}),
                               empty_fragment,
                               client_frame({.opcode = Opcode::ping, .payload = ""}),
                               client_frame({.opcode = Opcode::text, .payload = "{}"}),
                               client_frame({.opcode = Opcode::text, .payload = "[]"}),
                               "{},",
                               "{\"type\":1},",
                               "\"set\":{\"a\":{\"b\":1}},"};
  for (const std::string& unit : units) {
    std::string in;
    while (in.size() < kMessageBytesMax) in += unit;
    watch("a megabyte of " + unit.substr(0, 20), in);
    watch("an array of " + unit.substr(0, 20), "[" + in.substr(0, kMessageBytesMax - 3) + "{}]");
    watch("a state of " + unit.substr(0, 20), R"({"set":{)" + in + "}}");
  }
}

}  // namespace
}  // namespace perseid
