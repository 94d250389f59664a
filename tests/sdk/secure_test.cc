// End-to-end encryption, each piece alone: the cipher, its replay window, payloads, and the vectors
// that this SDK and sdk/js have sealed for each other (tests/vectors/e2e_*.json;
// PERSEID_REGENERATE=1 makes this SDK's own anew).
#include <gtest/gtest.h>
#include <perseid/secure.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/replay_window.h"
#include "sdk/cpp/src/room_cipher.h"
#include "sdk/cpp/src/sealed_payload.h"
#include "sdk/cpp/src/sealed_text.h"

namespace perseid {
namespace {

RoomKey counted_key(u8 from) {
  RoomKey out;
  for (u8& byte : out) byte = from++;
  return out;
}

std::shared_ptr<RoomCipher> cipher_of(std::map<std::string, RoomKey, std::less<>> keys = {},
                                      std::string current = "k1") {
  if (keys.empty()) keys = {{"k1", counted_key(0)}};
  return RoomCipher::make({.keys = std::move(keys), .current = std::move(current)});
}

SealFault opened(RoomCipher& cipher, std::string_view sealed, std::string_view context = "c",
                 bool live = true) {
  std::string plain;
  const SealFault fault = cipher.open(sealed, context, live, plain);
  EXPECT_EQ(plain.empty(), fault != SealFault::none);
  return fault;
}

TEST(ReplayWindows, TakeEachNumberOnceAndAreBounded) {
  ReplayWindow window(4);
  const u64 numbers[] = {0, 2, 1, 2, 6, 3, 2, 5, 5, 100, 6, 97, 96, 97};
  std::string got;
  for (const u64 number : numbers) got += window.take(number) ? '1' : '0';
  EXPECT_EQ(got, "11101101010100");  // as sdk/js/test/secure.test.ts has it
}

TEST(SealedTexts, AreReadOrRefused) {
  const std::string salt(22, 'A');
  const std::string body(24, 'A');
  struct Row {
    std::string text;
    bool good;
  };
  const Row rows[] = {{"1.k." + salt + ".z." + body, true},
                      {"1.a-b_C9." + salt + ".10." + body, true},
                      {"2.k." + salt + ".0." + body, false},
                      {"1.." + salt + ".0." + body, false},
                      {"1.k!." + salt + ".0." + body, false},
                      {"1.k." + salt + "A.0." + body, false},
                      {"1.k." + salt + ".." + body, false},
                      {"1.k." + salt + ".A." + body, false},
                      {"1.k." + salt + ".-1." + body, false},
                      {"1.k." + salt + ".12345678901." + body, false},
                      {"1.k." + salt + ".0." + body + "=", false},
                      {"1.k." + salt + ".0.", false},
                      {"1.k." + salt + ".0." + body + "A", false},
                      {"1.k." + salt + ".0", false},
                      {"1.k." + salt + ".0." + body + ".", false},
                      {"1.k." + salt + ".0.AAAAAAAAAAAAAAAAAAAA", false},
                      {"1.k.AAAAAAAAAAAAAAAAAAAAAB.0." + body, false},  // bits that no encoder sets
                      {"", false},
                      {"1", false},
                      {"1." + std::string(33, 'k') + "." + salt + ".0." + body, false}};
  for (const Row& row : rows) {
    SealedText out;
    EXPECT_EQ(read_sealed_text(row.text, out), row.good) << row.text;
  }
  for (std::size_t bytes = 0; bytes < 7; ++bytes) {
    const std::string sealed = cipher_of()->seal(std::string(bytes, 'x'), "c");
    EXPECT_LE(sealed.size(), sealed_bytes_max(bytes)) << sealed;
  }
}

TEST(RoomCiphers, OpenWhatWasSealedForTheContextOnceAndInNoOther) {
  const auto ana = cipher_of();
  const auto ben = cipher_of();
  std::string plain;
  const std::string sealed = ana->seal("hi", "lobby chat ana");
  EXPECT_EQ(ben->open(sealed, "lobby chat ana", true, plain), SealFault::none);
  EXPECT_EQ(plain, "hi");
  EXPECT_EQ(opened(*ben, sealed, "lobby chat ana"), SealFault::replayed);
  EXPECT_EQ(opened(*ben, sealed, "lobby chat ana", false), SealFault::none);  // a history may
  EXPECT_EQ(opened(*cipher_of(), sealed, "lobby chat eve"), SealFault::not_authentic);
  const std::string again = ana->seal("hi", "lobby chat ana");
  EXPECT_NE(sealed, again);
  EXPECT_EQ(opened(*ben, again, "lobby chat ana"), SealFault::none);
  const std::string nothing = ana->seal("", "c");
  EXPECT_EQ(ben->open(nothing, "c", true, plain), SealFault::none);
  EXPECT_EQ(plain, "");
}

TEST(RoomCiphers, EveryLetterOfASealedTextCounts) {
  const std::string sealed = cipher_of()->seal("the code is 4711", "c");
  const auto reader = cipher_of();
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string bent = sealed;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(opened(*reader, bent), SealFault::none) << bent;
    EXPECT_NE(opened(*reader, sealed.substr(0, i)), SealFault::none) << i;
  }
  EXPECT_EQ(opened(*reader, sealed), SealFault::none);  // none of these used up its number
}

TEST(RoomCiphers, AnotherKeyAndAnUnknownKeyIdAreToldApart) {
  const std::string sealed = cipher_of()->seal("hi", "c");
  EXPECT_EQ(opened(*cipher_of({{"k1", counted_key(9)}}), sealed), SealFault::not_authentic);
  EXPECT_EQ(opened(*cipher_of({{"k2", counted_key(0)}}, "k2"), sealed), SealFault::unknown_key);
}

TEST(RoomCiphers, AKeyMayBeChanged) {
  const auto both = cipher_of({{"k1", counted_key(0)}, {"k2", new_room_key()}}, "k2");
  EXPECT_EQ(opened(*both, cipher_of()->seal("old", "c")), SealFault::none);
  EXPECT_EQ(opened(*cipher_of(), both->seal("new", "c")), SealFault::unknown_key);
}

TEST(RoomCiphers, AreNotMadeOfBadKeys) {
  EXPECT_EQ(cipher_of({{"k1", counted_key(0)}}, "k2"), nullptr);
  EXPECT_EQ(cipher_of({{"k 1", counted_key(0)}}, "k 1"), nullptr);
  EXPECT_EQ(cipher_of({{"", counted_key(0)}}, ""), nullptr);
  EXPECT_NE(new_room_key(), new_room_key());
}

TEST(RoomCiphers, OnlyWhoIsAuthenticTakesAPlaceAmongTheSenders) {
  const RoomKey key = counted_key(0);
  const auto reader = RoomCipher::make({.keys = {{"k1", key}}, .current = "k1", .senders_max = 2});
  const auto foreign = cipher_of({{"k1", counted_key(9)}});
  for (int i = 0; i < 5; ++i) opened(*reader, foreign->seal("x", "c"));
  const auto ana = cipher_of();
  EXPECT_EQ(opened(*reader, ana->seal("x", "c")), SealFault::none);
  EXPECT_EQ(opened(*reader, cipher_of()->seal("x", "c")), SealFault::none);
  EXPECT_EQ(opened(*reader, cipher_of()->seal("x", "c")), SealFault::too_many_senders);
  EXPECT_EQ(opened(*reader, cipher_of()->seal("x", "c"), "c", false), SealFault::none);
  EXPECT_EQ(opened(*reader, ana->seal("x", "c")), SealFault::none);
}

struct PayloadCase {
  bool action;
  const char* plain;
  const char* wire;  // "E": an e2e object, "T": an edit with a sealed text, else as it is
};
const PayloadCase kPayloads[] = {
    {false, R"({"text":"hi"})", "E"},
    {true, R"({"fire":[1,2.50]})", "E"},
    {false, "[1]", "E"},
    {false, R"({"edit":{"seq":7,"text":"a \"b\" \u00e4"}})", "T"},
    {false, R"({"react":{"seq":7,"emoji":"+"}})", ""},
    {false, R"({"delete":{"seq":7}})", ""},
    {false, R"({"typing":true})", ""},
    // What the relay need not read is sealed, whatever it is called.
    {false, R"({"typing":true,"text":"secret"})", "E"},
    {false, R"({"edit":{"seq":7,"text":"x"},"why":"secret"})", "E"},
    {true, R"({"typing":true})", "E"},
    {true, R"({"delete":"secret"})", "E"},
    {true, R"({"edit":{"seq":1,"text":"secret"}})", "E"},
};

