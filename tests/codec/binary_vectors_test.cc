// perseid.bin.v1 against its golden bytes (tests/vectors/bin_v1.json, shared with the SDKs; they
// were computed by another program than ours).
#include <gtest/gtest.h>
#include <simdjson.h>

#include "codec/binary.h"
#include "codec/client_id.h"
#include "tests/codec/envelope_text.h"
#include "tests/support/vector_json.h"

namespace perseid {
namespace {

using simdjson::dom::element;
using test::from_hex;
using test::number;
using test::text;

bool flag(const element& object, const char* key) {
  bool value = false;
  return !object[key].get(value) && value;
}

u64 client(const element& object, const char* key) {
  u64 uid = 0;
  EXPECT_TRUE(text(object, key) == "relay" || read_client_id(text(object, key), uid));
  return uid;
}

std::string minified(const element& object, const char* key) {
  element value;
  return object[key].get(value) ? std::string() : simdjson::minify(value);
}

class BinaryVectors : public testing::Test {
 protected:
  template <typename Check>
  void for_each(const char* section, Check check) {
    element document;
    ASSERT_FALSE(
        parser_.load(std::string(PERSEID_SOURCE_DIR) + "/tests/vectors/bin_v1.json").get(document));
    simdjson::dom::array rows;
    ASSERT_FALSE(document[section].get(rows));
    ASSERT_GT(rows.size(), 0u);
    for (const element row : rows) {
      SCOPED_TRACE(text(row, "name"));
      check(row, from_hex(text(row, "hex")));
    }
  }
  simdjson::dom::parser parser_;
};

void set_id(const element& message, BinaryRequest& out) {
  element id;
  if (message["id"].get(id)) return;
  i64 value = 0;
  if (id.get(value)) {
    out.id_kind = BinaryId::text;
    out.id_text = id.get_string().value();
    return;
  }
  out.id_kind = value < 0 ? BinaryId::negative : BinaryId::number;
  out.id_number = static_cast<u64>(value < 0 ? -1 - value : value);
}

// Our own writer makes the golden bytes, and our reader makes of them what the JSON flavour would.
TEST_F(BinaryVectors, ClientToRelay) {
  for_each("client_to_relay", [](const element& row, const std::string& bytes) {
    const element message = row["message"].value();
    const std::string type = text(message, "type");
    const std::string room = text(message, "room");
    const std::string coded = from_hex(text(message, "coded"));
    const std::string payload = coded.empty() ? minified(message, "payload") : coded;
    if (type == "system") {
      EXPECT_EQ(read_binary(bytes), read_json(simdjson::minify(message)));
      return;
    }
    BinaryRequest request{.room_number = static_cast<u32>(number(message, "room_number"))};
    request.kind = type == "chat"            ? BinaryKind::chat
                   : type == "player_action" ? BinaryKind::player_action
                   : coded.empty()           ? BinaryKind::game_state
                                             : BinaryKind::coded_state;
    request.room = room;
    request.json = payload;
    if (!room.empty()) request.target = BinaryTarget::room_name;
    const std::string to = text(message, "to");
    if (!to.empty()) {
      request.target = BinaryTarget::client;
      if (to.starts_with(kNamedRecipient)) {
        request.target = BinaryTarget::user_name;
        request.to_name = std::string_view(to).substr(1);
      } else {
        request.to = client(message, "to");
      }
    }
    set_id(message, request);
    std::string written;
    append_binary_request(written, request);
    EXPECT_EQ(written, bytes);

    std::string want = type;
    if (!room.empty()) want += " room=" + room;
    if (request.room_number != 0) want += " room_number=" + std::to_string(request.room_number);
    if (!to.empty()) want += " to=" + to;
    want += coded.empty() ? " payload=" + payload : " coded=" + text(message, "coded");
    if (request.id_kind != BinaryId::none) want += " id=" + minified(message, "id");
    EXPECT_EQ(read_binary(bytes), want);
  });
}

TEST_F(BinaryVectors, ClientToRelayRefused) {
  for_each("client_to_relay_refused", [](const element& row, const std::string& bytes) {
    std::string got = read_binary(bytes);
    if (got.starts_with("frame: ")) got.erase(0, 7);
    EXPECT_EQ(got, text(row, "error"));
  });
}

template <typename Message>
std::string written(const Message& message) {
  std::string frame;
  if constexpr (std::is_same_v<Message, Delivery>) {
    frame.resize(delivery_bytes(Flavour::bin, message));
    write_delivery(Flavour::bin, message, reinterpret_cast<u8*>(frame.data()));
  } else {
    frame.resize(state_bytes(Flavour::bin, message));
    write_state(Flavour::bin, message, reinterpret_cast<u8*>(frame.data()));
  }
  return frame.substr(2);  // the vectors are short
}

StateCell cell(const element& message) {
  simdjson::dom::array at;
  if (message["cell"].get(at)) return {};
  return {.present = true,
          .x = static_cast<std::int32_t>(i64{at.at(0)}),
          .y = static_cast<std::int32_t>(i64{at.at(1)}),
          .level = static_cast<u8>(number(message, "level"))};
}

// The JSON flavour says the same, but names the room.
void check_in_json(const element& message, const StateDelivery& state) {
  StateDelivery named = state;
  named.room_escaped = "r";
  std::string frame(state_bytes(Flavour::json, named), '\0');
  write_state(Flavour::json, named, reinterpret_cast<u8*>(frame.data()));
  std::string json(delivery_json(as_bytes(frame)));
  const std::string room = R"("room":"r")";
  json.replace(json.find(room), room.size(),
               "\"room_number\":" + std::to_string(state.room_number));
  EXPECT_EQ(json, simdjson::minify(message));
}

void check_state(const element& message, const std::string& bytes, const StateDelivery& read) {
  const std::string coded = from_hex(text(message, "coded"));
  const std::string payload = coded.empty() ? minified(message, "payload") : coded;
  const StateDelivery want{.room_number = static_cast<u32>(number(message, "room_number")),
                           .tick = number(message, "tick"),
                           .full = flag(message, "full"),
                           .coded = !coded.empty(),
                           .cell = cell(message),
                           .payload = payload};
  EXPECT_EQ(written(want), bytes);
  EXPECT_EQ(written(read), bytes);
  EXPECT_EQ(read.tick, want.tick);
  EXPECT_EQ(read.full, want.full);
  EXPECT_EQ(read.coded, want.coded);
  EXPECT_EQ(read.cell, want.cell);
  EXPECT_EQ(read.payload, payload);
  if (!want.coded) check_in_json(message, read);
}

// What has become of a message: what stands between timestamp and payload in the JSON flavour.
std::string marks(const element& message) {
  const std::string json = simdjson::minify(message);
  const std::size_t begin = json.find(',', json.find(R"("timestamp":)")) + 1;
  const std::size_t end = json.find(R"("payload":)");
  return begin < end ? json.substr(begin, end - 1 - begin) : std::string();
}

void check_delivery(const element& message, const std::string& bytes, const Delivery& read) {
  const std::string marked = marks(message);
  const std::string payload = minified(message, "payload");
  const Delivery want{
      .type = text(message, "type") == "chat" ? MessageType::chat : MessageType::player_action,
      .room_number = static_cast<u32>(number(message, "room_number")),
      .seq = number(message, "seq"),
      .sender = client(message, "sender"),
      .to = text(message, "to").empty() ? 0 : client(message, "to"),
      .timestamp_unix_ms = number(message, "timestamp"),
      .marks = marked,
      .payload = payload};
  EXPECT_EQ(written(want), bytes);
  EXPECT_EQ(written(read), bytes);
  EXPECT_EQ(read.sender, want.sender);
  EXPECT_EQ(read.payload, payload);
  EXPECT_EQ(read.marks, marked);
}

TEST_F(BinaryVectors, RelayToClient) {
  for_each("relay_to_client", [](const element& row, const std::string& bytes) {
    const element message = row["message"].value();
    BinaryMessage read;
    ASSERT_TRUE(read_delivery_binary(as_bytes(bytes), read));
    if (read.kind == BinaryKind::system) {
      EXPECT_EQ(read.system, simdjson::minify(message));
    } else if (read.kind == BinaryKind::game_state || read.kind == BinaryKind::coded_state) {
      check_state(message, bytes, read.state);
    } else {
      check_delivery(message, bytes, read.delivery);
    }
  });
}

}  // namespace
}  // namespace perseid
