#include "codec/frame.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/codec/frame_support.h"

namespace perseid {
namespace {

using test::raw;

struct HeaderCase {
  const char* name;
  std::string in;
  Error want;
  u64 payload_bytes = 0;
  FrameSource source = FrameSource::client;
  bool allow_rsv1 = false;
};

const HeaderCase kHeaderCases[] = {
    {"empty input waits", raw({}), Error::need_more},
    {"one byte waits", raw({0x81}), Error::need_more},
    {"length waits for its mask", raw({0x81, 0x85, 1, 2, 3}), Error::need_more},
    {"short text", raw({0x81, 0x85, 1, 2, 3, 4}), Error::ok, 5},
    {"empty binary", raw({0x82, 0x80, 1, 2, 3, 4}), Error::ok, 0},
    {"first fragment", raw({0x01, 0x81, 1, 2, 3, 4}), Error::ok, 1},
    {"continuation", raw({0x80, 0x81, 1, 2, 3, 4}), Error::ok, 1},
    {"ping of 125", raw({0x89, 0xfd, 1, 2, 3, 4}), Error::ok, 125},
    {"rsv1 without extension", raw({0xc1}), Error::reserved_bits},
    {"rsv1 with extension", raw({0xc1, 0x81, 1, 2, 3, 4}), Error::ok, 1, FrameSource::client, true},
    {"rsv1 on a continuation", raw({0xc0}), Error::reserved_bits, 0, FrameSource::client, true},
    {"rsv1 on a ping", raw({0xc9}), Error::reserved_bits, 0, FrameSource::client, true},
    {"rsv2", raw({0xa1}), Error::reserved_bits, 0, FrameSource::client, true},
    {"rsv3", raw({0x91}), Error::reserved_bits, 0, FrameSource::client, true},
    {"fragmented ping", raw({0x09}), Error::fragmented_control},
    {"fragmented close", raw({0x08}), Error::fragmented_control},
    {"control of 126", raw({0x89, 0xfe}), Error::control_too_long},
    {"control of 64 bits", raw({0x8a, 0xff}), Error::control_too_long},
    {"client without mask", raw({0x81, 0x00}), Error::unmasked_frame},
    {"server with mask", raw({0x81, 0x80}), Error::masked_frame, 0, FrameSource::server},
    {"server frame", raw({0x81, 0x05}), Error::ok, 5, FrameSource::server},
    {"16 bits, least", raw({0x82, 0xfe, 0, 126, 1, 2, 3, 4}), Error::ok, 126},
    {"16 bits, most", raw({0x82, 0xfe, 0xff, 0xff, 1, 2, 3, 4}), Error::ok, 65535},
    {"16 bits, not minimal", raw({0x82, 0xfe, 0, 125}), Error::non_minimal_length},
    {"16 bits, zero", raw({0x82, 0xfe, 0, 0}), Error::non_minimal_length},
    {"64 bits, least", raw({0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4}), Error::ok, 65536},
    {"64 bits, not minimal", raw({0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff}),
     Error::non_minimal_length},
    {"64 bits, zero", raw({0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}), Error::non_minimal_length},
};

// The answer for the whole input, the same for every cut: need_more until the answer is known, and
// never an answer that a later byte changes.
TEST(FrameHeader, table_and_every_prefix) {
  for (const HeaderCase& row : kHeaderCases) {
    SCOPED_TRACE(row.name);
    for (std::size_t cut = 0; cut <= row.in.size(); ++cut) {
      FrameHeader header;
      const auto part = as_bytes(std::string_view(row.in).substr(0, cut));
      const Error got = parse_frame_header(part, row.source, row.allow_rsv1, header);
      if (cut == row.in.size()) {
        EXPECT_EQ(got, row.want);
      } else {
        EXPECT_TRUE(got == Error::need_more || got == row.want) << "cut at " << cut;
      }
      if (got == Error::ok) {
        EXPECT_EQ(header.payload_bytes, row.payload_bytes);
        EXPECT_LE(header.header_bytes, cut);
      }
    }
  }
}

TEST(Hostile, row_08_payload_lengths_at_every_power) {
  struct Row {
    u64 length;
    Error want;
  };
  const u64 top = u64{1} << 63;
  const Row rows[] = {{u64{1} << 16, Error::ok},     {u64{1} << 31, Error::ok},
                      {u64{1} << 32, Error::ok},     {top - 1, Error::ok},
                      {top, Error::length_overflow}, {~u64{0}, Error::length_overflow}};
  for (const Row& row : rows) {
    std::array<u8, kFrameHeaderBytesMax> bytes{};
    const u32 size =
        write_client_frame_header(bytes.data(), Opcode::binary, row.length, {1, 2, 3, 4});
    FrameHeader header;
    const Error got = parse_frame_header({bytes.data(), size}, FrameSource::client, false, header);
    EXPECT_EQ(got, row.want) << row.length;
    if (got == Error::ok) {
      EXPECT_EQ(header.payload_bytes, row.length);
    }
  }
}

TEST(Hostile, all_rsv_and_opcode_combinations) {
  for (int first = 0; first < 256; ++first) {
    const std::string in = raw({first, 0x80, 1, 2, 3, 4});
    FrameHeader header;
    const Error got = parse_frame_header(as_bytes(in), FrameSource::client, false, header);
    const int opcode = first & 15;
    const bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
    const Error want = (first & 0x30) != 0                    ? Error::reserved_bits
                       : !known                               ? Error::reserved_opcode
                       : (first & 0x40) != 0                  ? Error::reserved_bits
                       : (opcode >= 8 && (first & 0x80) == 0) ? Error::fragmented_control
                                                              : Error::ok;
    EXPECT_EQ(got, want) << "first byte " << first;
  }
}

TEST(FrameHeader, written_server_headers_read_back) {
  for (const u64 length : {0ull, 1ull, 125ull, 126ull, 65535ull, 65536ull, 1ull << 40}) {
    std::array<u8, kServerFrameHeaderBytesMax> bytes{};
    const u32 size = write_frame_header(bytes.data(), Opcode::text, length, true);
    EXPECT_EQ(size, server_header_bytes(length));
    FrameHeader header;
    ASSERT_EQ(parse_frame_header({bytes.data(), size}, FrameSource::server, true, header),
              Error::ok);
    EXPECT_EQ(header.payload_bytes, length);
    EXPECT_EQ(header.header_bytes, size);
    EXPECT_TRUE(header.final && header.rsv1 && !header.masked);
  }
}

TEST(Unmask, equals_the_plain_loop_at_every_size_alignment_and_phase) {
  const u32 seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::array<u8, 4> mask = {0x11, 0x22, 0x44, 0x88};
  for (std::size_t size = 0; size < 200; ++size) {
    for (u32 phase = 0; phase < 4; ++phase) {
      const std::size_t offset = random() % 17;
      std::vector<u8> data(offset + size);
      for (u8& byte : data) byte = static_cast<u8>(random());
      std::vector<u8> want = data;
      for (std::size_t i = 0; i < size; ++i) want[offset + i] ^= mask[(i + phase) % 4];
      const u32 next = unmask(MutableBytes(data).subspan(offset), mask, phase);
      ASSERT_EQ(data, want) << "size " << size << " phase " << phase;
      ASSERT_EQ(next, (phase + size) % 4);
    }
  }
}

}  // namespace
}  // namespace perseid