TEST(SealedPayloads, HideAllButWhatTheRelayApplies) {
  const auto cipher = cipher_of();
  const auto reader = cipher_of();
  for (const PayloadCase& row : kPayloads) {
    const SealContext context{"room \"1\"", row.action, "c1"};
    const std::string wire = sealed_payload(*cipher, context, row.plain);
    const bool sealed = row.wire[0] != '\0';
    EXPECT_EQ(wire.find("secret"), std::string::npos) << wire;
    EXPECT_EQ(wire.starts_with(R"({"e2e":"1.k1.)"), row.wire[0] == 'E') << wire;
    EXPECT_EQ(wire.starts_with(R"({"edit":{"seq":7,"text":"1.k1.)"), row.wire[0] == 'T') << wire;
    EXPECT_EQ(wire == row.plain, !sealed) << wire;
    EXPECT_LE(wire.size(), sealed_payload_bytes_max(std::string_view(row.plain).size()));
    Message message;
    message.room = context.room;
    message.action = row.action;
    message.sender = context.sender;
    message.payload = wire;
    std::string plain;
    EXPECT_EQ(opened_payload(*reader, message, true, plain), SealFault::none) << row.plain;
    const std::string want =
        row.wire[0] == 'T' ? "{\"edit\":{\"seq\":7,\"text\":\"a \\\"b\\\" ä\"}}" : row.plain;
    EXPECT_EQ(sealed ? plain : wire, want);
  }
}

TEST(SealedPayloads, PlainTextIsRefused) {
  struct Row {
    bool action;
    const char* payload;
  };
  const Row rows[] = {{false, R"({"text":"trust me"})"},
                      {false, "1"},
                      {false, R"({"typing":true,"text":"trust me"})"},
                      {false, R"({"edit":{"seq":1,"text":"trust me"}})"},
                      {true, R"({"typing":true})"},
                      {true, R"({"delete":{"seq":1}})"},
                      {false, R"({"e2e":1})"}};
  for (const Row& row : rows) {
    Message message;
    message.room = "r";
    message.action = row.action;
    message.sender = "c1";
    message.payload = row.payload;
    std::string plain;
    EXPECT_EQ(opened_payload(*cipher_of(), message, true, plain), SealFault::not_sealed)
        << row.payload;
  }
}

// --- Vectors -----------------------------------------------------------------------------------

struct Vector {
  std::string room = {}, sender = {}, payload = {}, wire = {};
  bool action = false;
  bool edited = false;  // as a history has it
};

std::string path_of(const char* name) {
  return std::string(PERSEID_SOURCE_DIR) + "/tests/vectors/" + name;
}

std::string read_file(const char* name) {
  std::stringstream text;
  text << std::ifstream(path_of(name)).rdbuf();
  return text.str();
}

std::vector<Vector> read_vectors(const std::string& json, const char* list = "messages") {
  std::vector<Vector> out;
  for (JsonWalk walk(json_member(json, list)); walk.next();) {
    const auto get = [&](std::string_view key) {
      return json_text(json_member(walk.value(), key));
    };
    out.push_back({.room = get("room"),
                   .sender = get("sender"),
                   .payload = get("payload"),
                   .wire = get("wire"),
                   .action = get("lane") == "player_action",
                   .edited = json_true(json_member(walk.value(), "edited"))});
  }
  return out;
}

const Vector kSaid[] = {
    {"lobby", "c0200008000003", R"({"text":"hi"})", "", false},
    {"lobby", "c0200008000003", R"({"text":"grüße, \"日本\" 🎲 \\ / \u2028"})", "", false},
    {"a \"room\" \\ ä\t\x01\x7f", "c0200008000004", R"({"fire":[1,-2.5e3,null,true]})", "", true},
    {"lobby", "c0200008000003", "[]", "", true},
    {"lobby", "c0200008000003", "7", "", false},
    {"lobby", "c0200008000003", R"({"edit":{"seq":4,"text":"bye \"all\" 🎲"}})", "", false},
    {"lobby", "c0200008000003", R"({"react":{"seq":4,"emoji":"🎲"}})", "", false},
    {"lobby", "c0200008000003", R"({"delete":{"seq":4}})", "", false},
    {"lobby", "c0200008000003", R"({"typing":true})", "", false},
};

