#include "codec/message_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/codec/frame_support.h"

namespace perseid {
namespace {

using test::client_frame;
using test::control_frame;
using test::feed;
using test::raw;
using test::RecordingSink;
using test::text_frame;

using Seen = std::vector<std::string>;

struct ReaderCase {
  const char* name;
  std::string in;
  Seen seen;
  Error want = Error::ok;
  u64 message_bytes_max = 1000;
};

std::string fragment(Opcode opcode, std::string_view payload, bool final) {
  return client_frame({.opcode = opcode, .payload = payload, .final = final});
}

std::vector<ReaderCase> reader_cases() {
  const Opcode text = Opcode::text, binary = Opcode::binary, more = Opcode::continuation;
  const std::string good = text_frame("ok");
  const std::string long_text(300, 'y');
  return {
      {"text", text_frame("hello"), {"text:hello"}},
      {"empty text", text_frame(""), {"text:"}},
      {"16-bit length", text_frame(long_text), {"text:" + long_text}},
      {"two in one read", text_frame("a") + text_frame("b"), {"text:a", "text:b"}},
      {"binary, any bytes", fragment(binary, "\xff\xfe", true), {"binary:\xff\xfe"}},
      {"mask of zeroes",
       client_frame({.opcode = text, .payload = "plain", .mask = {0, 0, 0, 0}}),
       {"text:plain"}},
      {"mask changes between fragments",
       client_frame({.opcode = text, .payload = "one", .final = false, .mask = {1, 2, 3, 4}}) +
           client_frame({.opcode = more, .payload = "two", .mask = {9, 8, 7, 6}}),
       {"text:onetwo"}},
      {"fragments with a ping between",
       fragment(text, "he", false) + control_frame(Opcode::ping, "p") + fragment(more, "llo", true),
       {"ping:p", "text:hello"}},
      {"empty fragments",
       fragment(text, "", false) + fragment(more, "", false) + fragment(more, "", true),
       {"text:"}},
      {"character across fragments",
       fragment(text, "\xf0\x9f", false) + fragment(more, "\x98\x80", true),
       {"text:\xf0\x9f\x98\x80"}},
      {"close, no code", control_frame(Opcode::close, ""), {"close:"}},
      {"close, code and reason",
       control_frame(Opcode::close,
                     "\x03\xe8"
                     "bye"),
       {"close:\x03\xe8"
        "bye"}},
      {"close of one byte",
       good + control_frame(Opcode::close, "\x03"),
       {"text:ok"},
       Error::bad_close_payload},
      {"close reason not UTF-8", control_frame(Opcode::close, "\x03\xe8\xff"), {}, Error::bad_utf8},
      {"good frames before a bad one",
       good + control_frame(Opcode::ping, "x") + raw({0x83}),
       {"text:ok", "ping:x"},
       Error::reserved_opcode},
      {"continuation of nothing",
       good + fragment(more, "x", true),
       {"text:ok"},
       Error::unexpected_continuation},
      {"unfinished continuation of nothing",
       fragment(more, "x", false),
       {},
       Error::unexpected_continuation},
      {"new message inside one",
       fragment(text, "a", false) + fragment(text, "b", true),
       {},
       Error::expected_continuation},
      {"text not UTF-8", good + text_frame("a\xff"), {"text:ok"}, Error::bad_utf8},
      {"text ends inside a character", text_frame("a\xe2\x82"), {}, Error::bad_utf8},
      {"fragments end inside a character",
       fragment(text, "\xe2", false) + fragment(more, "\x82", true),
       {},
       Error::bad_utf8},
      {"ping of 126 is refused by its header",
       good + raw({0x89, 0xfe}),
       {"text:ok"},
       Error::control_too_long},
      {"at the limit", text_frame("12345"), {"text:12345"}, Error::ok, 5},
      {"over the limit, by its header",
       good + raw({0x82, 0x86, 0, 0, 0, 0}),
       {"text:ok"},
       Error::message_too_big,
       5},
      {"fragments over the limit",
       fragment(text, "123", false) + raw({0x80, 0x83, 0, 0, 0, 0}),
       {},
       Error::message_too_big,
       5},
      {"rsv1 without extension", good + raw({0xc1}), {"text:ok"}, Error::reserved_bits},
      {"unmasked", good + raw({0x81, 0x01}), {"text:ok"}, Error::unmasked_frame},
  };
}

struct Outcome {
  Error error;
  Seen seen;
  std::size_t held;
};

Outcome run_pieces(const ReaderCase& row, const std::vector<std::string_view>& pieces) {
  MessageReader reader;
  RecordingSink sink;
  const ReaderLimits limits{.message_bytes_max = row.message_bytes_max};
  Error error = Error::ok;
  for (const std::string_view piece : pieces) {
    error = feed(reader, piece, limits, sink);
    if (error != Error::ok) break;
  }
  return {error, sink.seen, reader.held_bytes()};
}

void expect(const ReaderCase& row, const Outcome& outcome) {
  EXPECT_EQ(outcome.error, row.want) << info(outcome.error).code;
  EXPECT_EQ(outcome.seen, row.seen);
  if (row.want == Error::ok) {
    EXPECT_EQ(outcome.held, 0u);
  }
}

TEST(MessageReader, table_whole) {
  for (const ReaderCase& row : reader_cases()) {
    SCOPED_TRACE(row.name);
    expect(row, run_pieces(row, {row.in}));
  }
}

TEST(MessageReader, table_split_at_every_byte) {
  for (const ReaderCase& row : reader_cases()) {
    const std::string_view in = row.in;
    for (std::size_t cut = 1; cut < in.size(); ++cut) {
      SCOPED_TRACE(std::string(row.name) + ", cut at " + std::to_string(cut));
      expect(row, run_pieces(row, {in.substr(0, cut), in.substr(cut)}));
    }
  }
}

TEST(MessageReader, table_byte_by_byte) {
  for (const ReaderCase& row : reader_cases()) {
    SCOPED_TRACE(row.name);
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < row.in.size(); ++i) {
      pieces.push_back(std::string_view(row.in).substr(i, 1));
    }
    expect(row, run_pieces(row, pieces));
  }
}

// Autobahn 6.4: the connection fails before the rest of the frame is sent.
TEST(MessageReader, bad_text_fails_inside_an_unfinished_frame) {
  const std::string whole = text_frame("\xce\xba\xf4\x90\x80\x80 and much more");
  for (std::size_t size = 7; size < whole.size(); ++size) {
    MessageReader reader;
    RecordingSink sink;
    const Error got = feed(reader, std::string_view(whole).substr(0, size), {}, sink);
    // Header 6, two bytes of a letter, then f4 90: decided by the tenth byte.
    EXPECT_EQ(got, size >= 10 ? Error::bad_utf8 : Error::ok) << size;
  }
}

TEST(MessageReader, a_sinks_refusal_stops_the_reading) {
  MessageReader reader;
  RecordingSink sink;
  sink.message_answer = Error::rate_limited;
  EXPECT_EQ(feed(reader, text_frame("a") + text_frame("b"), {}, sink), Error::rate_limited);
  EXPECT_EQ(sink.seen, Seen{"text:a"});
}

TEST(MessageReader, holds_nothing_between_messages_and_counts_what_it_holds) {
  MessageReader reader;
  RecordingSink sink;
  EXPECT_EQ(reader.held_bytes(), 0u);
  const std::string frame = text_frame(std::string(5000, 'a'));
  ASSERT_EQ(feed(reader, std::string_view(frame).substr(0, 3000), {}, sink), Error::ok);
  EXPECT_GE(reader.held_bytes(), 3000u - 8u);
  EXPECT_LE(reader.held_bytes(), 6000u);
  ASSERT_EQ(feed(reader, std::string_view(frame).substr(3000), {}, sink), Error::ok);
  EXPECT_EQ(reader.held_bytes(), 0u);
  EXPECT_EQ(sink.seen.size(), 1u);
}

TEST(MessageReader, reads_a_servers_frames) {
  MessageReader reader;
  RecordingSink sink;
  const ReaderLimits limits{.source = FrameSource::server};
  ASSERT_EQ(feed(reader, raw({0x81, 2, 'h', 'i', 0x01, 1, 'a', 0x80, 1, 'b'}), limits, sink),
            Error::ok);
  EXPECT_EQ(sink.seen, (Seen{"text:hi", "text:ab"}));
  EXPECT_EQ(feed(reader, text_frame("x"), limits, sink), Error::masked_frame);
}

// Random messages in random fragments with control frames between them, fed in random pieces:
// what comes out is what went in.
TEST(MessageReader, property_round_trip) {
  const u32 seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::string wire;
    Seen want;
    for (u32 message = random() % 4 + 1; message > 0; --message) {
      std::string payload(random() % 700, '\0');
      for (char& c : payload) c = static_cast<char>(random());
      std::string_view rest = payload;
      Opcode opcode = Opcode::binary;
      while (random() % 3 != 0) {
        const std::size_t size = random() % (rest.size() + 1);
        wire += fragment(opcode, rest.substr(0, size), false);
        rest.remove_prefix(size);
        opcode = Opcode::continuation;
        if (random() % 2 == 0) {
          wire += control_frame(Opcode::pong, "c");
          want.push_back("pong:c");
        }
      }
      wire += fragment(opcode, rest, true);
      want.push_back("binary:" + payload);
    }
    MessageReader reader;
    RecordingSink sink;
    for (std::size_t at = 0; at < wire.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 900, wire.size() - at);
      ASSERT_EQ(feed(reader, std::string_view(wire).substr(at, size), {}, sink), Error::ok);
      at += size;
    }
    ASSERT_EQ(sink.seen, want);
    ASSERT_EQ(reader.held_bytes(), 0u);
  }
}

