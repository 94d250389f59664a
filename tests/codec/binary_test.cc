// The binary flavour beyond its golden bytes: several messages in one, cuts, bounds.
#include "codec/binary.h"

#include <gtest/gtest.h>

#include "tests/codec/envelope_text.h"

namespace perseid {
namespace {

std::string request(const BinaryRequest& request) {
  std::string bytes;
  append_binary_request(bytes, request);
  return bytes;
}

std::string action(u64 id) {
  return request({.kind = BinaryKind::player_action,
                  .room_number = 3,
                  .id_kind = BinaryId::number,
                  .id_number = id,
                  .json = "[1]"});
}

std::string answer(u64 id) {
  return "player_action room_number=3 payload=[1] id=" + std::to_string(id);
}

TEST(Varint, ShortestFormsOnly) {
  for (const u64 value : {u64{0}, u64{1}, u64{127}, u64{128}, u64{16383}, u64{16384},
                          u64{0xffffffff}, u64{1} << 63, ~u64{0}}) {
    u8 bytes[kVarintBytesMax];
    const u32 size = write_varint(bytes, value);
    EXPECT_EQ(size, varint_bytes(value));
    for (u32 cut = 0; cut < size; ++cut) {
      Bytes in{bytes, cut};
      u64 read = 0;
      EXPECT_FALSE(take_varint(in, read)) << value << " cut at " << cut;
    }
    Bytes in{bytes, size};
    u64 read = ~value;
    ASSERT_TRUE(take_varint(in, read));
    EXPECT_EQ(read, value);
    EXPECT_TRUE(in.empty());
  }
  const u8 longer[] = {0x80, 0x00};
  const u8 wide[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
  u64 read = 0;
  Bytes in = longer;
  EXPECT_FALSE(take_varint(in, read));
  in = wide;
  EXPECT_FALSE(take_varint(in, read));
}

TEST(Binary, SeveralMessagesInOne) {
  EXPECT_EQ(read_binary(action(1) + action(2) + action(3)),
            answer(1) + " | " + answer(2) + " | " + answer(3));
}

TEST(Binary, ABadValueHurtsNoOtherMessage) {
  const std::string bad = request({.room_number = 0, .json = "1"});
  const std::string worse = request({.room_number = 1, .json = "{"});
  const std::string ping =
      request({.kind = BinaryKind::system, .json = R"({"type":"system","op":"ping"})"});
  EXPECT_EQ(read_binary(action(1) + bad + worse + ping + action(2)),
            answer(1) + " | bad_value(room) | invalid_json(payload) | system:ping | " + answer(2));
}

TEST(Binary, ABrokenFormEndsTheMessageBehindTheGoodOnes) {
  EXPECT_EQ(read_binary(action(1) + "\x0f" + action(2)), answer(1) + " | invalid_binary");
}

TEST(Binary, CutAtEveryByte) {
  const std::string whole[] = {
      action(300),
      request({.target = BinaryTarget::room_name,
               .room = "lobby",
               .id_kind = BinaryId::text,
               .id_text = "id",
               .json = R"({"a":1})"}),
      request({.target = BinaryTarget::client, .to = 7, .json = "1"}),
      request({.kind = BinaryKind::system, .json = R"({"type":"system","op":"ping"})"})};
  for (const std::string& bytes : whole) {
    EXPECT_EQ(read_binary(bytes).find("invalid"), std::string::npos);
    EXPECT_EQ(read_binary(""), "frame: invalid_binary");
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      EXPECT_NE(read_binary(bytes.substr(0, cut)).find("invalid_binary"), std::string::npos) << cut;
    }
  }
}

TEST(Binary, BoundsAreTheEnvelopes) {
  BinaryReader reader{EnvelopeLimits{.room_name_bytes_max = 4, .messages_per_frame_max = 2}};
  EXPECT_EQ(read_all(reader, action(1) + action(2)), answer(1) + " | " + answer(2));
  EXPECT_EQ(read_all(reader, action(1) + action(2) + action(3)),
            answer(1) + " | " + answer(2) + " | too_many_messages_in_frame");
  const auto named = [](std::string_view room) {
    return request({.target = BinaryTarget::room_name, .room = room, .json = "1"});
  };
  EXPECT_EQ(read_all(reader, named("four")), "chat room=four payload=1");
  EXPECT_EQ(read_all(reader, named("fives")), "name_too_long(room)");
}

TEST(Binary, PayloadWhitespaceIsNotRelayed) {
  EXPECT_EQ(read_binary(request({.room_number = 1, .json = " \n[ 1 ]\t"})),
            "chat room_number=1 payload=[ 1 ]");
}

TEST(Binary, RelayMessagesCutShortAreRefused) {
  const Delivery delivery{.room_number = 300, .seq = 200, .sender = 1, .payload = "1"};
  std::string frame(delivery_bytes(Flavour::bin, delivery), '\0');
  write_delivery(Flavour::bin, delivery, reinterpret_cast<u8*>(frame.data()));
  const Bytes body = as_bytes(frame).subspan(2);
  BinaryMessage out;
  EXPECT_TRUE(read_delivery_binary(body, out));
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    EXPECT_FALSE(read_delivery_binary(body.first(cut), out)) << cut;
  }
}

}  // namespace
}  // namespace perseid