void write_vectors() {
  const auto cipher = cipher_of();
  std::string out = "{\n  \"key_id\": \"k1\",\n  \"messages\": [";
  const auto add = [&](const Vector& row, std::string_view wire) {
    std::string object = "{";
    const auto member = [&object](std::string_view key, std::string_view text) {
      append_json_key(object, key);
      append_json_string(object, text);
    };
    member("room", row.room);
    member("lane", row.action ? "player_action" : "chat");
    member("sender", row.sender);
    member("payload", row.payload);
    member("wire", wire);
    if (row.edited) object += R"(,"edited":true)";
    out += (out.ends_with('[') ? "\n    " : ",\n    ") + object + "}";
  };
  for (const Vector& row : kSaid) {
    add(row, sealed_payload(*cipher, {row.room, row.action, row.sender}, row.payload));
  }
  const SealContext context{"lobby", false, "c0200008000003"};
  std::string wire = sealed_payload(*cipher, context, R"({"text":"4711","big":true})");
  std::string edit = sealed_payload(*cipher, context, R"({"edit":{"seq":1,"text":"4712"}})");
  wire.back() = ',';
  wire += R"("text":)" + std::string(json_member(json_member(edit, "edit"), "text")) + "}";
  add({.room = "lobby",
       .sender = "c0200008000003",
       .payload = R"({"text":"4712","big":true})",
       .edited = true},
      wire);
  std::ofstream(path_of("e2e_cpp_v1.json")) << out << "\n  ]\n}\n";
}

