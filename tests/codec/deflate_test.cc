#include "codec/deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

#include "tests/codec/frame_support.h"

namespace perseid {
namespace {

using test::raw;

constexpr u64 kLimit = 1 * MiB;

std::string inflate_text(Inflater& inflater, std::string_view wire, Error want = Error::ok,
                         u64 limit = kLimit) {
  MutableBytes out;
  const std::string exact(wire);
  EXPECT_EQ(inflater.inflate(as_bytes(exact), limit, out), want);
  return want == Error::ok ? std::string(as_text(out)) : "";
}

// Compresses with zlib itself, in raw format, the flush as told.
std::string zlib_deflate(std::string_view text, int level, int strategy, int flush, int bits = 15,
                         int memory = 8) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, -bits, memory, strategy), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, flush);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string without_tail(std::string wire) {
  EXPECT_EQ(wire.substr(wire.size() - 4), raw({0, 0, 0xff, 0xff}));
  wire.resize(wire.size() - 4);
  return wire;
}

std::string random_text(std::mt19937& random, std::size_t size, u32 alphabet) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() % alphabet);
  return text;
}

// RFC 7692 section 7.2.3.
TEST(Inflate, examples_of_the_rfc) {
  struct Row {
    const char* name;
    std::string wire;
    const char* want;
  };
  const Row rows[] = {
      {"one block", raw({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}), "Hello"},
      {"no compression", raw({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00}),
       "Hello"},
      {"BFINAL", raw({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}), "Hello"},
      {"two blocks",
       raw({0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00}),
       "Hello"},
      {"empty", raw({0x00}), ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Inflater inflater(15, false);
    EXPECT_EQ(inflate_text(inflater, row.wire), row.want);
    EXPECT_EQ(inflate_text(inflater, row.wire), row.want) << "again";
  }
}

TEST(Inflate, context_takeover_of_the_rfc) {
  Inflater inflater(15, true);
  EXPECT_EQ(inflate_text(inflater, raw({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
  EXPECT_EQ(inflate_text(inflater, raw({0xf2, 0x00, 0x11, 0x00, 0x00})), "Hello");
  Inflater without(15, false);
  EXPECT_EQ(inflate_text(without, raw({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello");
  inflate_text(without, raw({0xf2, 0x00, 0x11, 0x00, 0x00}), Error::bad_deflate);
}

TEST(Hostile, row_22_blocks_of_every_kind) {
  const std::string text = "stored, fixed and dynamic blocks; stored, fixed and dynamic blocks";
  for (const int flush : {Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH}) {
    for (const int level : {0, 1, 6, 9}) {
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE}) {
        std::string wire = zlib_deflate(text, level, strategy, flush);
        if (flush != Z_FINISH) wire = without_tail(wire);
        Inflater inflater(15, true);
        EXPECT_EQ(inflate_text(inflater, wire), text);
        EXPECT_EQ(inflate_text(inflater, wire), text) << "again, after a final block too";
        if (flush == Z_FINISH) {
          EXPECT_EQ(inflate_text(inflater, wire + raw({0})), text) << "and an empty block";
        }
      }
    }
  }
}

// A final block inside a message: the window goes on (section 7.2.3.4).
TEST(Hostile, row_22_final_block_keeps_the_window) {
  Inflater inflater(15, true);
  EXPECT_EQ(inflate_text(inflater, raw({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00})), "Hello");
  EXPECT_EQ(inflate_text(inflater, raw({0xf2, 0x00, 0x11, 0x00, 0x00})), "Hello");
  const std::string twice = raw({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}) +
                            raw({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}) + raw({0x00});
  EXPECT_EQ(inflate_text(inflater, twice), "HelloHello");
}

TEST(Hostile, row_22_broken_streams) {
  struct Row {
    const char* name;
    std::string wire;
  };
  const Row rows[] = {
      {"reserved block type", raw({0x07})},
      {"stored length does not match", raw({0x00, 0x05, 0x00, 0x00, 0x00, 0x48})},
      {"cut inside a stored block", raw({0x00, 0x09, 0x00, 0xf6, 0xff, 0x48})},
      {"cut inside a fixed block", raw({0xf2, 0x48, 0xcd})},
      {"trailing garbage", raw({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xff})},
      {"garbage behind a final block", raw({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xff})},
      {"distance before the beginning", raw({0xf2, 0x00, 0x11, 0x00, 0x00})},
      {"tail left on", raw({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff})},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Inflater inflater(15, true);
    inflate_text(inflater, row.wire, Error::bad_deflate);
    EXPECT_EQ(inflate_text(inflater, raw({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})), "Hello")
        << "usable afterwards";
  }
}

// One block that is not stored: what is cut off makes it bad, but for the few bits behind its end.
TEST(Hostile, row_22_every_prefix_of_a_message_is_whole_or_bad) {
  std::mt19937 random(22);
  for (const std::string& text : {std::string(3000, 'r') + "end", random_text(random, 500, 40),
                                  random_text(random, 500, 100), std::string("Hello")}) {
    for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY}) {
      const std::string wire = without_tail(zlib_deflate(text, 6, strategy, Z_SYNC_FLUSH));
      for (std::size_t cut = 1; cut <= wire.size(); ++cut) {
        SCOPED_TRACE(std::to_string(cut) + " of " + std::to_string(wire.size()));
        Inflater inflater(15, false);
        MutableBytes out;
        const std::string exact = wire.substr(0, cut);
        const Error got = inflater.inflate(as_bytes(exact), kLimit, out);
        if (cut + 1 < wire.size()) {
          EXPECT_EQ(got, Error::bad_deflate);
        }
        if (cut == wire.size()) {
          EXPECT_EQ(got, Error::ok);
        }
        if (got == Error::ok) {
          EXPECT_EQ(as_text(out), text);
        }
      }
    }
  }
}

TEST(Hostile, row_18_deflate_bomb_ratio_1000) {
  const std::string zeroes(16 * MiB, '\0');
  const std::string wire = without_tail(zlib_deflate(zeroes, 9, Z_DEFAULT_STRATEGY, Z_SYNC_FLUSH));
  ASSERT_LT(wire.size(), 17000u);
  Inflater inflater(15, true);
  inflate_text(inflater, wire, Error::message_too_big);
  inflate_text(inflater, wire, Error::message_too_big, 16 * MiB - 1);
  EXPECT_EQ(inflate_text(inflater, wire, Error::ok, 16 * MiB), zeroes);
  inflater.trim();
  EXPECT_EQ(inflate_text(inflater, raw({0x00})), "");
}

// The work for a message is at most so many times that of receiving it, from where it is much.
TEST(Hostile, row_19_a_ratio_bounds_what_is_inflated_by_what_came) {
  constexpr u64 kRatio = 100;
  std::mt19937 random(1);
  std::string noise(3000, '\0');
  for (char& each : noise) each = static_cast<char>(random());
  const std::string free(kInflateFreeBytes, ' ');
  const std::string beyond(kInflateFreeBytes + 1, ' ');
  std::string paid = noise + std::string(kInflateFreeBytes, ' ');  // 35,768 of some 3,050
  std::string late = noise + std::string(4 * MiB, ' ');
  for (const bool context : {false, true}) {
    Inflater inflater(15, context);
    const auto error_of = [&](const std::string& text, u64 ratio) {
      const std::string wire = zlib_deflate(text, 9, Z_DEFAULT_STRATEGY, Z_SYNC_FLUSH);
      MutableBytes out;
      const Error error =
          inflater.inflate(as_bytes(wire.substr(0, wire.size() - 4)), 8 * MiB, out, ratio);
      if (error == Error::ok) {
        EXPECT_EQ(as_text(out), text);
      }
      return error;
    };
    EXPECT_EQ(error_of(free, kRatio), Error::ok);
    EXPECT_EQ(error_of(beyond, kRatio), Error::message_too_big);
    EXPECT_EQ(error_of(beyond, 0), Error::ok);
    EXPECT_EQ(error_of(paid, kRatio), Error::ok);
    EXPECT_EQ(error_of(late, kRatio), Error::message_too_big);
    EXPECT_EQ(error_of(late, 1100), Error::ok);
    EXPECT_EQ(error_of(free, kRatio), Error::ok) << "an error leaves nothing behind";
  }
}

TEST(Hostile, row_18_many_small_bombs_with_context_takeover) {
  Deflater deflater(15, true);
  Inflater inflater(15, true);
  const std::string zeroes(200000, '\0');
  for (int i = 0; i < 100; ++i) {
    const std::string wire(as_text(deflater.deflate(as_bytes(zeroes))));
    ASSERT_EQ(inflate_text(inflater, wire, Error::ok, 200000), zeroes);
    inflater.trim();
  }
  const std::string more(200001, '\0');
  const std::string wire(as_text(deflater.deflate(as_bytes(more))));
  inflate_text(inflater, wire, Error::message_too_big, 200000);
}

TEST(Hostile, row_19_output_limit_is_exact) {
  const std::string text(70000, 'q');
  Deflater deflater(15, false);
  const std::string wire(as_text(deflater.deflate(as_bytes(text))));
  for (const u64 limit : {0ull, 1ull, 4031ull, 4032ull, 69999ull}) {
    Inflater inflater(15, false);
    inflate_text(inflater, wire, Error::message_too_big, limit);
  }
  Inflater inflater(15, false);
  EXPECT_EQ(inflate_text(inflater, wire, Error::ok, 70000), text);
  EXPECT_EQ(inflate_text(inflater, wire, Error::ok, ~u64{0}), text);
}

// Empty blocks make no output: the work stays that of the input's length.
TEST(Hostile, row_13_a_megabyte_of_empty_blocks_ends) {
  std::string stored, final;
  for (int i = 0; i < 200000; ++i) stored += raw({0x00, 0x00, 0x00, 0xff, 0xff});
  for (int i = 0; i < 500000; ++i) final += raw({0x03, 0x00});
  Inflater inflater(15, true);
  EXPECT_EQ(inflate_text(inflater, stored + raw({0x00})), "");
  EXPECT_EQ(inflate_text(inflater, final + raw({0x00})), "");
}

TEST(Deflate, empty_message_is_one_zero_byte) {
  for (const bool takeover : {false, true}) {
    Deflater deflater(15, takeover);
    EXPECT_EQ(as_text(deflater.deflate({})), raw({0x00}));
    (void)deflater.deflate(as_bytes("x"));
    EXPECT_EQ(as_text(deflater.deflate({})), raw({0x00}));
  }
}

// With context takeover the second equal message is shorter; without, the same.
TEST(Deflate, context_takeover) {
  const std::string text = "{\"type\":\"chat\",\"room\":\"lobby\",\"payload\":{\"text\":\"hi\"}}";
  Deflater with(15, true), without(15, false);
  const std::size_t first = with.deflate(as_bytes(text)).size();
  EXPECT_LT(with.deflate(as_bytes(text)).size(), first / 2);
  EXPECT_EQ(without.deflate(as_bytes(text)).size(), first);
  EXPECT_EQ(without.deflate(as_bytes(text)).size(), first);
}

// Row 21 of the hostile list: every window, both modes, random and repetitive texts.
TEST(Hostile, row_21_window_bits_matrix_round_trips) {
  const u32 seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (u8 bits = 8; bits <= 15; ++bits) {
    for (const bool takeover : {false, true}) {
      Deflater deflater(bits, takeover);
      Inflater inflater(bits, takeover);
      for (int message = 0; message < 12; ++message) {
        const std::size_t size = random() % (message % 4 == 0 ? 100000 : 600);
        const std::string text = random_text(random, size, message % 2 == 0 ? 256 : 3);
        const std::string wire(as_text(deflater.deflate(as_bytes(text))));
        ASSERT_EQ(inflate_text(inflater, wire), text) << int{bits};
      }
    }
  }
}

TEST(Hostile, row_21_memory_levels_of_other_peoples_zlib) {
  std::mt19937 random(7);
  for (int bits = 9; bits <= 15; ++bits) {
    for (int memory = 1; memory <= 9; ++memory) {
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED}) {
        const std::string text = random_text(random, 20000, 5);
        const std::string wire =
            without_tail(zlib_deflate(text, 6, strategy, Z_SYNC_FLUSH, bits, memory));
        Inflater inflater(static_cast<u8>(bits), true);
        ASSERT_EQ(inflate_text(inflater, wire), text);
      }
    }
  }
}

// A peer that was promised an 8-bit window may hold 256 bytes only: zlib's own reader of that size
// must understand every message.
TEST(Deflate, window_of_8_bits_needs_no_more) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "abcdefgh"[i % 7];
  for (int i = 0; i < 4000; ++i) text += static_cast<char>('a' + i / 300);
  Deflater deflater(8, true);
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, -8), Z_OK);
  for (int message = 0; message < 3; ++message) {
    std::string wire(as_text(deflater.deflate(as_bytes(text))));
    wire += raw({0, 0, 0xff, 0xff});
    std::string out;
    stream.next_in = reinterpret_cast<Bytef*>(wire.data());
    stream.avail_in = static_cast<uInt>(wire.size());
    // In small steps: zlib then reads distances from its window, not from the output.
    while (out.size() < text.size()) {
      std::array<char, 100> step;
      stream.next_out = reinterpret_cast<Bytef*>(step.data());
      stream.avail_out = step.size();
      ASSERT_EQ(::inflate(&stream, Z_SYNC_FLUSH), Z_OK);
      out.append(step.data(), step.size() - stream.avail_out);
    }
    ASSERT_EQ(out, text);
  }
  inflateEnd(&stream);
}

