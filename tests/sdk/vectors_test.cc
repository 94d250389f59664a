// The golden vectors (tests/vectors), as the SDK reads and writes them: every message of the binary
// flavour as a Client hands it on, every state frame as a room's entities, every update as it is
// set.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <sstream>

#include "codec/client_id.h"
#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/room_state.h"
#include "sdk/cpp/src/state_out.h"
#include "tests/sdk/clients.h"
#include "tests/sdk/fake_relay.h"
#include "tests/support/vector_json.h"

namespace perseid {
namespace {

using simdjson::dom::element;
using test::from_hex;
using test::number;
using test::text;

element load(simdjson::dom::parser& parser, const char* name) {
  return parser.load(std::string(PERSEID_SOURCE_DIR) + "/tests/vectors/" + name).value();
}

simdjson::dom::array rows(const element& object, const char* key) {
  simdjson::dom::array out;
  EXPECT_FALSE(object[key].get(out)) << key;
  return out;
}

// Of raw JSON, as it stands in the file: values that are JSON themselves must be the same bytes.
Entities entities_of(std::string_view state) {
  Entities out;
  for (JsonWalk entity(state); entity.next();) {
    Fields& fields = out[json_text("\"" + std::string(entity.key()) + "\"")];
    for (JsonWalk field(entity.value()); field.next();) {
      fields.emplace(field.key(), Value::from_json(field.value()));
    }
  }
  return out;
}

std::string file_text(const char* name) {
  std::stringstream text;
  text << std::ifstream(std::string(PERSEID_SOURCE_DIR) + "/tests/vectors/" + name).rdbuf();
  return text.str();
}

// A line of what a client made of a message, the same for both flavours.
std::string describe(const Message& message) {
  std::ostringstream out;
  out << (message.action ? "action " : "chat ") << message.room << " seq=" << message.seq
      << " sender=" << message.sender << " at=" << message.timestamp_ms
      << " private=" << message.is_private << " edited=" << message.edited
      << message.edited_timestamp_ms << " deleted=" << message.deleted;
  for (const Reaction& reaction : message.reactions) {
    out << ' ' << reaction.emoji << reaction.count << reaction.mine;
  }
  return out.str() + " " + std::string(message.payload);
}

std::string describe(const element& want) {
  Message message;
  const std::string sender = text(want, "sender");
  const std::string payload = simdjson::minify(want["payload"].value());
  message.action = text(want, "type") == "player_action";
  message.is_private = !text(want, "to").empty();
  message.room = message.is_private ? "" : "r";
  message.seq = number(want, "seq");
  message.sender = sender;
  message.timestamp_ms = number(want, "timestamp");
  message.edited = !want["edited"].error();
  message.deleted = !want["deleted"].error();
  message.edited_timestamp_ms = number(want, "edited_timestamp");
  message.payload = payload;
  simdjson::dom::array reactions;
  if (!want["reactions"].get(reactions)) {
    for (const element reaction : reactions) {
      message.reactions.push_back({text(reaction, "emoji"),
                                   static_cast<u32>(number(reaction, "count")),
                                   reaction["mine"].get_bool().value()});
    }
  }
  return describe(message);
}

// A client in the room `r` with this number, on a relay that says what the test wants.
struct Stage {
  Stage(Wire wire, u64 room_number) : relay(wire) {
    ClientConfig config{.url = "ws://fake", .wire = wire};
    config.transport = relay.factory();
    client = std::make_unique<Client>(config);
    relay.room_number = room_number;
    const auto note = [this](const Message& message) { heard.push_back(describe(message)); };
    client->on.direct = note;
    room = &client->join("r");
    room->on.chat = room->on.action = note;
    room->on.state = [this](const StateEvent& event) {
      heard.push_back("state " + std::to_string(event.tick) + (event.full ? " full" : ""));
    };
    EXPECT_TRUE(client->connect());
    EXPECT_TRUE(test::until({client.get()}, [this] { return room->joined(); }));
  }
  test::FakeRelay relay;
  std::unique_ptr<Client> client;
  Room* room = nullptr;
  std::vector<std::string> heard;
};

// The same message in the JSON flavour: it names the room instead of its number.
std::string json_message(const element& message) {
  std::string json = simdjson::minify(message);
  const std::string numbered = "\"room_number\":" + std::to_string(number(message, "room_number"));
  if (const std::size_t at = json.find(numbered); at != std::string::npos) {
    json.replace(at, numbered.size(), R"("room":"r")");
  }
  return json;
}

TEST(Vectors, EveryDeliveryOfTheRelayComesOutTheSameInBothFlavours) {
  simdjson::dom::parser parser;
  u32 checked = 0;
  for (const element row : rows(load(parser, "bin_v1.json"), "relay_to_client")) {
    SCOPED_TRACE(text(row, "name"));
    const element message = row["message"].value();
    const std::string type = text(message, "type");
    if (type == "system" || !message["coded"].error()) continue;  // by the tests beside this one
    for (const Wire wire : {Wire::binary, Wire::json}) {
      Stage stage(wire, number(message, "room_number"));
      stage.relay.say(wire == Wire::binary ? from_hex(text(row, "hex")) : json_message(message));
      ASSERT_TRUE(test::until({stage.client.get()}, [&] { return !stage.heard.empty(); }));
      const std::string full = message["full"].error() ? "" : " full";
      EXPECT_EQ(stage.heard[0], type == "game_state"
                                    ? "state " + std::to_string(number(message, "tick")) + full
                                    : describe(message));
    }
    ++checked;
  }
  EXPECT_GE(checked, 13u);
}

TEST(Vectors, EverySystemMessageInTheBinaryFlavourIsItsJson) {
  simdjson::dom::parser parser;
  for (const element row : rows(load(parser, "bin_v1.json"), "relay_to_client")) {
    const element message = row["message"].value();
    if (text(message, "type") != "system") continue;
    Stage stage(Wire::binary, 1);
    const u64 before = stage.client->stats().lanes[0].messages_in;
    stage.relay.say(from_hex(text(row, "hex")));
    ASSERT_TRUE(test::until({stage.client.get()},
                            [&] { return stage.client->stats().lanes[0].messages_in > before; }));
    EXPECT_EQ(stage.client->stats().malformed, 0u);
  }
}

// Streams with a distance are not sent over this wire: they are read by the decoder beneath.
TEST(Vectors, EveryStateStreamGivesTheEntitiesBehindEachFrame) {
  const std::string file = file_text("state_v1.json");
  u32 frames = 0;
  for (JsonWalk stream(json_member(file, "streams")); stream.next();) {
    SCOPED_TRACE(json_text(json_member(stream.value(), "name")));
    RoomState room;
    room.set_schema(json_member(stream.value(), "schema"));
    ASSERT_NE(room.schema(), nullptr);
    std::string problem;
    const auto schema = Schema::parse(json_member(stream.value(), "schema"), problem);
    const u64 distance = json_u64(json_member(stream.value(), "distance"));
    StateDecoder decoder(schema, {}, static_cast<u32>(distance));
    for (JsonWalk frame(json_member(stream.value(), "frames")); frame.next();) {
      SCOPED_TRACE("frame " + std::to_string(++frames));
      const std::string bytes = from_hex(json_text(json_member(frame.value(), "hex")));
      if (distance != 1) {
        ASSERT_EQ(decoder.decode(as_bytes(bytes)), StateDecoded::ok);
        EXPECT_EQ(decoder.table().checksum(), json_u64(json_member(frame.value(), "checksum")));
        continue;
      }
      const bool full = (bytes[0] & 1) != 0;
      ASSERT_TRUE(room.apply({.tick = frames, .full = full, .coded = true, .payload = bytes}));
      EXPECT_EQ(room.entities(), entities_of(json_member(frame.value(), "state")));
    }
  }
  EXPECT_GT(frames, 100u);
}

TEST(Vectors, EveryUpdateIsSetAsTheSameBytes) {
  const std::string file = file_text("state_v1.json");
  u32 updates = 0;
  for (JsonWalk row(json_member(file, "updates")); row.next(); ++updates) {
    SCOPED_TRACE(json_text(json_member(row.value(), "name")));
    std::string problem;
    const auto schema = Schema::parse(json_member(row.value(), "schema"), problem);
    StateOut out;
    const std::string_view update = json_member(row.value(), "update");
    for (const auto& [key, fields] : entities_of(json_member(update, "set"))) out.set(key, fields);
    for (JsonWalk key(json_member(update, "unset")); key.next();) out.unset(json_text(key.value()));
    const std::string want = from_hex(json_text(json_member(row.value(), "hex")));
    std::string bytes;
    if (out.empty()) {  // the one that says nothing: the SDK does not send it
      EXPECT_EQ(want, std::string(2, '\0'));
      continue;
    }
    EXPECT_TRUE(out.take(schema.get(), bytes));
    EXPECT_EQ(bytes, want);
  }
  EXPECT_EQ(updates, 5u);
}

}  // namespace
}  // namespace perseid
