// Properties of both readers under chance: valid requests come through whole, in both flavours
// alike; broken ones are told apart exactly as an independent parser tells them; nothing crashes.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

#include "codec/client_id.h"
#include "codec/json_document.h"
#include "codec/json_text.h"
#include "tests/codec/envelope_text.h"

namespace perseid {
namespace {

class Chance {
 public:
  explicit Chance(u64 seed) : random_(seed) {}
  u64 below(u64 bound) { return random_() % bound; }
  bool one_in(u64 n) { return below(n) == 0; }
  u64 number() { return random_() >> below(64); }

  // A name in UTF-8 without characters that are refused.
  std::string name() {
    constexpr const char* kPieces[] = {
        "a", "Z", "0", " ", "\"", "\\", "/", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8e\xb2",
        "{", "]"};
    std::string text;
    for (u64 i = 1 + below(8); i > 0; --i) text += kPieces[below(std::size(kPieces))];
    return text;
  }

  std::string space() { return one_in(3) ? std::string(below(3), " \t\n\r"[below(4)]) : ""; }

  std::string quoted(const std::string& text) {
    std::string out = "\"";
    append_json_escaped(out, text);
    return out + '"';
  }

  std::string json(u32 depth) {
    switch (below(depth == 0 ? 4 : 6)) {
      case 0:
        return std::to_string(static_cast<i64>(number()));
      case 1:
        return one_in(2) ? "-0.5e-3" : "1E5";
      case 2:
        return one_in(2) ? "null" : "true";
      case 3:
        return one_in(4) ? R"("\u00e9\ud83c\udfb2")" : quoted(name());
      case 4:
        return list('[', ']', [&] { return json(depth - 1); });
      default:
        return list('{', '}', [&] { return quoted(name()) + space() + ':' + json(depth - 1); });
    }
  }

  template <typename Make>
  std::string list(char open, char close, Make make) {
    std::string out(1, open);
    for (u64 i = below(4); i > 0; --i) out += space() + make() + space() + (i > 1 ? "," : "");
    return out + close;
  }