TEST(Deflate, result_padding_is_there_to_parse) {
  Deflater deflater(15, false);
  Inflater inflater(15, false);
  for (const std::size_t size : {0u, 1u, 4031u, 4032u, 4033u, 8128u}) {
    const std::string text(size, 'p');
    const std::string wire(as_text(deflater.deflate(as_bytes(text))));
    MutableBytes out;
    ASSERT_EQ(inflater.inflate(as_bytes(wire), kLimit, out), Error::ok);
    for (std::size_t i = 0; i < kParsePaddingBytes; ++i) ASSERT_EQ(out.data()[size + i], 0);
  }
}

// Compressed messages through the reader: whole, fragmented, with a limit on what comes out.
TEST(CompressedMessages, whole_fragmented_and_split) {
  Deflater deflater(15, false);
  const std::string text = "compressed, compressed, compressed text";
  const std::string wire(as_text(deflater.deflate(as_bytes(text))));
  const std::string whole = test::client_frame({.payload = wire, .rsv1 = true});
  const std::string halves =
      test::client_frame({.payload = wire.substr(0, 5), .final = false, .rsv1 = true}) +
      test::control_frame(Opcode::ping, "") +
      test::client_frame({.opcode = Opcode::continuation, .payload = wire.substr(5)});
  Inflater inflater(15, false);
  const ReaderLimits limits{.inflater = &inflater};
  for (const std::string& in : {whole, halves}) {
    for (std::size_t cut = 0; cut < in.size(); ++cut) {
      MessageReader reader;
      test::RecordingSink sink;
      ASSERT_EQ(test::feed(reader, in.substr(0, cut), limits, sink), Error::ok);
      ASSERT_EQ(test::feed(reader, in.substr(cut), limits, sink), Error::ok);
      ASSERT_EQ(sink.seen.back(), "text:" + text);
      ASSERT_EQ(reader.held_bytes(), 0u);
    }
  }
}

