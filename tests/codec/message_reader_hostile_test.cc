// Inputs that broke other servers, on the message reader: memory stays bounded by what arrived, and
// work by its length.
#include <gtest/gtest.h>

#include <algorithm>

#include "codec/message_reader.h"
#include "tests/codec/frame_support.h"

namespace perseid {
namespace {

using test::client_frame;
using test::control_frame;
using test::feed;
using test::raw;
using test::RecordingSink;

// Feeds `count` copies of `frame` in reads of some 8 KiB; the first error ends it.
struct Flood {
  MessageReader reader;
  RecordingSink sink;
  ReaderLimits limits;
  std::size_t held_bytes_max = 0;

  Flood() { sink.store_payload = false; }

  Error send(std::string_view frame, u64 count) {
    const u64 batch = 8192 / frame.size();
    std::string read;
    for (u64 i = 0; i < batch; ++i) read += frame;
    std::string buffer(read.size() + kParsePaddingBytes, '\0');
    while (count > 0) {
      const u64 now = std::min(batch, count);
      std::memcpy(buffer.data(), read.data(), now * frame.size());
      const MutableBytes bytes{reinterpret_cast<u8*>(buffer.data()), now * frame.size()};
      if (const Error error = reader.feed(bytes, limits, sink); error != Error::ok) return error;
      held_bytes_max = std::max(held_bytes_max, reader.held_bytes());
      count -= now;
    }
    return Error::ok;
  }
};

std::string fragment(Opcode opcode, std::string_view payload, bool final) {
  return client_frame({.opcode = opcode, .payload = payload, .final = final});
}

TEST(Hostile, row_03_ten_million_one_byte_fragments_over_the_limit) {
  Flood flood;
  ASSERT_EQ(flood.send(fragment(Opcode::text, "a", false), 1), Error::ok);
  EXPECT_EQ(flood.send(fragment(Opcode::continuation, "a", false), 10'000'000),
            Error::message_too_big);
  EXPECT_LE(flood.held_bytes_max, flood.limits.message_bytes_max + 512);
}

TEST(Hostile, row_03_ten_million_one_byte_fragments_within_the_limit) {
  Flood flood;
  flood.limits.message_bytes_max = 16 * MiB;
  ASSERT_EQ(flood.send(fragment(Opcode::text, "a", false), 1), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, "a", false), 10'000'000), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, "", true), 1), Error::ok);
  EXPECT_EQ(flood.sink.messages, 1u);
  EXPECT_LE(flood.held_bytes_max, 16 * MiB + 512);
  EXPECT_EQ(flood.reader.held_bytes(), 0u);
}

TEST(Hostile, row_03_ten_million_empty_fragments_hold_nothing) {
  Flood flood;
  ASSERT_EQ(flood.send(fragment(Opcode::text, "", false), 1), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, "", false), 10'000'000), Error::ok);
  EXPECT_LE(flood.held_bytes_max, 1024u);
}

TEST(Hostile, row_03_fragments_shorter_than_64_bytes_are_told_as_waste) {
  Flood flood;
  ASSERT_EQ(flood.send(fragment(Opcode::text, "", false), 1), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, std::string(60, 'a'), false), 10), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, std::string(64, 'a'), false), 10), Error::ok);
  ASSERT_EQ(flood.send(control_frame(Opcode::ping, ""), 5), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, "", true), 1), Error::ok);
  EXPECT_EQ(flood.sink.waste_bytes, 64u + 10 * 4);
  flood.sink.waste_bytes_max = 200;
  ASSERT_EQ(flood.send(fragment(Opcode::text, "", false), 1), Error::ok);
  EXPECT_EQ(flood.send(fragment(Opcode::continuation, "", false), 10), Error::too_many_messages);
}

TEST(Hostile, compressed_bytes_that_inflate_to_nothing_are_told_as_waste) {
  Inflater inflater(15, false);
  MessageReader reader;
  RecordingSink sink;
  std::string nothing;
  for (int i = 0; i < 100; ++i) nothing += raw({0x00, 0x00, 0x00, 0xff, 0xff});  // an empty block
  const std::string frame =
      client_frame({.opcode = Opcode::binary, .payload = nothing + raw({0x00}), .rsv1 = true});
  ASSERT_EQ(feed(reader, frame, {.inflater = &inflater}, sink), Error::ok);
  EXPECT_EQ(sink.seen, (std::vector<std::string>{"binary:"}));
  EXPECT_EQ(sink.waste_bytes, 501u);
}

