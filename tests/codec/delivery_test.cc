// Deliveries: the exact bytes of the protocol's examples, sizes that never lie, and reading our own
// template back.
#include "codec/delivery.h"

#include <gtest/gtest.h>

#include <random>

#include "codec/client_id.h"
#include "codec/frame.h"
#include "codec/json_text.h"
#include "tests/codec/envelope_text.h"

namespace perseid {
namespace {

constexpr u8 kGuard = 0xa5;

// The frame that a writer makes, checked: exactly as long as announced, well-formed header.
template <typename Size, typename Write>
std::string frame_of(Flavour flavour, Size size, Write write) {
  const std::size_t bytes = size(flavour);
  std::string frame(bytes + 16, static_cast<char>(kGuard));
  EXPECT_EQ(write(flavour, reinterpret_cast<u8*>(frame.data())), bytes);
  EXPECT_EQ(frame.substr(bytes), std::string(16, static_cast<char>(kGuard)));
  frame.resize(bytes);
  FrameHeader header;
  EXPECT_EQ(parse_frame_header(as_bytes(frame), FrameSource::server, false, header), Error::ok);
  EXPECT_EQ(header.header_bytes + header.payload_bytes, bytes);
  EXPECT_EQ(header.opcode, flavour == Flavour::json ? Opcode::text : Opcode::binary);
  return frame;
}

std::string frame(Flavour flavour, const Delivery& delivery) {
  return frame_of(
      flavour, [&](Flavour f) { return delivery_bytes(f, delivery); },
      [&](Flavour f, u8* out) { return write_delivery(f, delivery, out); });
}

std::string frame(Flavour flavour, const StateDelivery& state) {
  return frame_of(
      flavour, [&](Flavour f) { return state_bytes(f, state); },
      [&](Flavour f, u8* out) { return write_state(f, state, out); });
}

std::string frame(Flavour flavour, std::string_view json) {
  return frame_of(
      flavour, [&](Flavour f) { return system_bytes(f, json); },
      [&](Flavour f, u8* out) { return write_system(f, json, out); });
}

template <typename Message>
std::string json(const Message& message) {
  return std::string(delivery_json(as_bytes(frame(Flavour::json, message))));
}

const Delivery kChat{.type = MessageType::chat,
                     .room_escaped = "lobby",
                     .room_number = 3,
                     .seq = 58,
                     .sender = 33,
                     .timestamp_unix_ms = 1700000000123,
                     .payload = R"({"text":"hi"})"};

TEST(Delivery, WritesTheProtocolsExamples) {
  EXPECT_EQ(json(kChat), R"({"type":"chat","room":"lobby","seq":58,"sender":"c0000000000011",)"
                         R"("timestamp":1700000000123,"payload":{"text":"hi"}})");
  Delivery action = kChat;
  action.type = MessageType::player_action;
  action.sender = 0;
  EXPECT_EQ(json(action), R"({"type":"player_action","room":"lobby","seq":58,"sender":"relay",)"
                          R"("timestamp":1700000000123,"payload":{"text":"hi"}})");
  Delivery direct = kChat;
  direct.to = 32;
  EXPECT_EQ(json(direct), R"({"type":"chat","to":"c0000000000010","sender":"c0000000000011",)"
                          R"("timestamp":1700000000123,"payload":{"text":"hi"}})");
}

TEST(Delivery, WritesWhatHasBecomeOfAMessageAndWhatPassesBy) {
  Delivery marked = kChat;
  marked.marks = R"("deleted":true)";
  EXPECT_EQ(json(marked), R"({"type":"chat","room":"lobby","seq":58,"sender":"c0000000000011",)"
                          R"("timestamp":1700000000123,"deleted":true,"payload":{"text":"hi"}})");
  Delivery passing = kChat;
  passing.seq = 0;
  EXPECT_EQ(json(passing), R"({"type":"chat","room":"lobby","sender":"c0000000000011",)"
                           R"("timestamp":1700000000123,"payload":{"text":"hi"}})");
}

TEST(Delivery, WritesStates) {
  StateDelivery state{.room_escaped = "arena",
                      .room_number = 9,
                      .tick = 101,
                      .payload = R"({"set":{"e1":{"x":1.5}},"unset":["e7"]})"};
  EXPECT_EQ(json(state), R"({"type":"game_state","room":"arena","tick":101,)"
                         R"("payload":{"set":{"e1":{"x":1.5}},"unset":["e7"]}})");
  state.full = true;
  EXPECT_EQ(json(state), R"({"type":"game_state","room":"arena","tick":101,"full":true,)"
                         R"("payload":{"set":{"e1":{"x":1.5}},"unset":["e7"]}})");
}

TEST(Delivery, WritesSystemMessages) {
  const std::string text = R"({"type":"system","op":"pong"})";
  EXPECT_EQ(frame(Flavour::json, text), std::string("\x81\x1d") + text);
  EXPECT_EQ(frame(Flavour::bin, text), std::string("\x82\x1e\x04") + text);
}

TEST(Delivery, SizesHoldAcrossTheHeaderBounds) {
  for (const std::size_t size : {1, 20, 40, 60, 100, 125, 126, 127, 65400, 65535, 65536, 70000}) {
    for (std::size_t more = 0; more < 3; ++more) {
      const std::string payload = '"' + std::string(size + more, 'x') + '"';
      Delivery delivery = kChat;
      delivery.payload = payload;
      const StateDelivery state{.room_escaped = "r", .payload = payload};
      for (const Flavour flavour : {Flavour::json, Flavour::bin}) {
        frame(flavour, delivery);
        frame(flavour, state);
        frame(flavour, std::string_view(payload));
      }
      EXPECT_EQ(json(delivery).substr(json(delivery).size() - payload.size() - 1), payload + '}');
    }
  }
}

TEST(Delivery, SizesHoldForNumbersOfEveryLength) {
  u64 power = 1;
  for (u32 digits = 1; digits <= 20; ++digits, power *= 10) {
    for (const u64 number : {power - 1, power, power + 1}) {
      Delivery delivery = kChat;
      delivery.seq = number;
      delivery.room_number = static_cast<u32>(number);
      delivery.timestamp_unix_ms = number;
      const StateDelivery state{
          .room_number = delivery.room_number, .tick = number, .payload = "{}"};
      for (const Flavour flavour : {Flavour::json, Flavour::bin}) {
        frame(flavour, delivery);
        frame(flavour, state);
      }
    }
  }
}

TEST(Delivery, JsonReadsBack) {
  std::mt19937_64 random(property_seed("Delivery.JsonReadsBack"));
  const std::string rooms[] = {"r", "a\\\"b", "\\\\", "\xf0\x9f\x8e\xb2", "x\\\",\\\"seq\\\":1"};
  for (int i = 0; i < 2000; ++i) {
    const std::string& room = rooms[random() % std::size(rooms)];
    const Delivery want{.type = random() % 2 == 0 ? MessageType::chat : MessageType::player_action,
                        .room_escaped = room,
                        .seq = random() >> (random() % 64),
                        .sender = random() % 4 == 0 ? 0 : random(),
                        .to = random() % 3 == 0 ? random() | 1 : 0,
                        .timestamp_unix_ms = random() >> (random() % 64),
                        .payload = random() % 2 == 0 ? R"({"payload":{"seq":1}})" : "\"}\""};
    const std::string text = json(want);
    Delivery got;
    ASSERT_TRUE(read_delivery_json(text, got)) << text;
    EXPECT_EQ(json(got), text);
    EXPECT_EQ(got.sender, want.sender);
    EXPECT_EQ(got.to, want.to);
    EXPECT_EQ(got.seq, want.to == 0 ? want.seq : 0);
    EXPECT_EQ(got.room_escaped, want.to == 0 ? want.room_escaped : "");
    EXPECT_EQ(got.timestamp_unix_ms, want.timestamp_unix_ms);
    EXPECT_EQ(got.payload, want.payload);
  }
}

TEST(Delivery, OtherTextsAreNotReadBack) {
  const std::string text = json(kChat);
  Delivery out;
  for (std::size_t cut = 0; cut + 1 < text.size(); ++cut) {
    // A cut inside the payload may end in one of its own braces; everything before cannot pass.
    if (cut > text.find("\"payload\":") + 10) break;
    EXPECT_FALSE(read_delivery_json(text.substr(0, cut), out)) << cut;
  }
  for (const char* other : {"", "{}", R"({"type":"system","op":"ack"})",
                            R"({"type":"game_state","room":"r","tick":1,"payload":{}})",
                            R"({"room":"r","type":"chat","seq":1})"}) {
    EXPECT_FALSE(read_delivery_json(other, out)) << other;
  }
}

TEST(JsonText, Escapes) {
  std::string out = "x";
  append_json_escaped(out, std::string_view("a\"b\\c\n\r\t\b\f\0\x1f\x7f\xc3\xa9/", 16));
  EXPECT_EQ(out, "xa\\\"b\\\\c\\n\\r\\t\\b\\f\\u0000\\u001f\x7f\xc3\xa9/");
  out.clear();
  append_number(out, 0);
  append_number(out, ~u64{0});
  EXPECT_EQ(out, "018446744073709551615");
}

}  // namespace
}  // namespace perseid