 private:
  std::mt19937_64 random_;
};

// One publish, as both flavours write it and as both must read it.
struct Publish {
  std::string json;
  BinaryRequest binary;
  std::string room, to, payload, id_text;
  std::string want;
};

void add_id(Chance& chance, Publish& out, std::vector<std::string>& fields) {
  if (chance.one_in(3)) return;
  std::string token;
  if (chance.one_in(2)) {
    out.id_text = std::string(chance.below(kBinaryIdTextBytesMax + 1), 'i');
    out.binary.id_kind = BinaryId::text;
    token = '"' + out.id_text + '"';
  } else {
    out.binary.id_number = chance.number() >> 1;
    const i64 value = static_cast<i64>(out.binary.id_number);
    out.binary.id_kind = chance.one_in(2) ? BinaryId::number : BinaryId::negative;
    token = std::to_string(out.binary.id_kind == BinaryId::number ? value : -1 - value);
  }
  fields.push_back("\"id\":" + token);
  out.want += " id=" + token;
}

void make_publish(Chance& chance, Publish& out) {
  std::vector<std::string> fields;
  const bool action = chance.one_in(2);
  fields.push_back(action ? R"("type":"player_action")" : R"("type" : "chat")");
  out.want = action ? "player_action" : "chat";
  out.binary.kind = action ? BinaryKind::player_action : BinaryKind::chat;
  if (chance.one_in(3)) {
    out.binary.target = BinaryTarget::client;
    out.binary.to = chance.number() | 1;
    out.to.resize(kClientIdBytes);
    write_client_id(out.binary.to, out.to.data());
    fields.push_back("\"to\":\"" + out.to + '"');
    out.want += " to=" + out.to;
  } else {
    out.room = chance.name();
    out.binary.target = BinaryTarget::room_name;
    fields.push_back("\"room\":" + chance.quoted(out.room));
    out.want += " room=" + out.room;
  }
  out.payload = chance.json(5);
  fields.push_back("\"payload\":" + chance.space() + out.payload + chance.space());
  out.want += " payload=" + out.payload;
  add_id(chance, out, fields);
  if (chance.one_in(3))
    fields.push_back("\"x" + std::to_string(chance.below(9)) + "\":" + chance.json(3));
  for (std::size_t i = fields.size(); i > 1; --i) std::swap(fields[i - 1], fields[chance.below(i)]);
  for (const std::string& field : fields) {
    out.json += (out.json.empty() ? "{" : ",") + chance.space() + field + chance.space();
  }
  out.json += '}';
  out.binary.room = out.room;
  out.binary.id_text = out.id_text;
  out.binary.json = out.payload;
}

TEST(EnvelopeProperty, ValidPublishesComeThroughBothFlavours) {
  Chance chance(property_seed("EnvelopeProperty.Valid"));
  EnvelopeReader json_reader{EnvelopeLimits{}};
  BinaryReader binary_reader{EnvelopeLimits{}};
  for (int i = 0; i < 3000; ++i) {
    std::string array, bytes, want;
    for (u64 n = 1 + chance.below(3); n > 0; --n) {
      Publish publish;
      make_publish(chance, publish);
      EXPECT_EQ(read_all(json_reader, publish.json), publish.want);
      array += (array.empty() ? "[" : ",") + publish.json;
      append_binary_request(bytes, publish.binary);
      want += (want.empty() ? "" : " | ") + publish.want;
    }
    ASSERT_EQ(read_all(json_reader, array + "]"), want);
    ASSERT_EQ(read_all(binary_reader, bytes), want);
  }
}

void mutate(Chance& chance, std::string& text) {
  constexpr std::string_view kBytes = "{}[]\",:\\ue1-.0tfn \n\x01\x7f\x80\xff";
  for (u64 n = 1 + chance.below(3); n > 0 && !text.empty(); --n) {
    const std::size_t at = chance.below(text.size());
    switch (chance.below(4)) {
      case 0:
        text[at] = kBytes[chance.below(kBytes.size())];
        break;
      case 1:
        text.erase(at, 1 + chance.below(4));
        break;
      case 2:
        text.insert(at, 1, kBytes[chance.below(kBytes.size())]);
        break;
      default:
        text.insert(at, text.substr(chance.below(text.size()), chance.below(12)));
    }
  }
}

// simdjson's DOM parser is the judge of what is JSON. We differ knowingly: it refuses whole numbers
// beyond 64 bits, and lets us be asked for less depth.
TEST(EnvelopeProperty, MutationsAreJudgedAsByAnIndependentParser) {
  Chance chance(property_seed("EnvelopeProperty.Mutations"));
  simdjson::dom::parser judge;
  JsonDocument document;
  int valid = 0;
  for (int i = 0; i < 20000; ++i) {
    Publish publish;
    make_publish(chance, publish);
    mutate(chance, publish.json);
    PaddedText text(publish.json);
    const auto verdict = judge.parse(publish.json).error();
    const Error error = document.open(as_text(text.bytes()));
    if (error == Error::too_deep || verdict == simdjson::NUMBER_ERROR) continue;
    ASSERT_EQ(error == Error::ok, verdict == simdjson::SUCCESS) << publish.json << "\n"
                                                                << simdjson::error_message(verdict);
    valid += error == Error::ok ? 1 : 0;
  }
  EXPECT_GT(valid, 1000);
  EXPECT_LT(valid, 19000);
}

template <typename Reader>
void expect_sound(Reader& reader, const std::string& bytes) {
  PaddedText message(bytes);
  if (reader.begin(message.bytes()).error != Error::ok) return;
  Request request;
  Problem problem;
  for (u32 count = 0; reader.next(request, problem); ++count) {
    ASSERT_LE(count, EnvelopeLimits{}.messages_per_frame_max);
    if (problem.error != Error::ok) continue;
    // What is accepted is relayed to others: it must be JSON by itself.
    PaddedText payload(request.payload);
    JsonDocument document;
    EXPECT_TRUE(request.coded || request.payload.empty() ||
                document.open(as_text(payload.bytes())) == Error::ok);
  }
  EXPECT_FALSE(reader.next(request, problem));
}

TEST(EnvelopeProperty, MutationsNeverCrashAReader) {
  Chance chance(property_seed("EnvelopeProperty.NeverCrash"));
  EnvelopeReader json_reader{EnvelopeLimits{}};
  BinaryReader binary_reader{EnvelopeLimits{}};
  for (int i = 0; i < 10000; ++i) {
    Publish publish;
    make_publish(chance, publish);
    std::string bytes;
    append_binary_request(bytes, publish.binary);
    append_binary_request(bytes, publish.binary);
    mutate(chance, bytes);
    mutate(chance, publish.json);
    expect_sound(binary_reader, bytes);
    expect_sound(json_reader, publish.json);
    BinaryMessage message;
    static_cast<void>(read_delivery_binary(as_bytes(bytes), message));
    Delivery delivery;
    static_cast<void>(read_delivery_json(publish.json, delivery));
  }
}

}  // namespace
}  // namespace perseid