TEST(SealedVectors, OfBothSdksAreOpened) {
  if (std::getenv("PERSEID_REGENERATE") != nullptr) write_vectors();
  for (const char* name : {"e2e_cpp_v1.json", "e2e_js_v1.json"}) {
    const auto cipher = cipher_of();
    const auto vectors = read_vectors(read_file(name));
    EXPECT_GE(vectors.size(), std::size(kSaid)) << name;
    for (const Vector& row : vectors) {
      Message message;
      message.room = row.room;
      message.action = row.action;
      message.sender = row.sender;
      message.payload = row.wire;
      message.edited = row.edited;
      std::string plain;
      EXPECT_EQ(opened_payload(*cipher, message, !row.edited, plain), SealFault::none) << row.wire;
      EXPECT_EQ(plain.empty() ? row.wire : plain, row.payload) << name;
      if (plain.empty()) continue;
      EXPECT_NE(row.wire, row.payload);
      if (!row.edited) {
        EXPECT_EQ(opened_payload(*cipher, message, true, plain), SealFault::replayed) << row.wire;
      }
      message.sender = "c0200008000009";
      EXPECT_EQ(opened_payload(*cipher, message, false, plain), SealFault::not_authentic);
      message.sender = row.sender;
      message.action = !row.action;
      EXPECT_NE(opened_payload(*cipher, message, false, plain), SealFault::none);
    }
  }
}

// The golden bytes: what sdk/js seals with a fixed key and salt, and what must not be opened.
template <std::size_t bytes>
std::array<u8, bytes> read_hex(std::string_view raw) {
  const std::string text = json_text(raw);
  std::array<u8, bytes> out{};
  EXPECT_EQ(text.size(), 2 * bytes);
  for (std::size_t i = 0; i < bytes && 2 * i < text.size(); ++i) {
    out[i] = static_cast<u8>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
  }
  return out;
}

TEST(SealedVectors, TheGoldenBytesAreMadeAndOpened) {
  const std::string json = read_file("e2e_v1.json");
  RoomCipherConfig config{.current = json_text(json_member(json, "current"))};
  for (JsonWalk walk(json_member(json, "keys")); walk.next();) {
    config.keys[std::string(walk.key())] = read_hex<32>(walk.value());
  }
  const auto sealing = make_room_cipher(config, read_hex<kSaltBytes>(json_member(json, "salt")));
  const auto reader = RoomCipher::make(config);
  ASSERT_NE(sealing, nullptr);
  const auto opened = [&reader](const Vector& row, std::string& plain) {
    Message message;
    message.room = row.room;
    message.action = row.action;
    message.sender = row.sender;
    message.payload = row.wire;
    return opened_payload(*reader, message, true, plain);
  };
  const auto messages = read_vectors(json);
  EXPECT_GT(messages.size(), 10u);
  for (const Vector& row : read_vectors(json, "refused")) {
    std::string plain;
    EXPECT_NE(opened(row, plain), SealFault::none) << row.wire;
  }
  for (const Vector& row : messages) {
    EXPECT_EQ(sealed_payload(*sealing, {row.room, row.action, row.sender}, row.payload), row.wire);
    std::string plain;
    EXPECT_EQ(opened(row, plain), SealFault::none) << row.wire;
    EXPECT_EQ(plain.empty() ? row.wire : plain, row.payload);
  }
}

}  // namespace
}  // namespace perseid