TEST(Hostile, what_nobody_wants_any_more_is_not_inflated) {
  Inflater inflater(15, false);
  MessageReader reader;
  RecordingSink sink;
  const std::string broken =
      client_frame({.opcode = Opcode::binary, .payload = "\xff\xff\xff", .rsv1 = true});
  const ReaderLimits limits{.inflater = &inflater, .skips_compressed = true};
  ASSERT_EQ(feed(reader, broken + control_frame(Opcode::close, ""), limits, sink), Error::ok);
  EXPECT_EQ(sink.seen, (std::vector<std::string>{"close:"}));
}

TEST(Hostile, row_03_one_byte_reads_hold_no_more_than_arrived) {
  MessageReader reader;
  RecordingSink sink;
  const std::string frame = test::text_frame(std::string(20000, 'a'));
  for (std::size_t i = 0; i < frame.size(); ++i) {
    ASSERT_EQ(feed(reader, std::string_view(frame).substr(i, 1), {}, sink), Error::ok);
    ASSERT_LE(reader.held_bytes(), 1024 + 2 * i);
  }
  EXPECT_EQ(sink.messages, 1u);
}

TEST(Hostile, four_mebibytes_in_fragments_of_64) {
  Flood flood;
  flood.limits.message_bytes_max = 4 * MiB;
  const std::string piece(64, 'b');
  ASSERT_EQ(flood.send(fragment(Opcode::binary, piece, false), 1), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, piece, false), 65536 - 2), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, piece, true), 1), Error::ok);
  EXPECT_EQ(flood.sink.messages, 1u);
  EXPECT_LE(flood.held_bytes_max, 4 * MiB + 512);
}

TEST(Hostile, a_million_control_frames_between_fragments) {
  Flood flood;
  ASSERT_EQ(flood.send(fragment(Opcode::text, "a", false), 1), Error::ok);
  ASSERT_EQ(flood.send(control_frame(Opcode::ping, std::string(125, 'p')), 1'000'000), Error::ok);
  ASSERT_EQ(flood.send(fragment(Opcode::continuation, "b", true), 1), Error::ok);
  EXPECT_EQ(flood.sink.controls, 1'000'000u);
  EXPECT_EQ(flood.sink.messages, 1u);
  EXPECT_LE(flood.held_bytes_max, 1024u);
}