TEST(CompressedMessages, errors) {
  Deflater deflater(15, false);
  Inflater inflater(15, false);
  const ReaderLimits limits{.message_bytes_max = 1000, .inflater = &inflater};
  const auto send = [&](std::string_view payload, bool deflated) {
    const std::string wire(deflated ? as_text(deflater.deflate(as_bytes(payload))) : payload);
    MessageReader reader;
    test::RecordingSink sink;
    return test::feed(reader, test::client_frame({.payload = wire, .rsv1 = true}), limits, sink);
  };
  EXPECT_EQ(send(std::string(1000, 'a'), true), Error::ok);
  EXPECT_EQ(send(std::string(1001, 'a'), true), Error::message_too_big) << "row 11";
  EXPECT_EQ(send("\xff\xfe", true), Error::bad_utf8);
  EXPECT_EQ(send("\x07", false), Error::bad_deflate);
  EXPECT_EQ(send("", false), Error::ok);
}

// What does not compress comes out a little longer than it was; the limit is on the message.
TEST(CompressedMessages, incompressible_message_of_exactly_the_limit) {
  std::mt19937 random(3);
  const std::string noise = random_text(random, 300000, 256);
  Deflater deflater(15, false);
  const std::string wire(as_text(deflater.deflate(as_bytes(noise))));
  ASSERT_GT(wire.size(), noise.size());
  Inflater inflater(15, false);
  const ReaderLimits limits{.message_bytes_max = noise.size(), .inflater = &inflater};
  MessageReader reader;
  test::RecordingSink sink;
  const std::string frame =
      test::client_frame({.opcode = Opcode::binary, .payload = wire, .rsv1 = true});
  EXPECT_EQ(test::feed(reader, frame, limits, sink), Error::ok);
  EXPECT_EQ(sink.seen.size(), 1u);
}

}  // namespace
}  // namespace perseid
