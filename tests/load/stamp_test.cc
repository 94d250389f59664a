// What the load's payloads carry, and that damage is seen.
#include "tools/load/stamp.h"

#include <gtest/gtest.h>

#include "codec/message_reader.h"
#include "tools/load/outgoing.h"

namespace perseid::load {
namespace {

constexpr Stamp kStamp{.sent_ns = 0x0123456789abcdef, .sender = 0xfedcba98, .number = 42};

TEST(Stamp, ComesBackFromTheTailOfAnyMessage) {
  for (const u32 size : {kStampedPayloadBytesMin, 64u, 1000u}) {
    std::string payload = make_payload(size);
    ASSERT_EQ(payload.size(), size);
    write_stamp(payload.data(), kStamp);
    for (const std::string& message :
         {payload, std::string(R"({"payload":)").append(payload).append("}")}) {
      const u32 tail = message.size() == size ? 0 : 1;
      Stamp stamp;
      ASSERT_TRUE(read_stamp(message, size, tail, stamp));
      EXPECT_EQ(stamp.sent_ns, kStamp.sent_ns);
      EXPECT_EQ(stamp.sender, kStamp.sender);
      EXPECT_EQ(stamp.number, kStamp.number);
      EXPECT_TRUE(padding_is_whole(message, size, tail));
    }
  }
}

std::string with_byte(std::string text, std::size_t at, char byte) {
  text[at] = byte;
  return text;
}

struct BadCase {
  const char* name;
  std::string message;
};

TEST(Stamp, RefusesWhatIsNoneOfOurs) {
  const std::string good = make_payload(64);
  const BadCase cases[] = {
      {"empty", ""},
      {"too short", good.substr(1)},
      {"longer", good + "}"},
      {"hex digit broken", with_byte(good, 10, 'g')},
      {"last hex digit broken", with_byte(good, 37, ' ')},
      {"other object", std::string(R"({"x":")").append(good, 6)},
  };
  for (const BadCase& bad : cases) {
    Stamp stamp;
    EXPECT_FALSE(read_stamp(bad.message, 64, 0, stamp)) << bad.name;
  }
}

TEST(Stamp, SeesEveryDamagedPaddingByte) {
  const std::string good = make_payload(80);
  for (std::size_t at = 38; at < good.size(); ++at) {
    EXPECT_FALSE(padding_is_whole(with_byte(good, at, '?'), 80, 0)) << at;
  }
}

class Collect final : public MessageSink {
 public:
  Error on_message(Opcode, MutableBytes payload) override {
    message = as_text(payload);
    return Error::ok;
  }
  Error on_control(Opcode, Bytes) override { return Error::bad_close_payload; }
  std::string message;
};

TEST(Outgoing, IsAFrameThatTheRelayReads) {
  Outgoing outgoing(Outgoing::Wrapping::frame, R"({"payload":)", 64, "}");
  for (const u32 number : {1u, 2u}) {
    Bytes frame = outgoing.stamped({.sent_ns = 5, .sender = 3, .number = number});
    std::vector<u8> padded(frame.begin(), frame.end());
    padded.resize(frame.size() + kParsePaddingBytes);
    MessageReader reader;
    Collect sink;
    ASSERT_EQ(reader.feed({padded.data(), frame.size()}, {}, sink), Error::ok);
    Stamp stamp;
    ASSERT_TRUE(read_stamp(sink.message, 64, 1, stamp)) << sink.message;
    EXPECT_EQ(stamp.number, number);
  }
}

TEST(Outgoing, IsBareForTheRuler) {
  Outgoing outgoing(Outgoing::Wrapping::none, "....", 64, "");
  EXPECT_EQ(outgoing.stamped({}).size(), 68u);
}

}  // namespace
}  // namespace perseid::load