TEST(Hostile, ping_and_pong_flood_holds_nothing) {
  Flood flood;
  ASSERT_EQ(flood.send(control_frame(Opcode::ping, std::string(125, 'p')), 100'000), Error::ok);
  ASSERT_EQ(flood.send(control_frame(Opcode::pong, std::string(125, 'p')), 100'000), Error::ok);
  EXPECT_EQ(flood.held_bytes_max, 0u);
}

// An announced length is no reason to allocate, nor may sums of lengths wrap.
TEST(Hostile, row_12_fragment_lengths_that_would_overflow_their_sum) {
  for (const u64 limit : {u64{1000}, ~u64{0} >> 1, ~u64{0}}) {
    MessageReader reader;
    RecordingSink sink;
    const ReaderLimits limits{.message_bytes_max = limit};
    const std::string head =
        fragment(Opcode::binary, "0123456789", false) +
        raw({0x80, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4});
    const Error got = feed(reader, head + "abc", limits, sink);
    EXPECT_EQ(got, limit == ~u64{0} ? Error::ok : Error::message_too_big) << limit;
    EXPECT_LE(reader.held_bytes(), 1024u);
  }
}

// CVE-2026-54466: lengths added up past a double's precision, and the stream fell out of step. Each
// is 64 bits wide here, exact, and allowed in its shortest form only.
TEST(Hostile, row_10_lengths_are_exact_and_in_their_shortest_form) {
  const auto header_of = [](int code, u64 length, int bytes) {
    std::string out = raw({0x82, 0x80 | code});
    for (int shift = 8 * bytes - 8; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>(length >> shift & 255));
    }
    return out + raw({1, 2, 3, 4});
  };
  const u64 precise = u64{1} << 53;
  for (const u64 length : {u64{0}, u64{125}, u64{126}, u64{65535}, u64{65536}, precise - 1, precise,
                           precise + 1, precise + 2, (u64{1} << 63) - 1}) {
    SCOPED_TRACE(length);
    FrameHeader header;
    const std::string in16 = header_of(126, length & 0xffff, 2), in64 = header_of(127, length, 8);
    if (length < 65536) {
      EXPECT_EQ(parse_frame_header(as_bytes(in16), FrameSource::client, false, header),
                length < 126 ? Error::non_minimal_length : Error::ok);
    }
    const Error got = parse_frame_header(as_bytes(in64), FrameSource::client, false, header);
    EXPECT_EQ(got, length < 65536 ? Error::non_minimal_length : Error::ok);
    if (got == Error::ok) {
      EXPECT_EQ(header.payload_bytes, length);
    }
  }
}

// CVE-2026-33151: a header announced many attachments, and the server kept room for all of them.
TEST(Hostile, row_30_what_is_announced_is_held_only_as_it_arrives) {
  for (const u64 announced : {u64{1} << 16, u64{1} << 20, u64{1} << 24}) {
    MessageReader reader;
    RecordingSink sink;
    const ReaderLimits limits{.message_bytes_max = u64{1} << 27};
    std::array<u8, kFrameHeaderBytesMax> header{};
    const u32 bytes =
        write_client_frame_header(header.data(), Opcode::binary, announced, {1, 2, 3, 4}, false);
    ASSERT_EQ(feed(reader, {reinterpret_cast<const char*>(header.data()), bytes}, limits, sink),
              Error::ok);
    EXPECT_LE(reader.held_bytes(), 1024u) << announced << " bytes are announced";
    const std::string piece(8192, 'x');
    for (u64 arrived = piece.size(); arrived < announced; arrived += piece.size()) {
      ASSERT_EQ(feed(reader, piece, limits, sink), Error::ok);
      ASSERT_LE(reader.held_bytes(), 1024 + 2 * arrived);
    }
  }
}

TEST(Hostile, row_14_huge_announced_frame_allocates_nothing) {
  MessageReader reader;
  RecordingSink sink;
  const ReaderLimits limits{.message_bytes_max = u64{1} << 40};
  const std::string head = raw({0x82, 0xff, 0, 0, 0, 0x80, 0, 0, 0, 0, 1, 2, 3, 4});
  ASSERT_EQ(feed(reader, head, limits, sink), Error::ok);
  EXPECT_LE(reader.held_bytes(), 1024u);
}

TEST(Hostile, close_codes_0_to_65535) {
  for (u32 code = 0; code < 65536; ++code) {
    MessageReader reader;
    RecordingSink sink;
    const std::string payload = raw({static_cast<int>(code >> 8), static_cast<int>(code & 255)});
    const bool registered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
    const bool valid = registered || (code >= 3000 && code <= 4999);
    ASSERT_EQ(feed(reader, control_frame(Opcode::close, payload), {}, sink),
              valid ? Error::ok : Error::bad_close_payload)
        << code;
  }
}

TEST(Hostile, continuation_unmask_phase_survives_every_cut) {
  const std::string payload = "0123456789abcdef0123456789abcdef0123456789abcdef";
  const std::string frame = fragment(Opcode::binary, payload, true);
  for (std::size_t a = 1; a < frame.size(); ++a) {
    for (std::size_t b = a; b < frame.size(); b += 5) {
      MessageReader reader;
      RecordingSink sink;
      const std::string_view in = frame;
      ASSERT_EQ(feed(reader, in.substr(0, a), {}, sink), Error::ok);
      ASSERT_EQ(feed(reader, in.substr(a, b - a), {}, sink), Error::ok);
      ASSERT_EQ(feed(reader, in.substr(b), {}, sink), Error::ok);
      ASSERT_EQ(sink.seen, std::vector<std::string>{"binary:" + payload});
    }
  }
}

}  // namespace
}  // namespace perseid