TEST(MessageReader, a_place_that_is_used_again_remembers_nothing_and_keeps_no_large_buffer) {
  PartialPool pool;
  const ReaderLimits limits{.partials = &pool};
  const std::string texts[] = {"short", std::string(200'000, 'x'), "\xc3\xa9",
                               std::string(300, 'y')};
  for (int round = 0; round < 3; ++round) {
    for (const std::string& text : texts) {
      MessageReader reader;
      RecordingSink sink;
      const std::string wire = text_frame(text);
      const std::string_view bytes = wire;
      ASSERT_EQ(feed(reader, bytes.substr(0, wire.size() - 1), limits, sink), Error::ok);
      EXPECT_EQ(pool.idle(), 0u);
      ASSERT_EQ(feed(reader, bytes.substr(wire.size() - 1), limits, sink), Error::ok);
      EXPECT_EQ(sink.seen, (Seen{"text:" + text}));
      EXPECT_EQ(pool.idle(), 1u);
      EXPECT_LE(pool.held_bytes(), 20'000u);
    }
  }
}

TEST(MessageReader, few_places_are_kept_of_a_crowd) {
  PartialPool pool;
  const ReaderLimits limits{.partials = &pool};
  std::vector<MessageReader> readers(50);
  RecordingSink sink;
  const std::string wire = text_frame("");
  for (MessageReader& reader : readers) {
    ASSERT_EQ(feed(reader, wire.substr(0, 1), limits, sink), Error::ok);
  }
  for (MessageReader& reader : readers) {
    ASSERT_EQ(feed(reader, wire.substr(1), limits, sink), Error::ok);
  }
  EXPECT_EQ(sink.messages, 50u);
  EXPECT_LE(pool.idle(), 16u);
}

}  // namespace
}  // namespace perseid
