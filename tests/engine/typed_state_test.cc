// A room's state with a schema: JSON readers and readers of coded frames, whenever they came, hold
// the same table after every tick, and it is what was set, quantised.
#include "engine/typed_state.h"

#include <gtest/gtest.h>

#include "codec/state_decoder.h"
#include "tests/engine/random.h"
#include "tests/engine/table.h"

namespace perseid::test {
namespace {

constexpr std::string_view kSchema =
    R"({"x":{"type":"float","min":-10,"max":10,"resolution":0.1},)"
    R"("hp":{"type":"int","min":0,"max":100,"out_of_range":"refuse"},"up":"bool",)"
    R"("act":{"type":"enum","values":["idle","run"]},"tag":{"type":"string","max_bytes":8}})";

std::shared_ptr<const Schema> schema() {
  std::string problem;
  auto made = Schema::parse(kSchema, problem);
  EXPECT_NE(made, nullptr) << problem;
  return made;
}

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

struct State {
  Options options;
  std::shared_ptr<const Schema> fields = schema();
  TypedState state{options, KeyedHash{}, fields, 65536};
  StateReaders reader;
  std::string_view field;

  Error merge(std::string json) {
    const std::size_t size = json.size();
    json.append(kParsePaddingBytes, ' ');
    return state.merge({std::string_view(json).substr(0, size)}, reader, field);
  }
  std::string delta() {
    StateDelta out{.wants_json = true, .json = {}, .bin = {}};
    return state.take_delta(out) ? out.json : "";
  }
};

Error merge_into(TypedState& state, State& s, std::string_view json) {
  std::string padded(json);
  padded.append(kParsePaddingBytes, ' ');
  return state.merge({std::string_view(padded).substr(0, json.size())}, s.reader, s.field);
}

TEST(TypedState, ValuesAreQuantisedAndNoiseChangesNothing) {
  State s;
  EXPECT_EQ(s.merge(R"({"set":{"a":{"x":1.2345,"hp":7,"up":true,"act":"run","tag":"hi"}}})"),
            Error::ok);
  EXPECT_EQ(s.delta(), R"({"set":{"a":{"x":1.2,"hp":7,"up":true,"act":"run","tag":"hi"}}})");
  EXPECT_EQ(s.merge(R"({"set":{"a":{"x":1.2099}}})"), Error::ok);
  EXPECT_EQ(s.delta(), "");
  EXPECT_EQ(s.merge(R"({"set":{"a":{"x":99,"up":null}}})"), Error::ok);
  EXPECT_EQ(s.delta(), R"({"set":{"a":{"x":10,"up":null}}})");
  EXPECT_EQ(s.merge(R"({"unset":["a"]})"), Error::ok);
  EXPECT_EQ(s.delta(), R"({"set":{},"unset":["a"]})");
}

TEST(TypedState, AnUpdateThatTheSchemaForbidsChangesNothing) {
  struct {
    std::string_view update;
    Error error;
  } const kRows[] = {
      {R"({"set":{"b":{"x":1},"a":{"hp":101}}})", Error::bad_value},
      {R"({"set":{"b":{"x":1},"a":{"hp":"7"}}})", Error::wrong_type},
      {R"({"set":{"b":{"x":1},"a":{"speed":1}}})", Error::unknown_field},
      {R"({"set":{"b":{"x":1},"a":{"act":"fly"}}})", Error::bad_value},
      {R"({"set":{"b":{"x":1},"a":{"tag":"123456789"}}})", Error::bad_value},
      {R"({"set":{"b":{"x":1}},"unset":7})", Error::wrong_type},
  };
  for (const auto& row : kRows) {
    State s;
    EXPECT_EQ(s.merge(std::string(row.update)), row.error) << row.update;
    EXPECT_FALSE(s.state.dirty()) << row.update;
    EXPECT_EQ(s.delta(), "") << row.update;
  }
}

TEST(TypedState, LimitsHoldAndARefusalLeavesNothing) {
  State s;
  TypedState small(s.options, KeyedHash{}, s.fields, 2);
  const auto merge = [&](std::string json) {
    const std::size_t size = json.size();
    json.append(kParsePaddingBytes, ' ');
    return small.merge({std::string_view(json).substr(0, size)}, s.reader, s.field);
  };
  EXPECT_EQ(merge(R"({"set":{"a":{"x":1},"b":{"x":1},"c":{"x":1}}})"), Error::state_limit);
  EXPECT_FALSE(small.dirty());
  EXPECT_EQ(merge(R"({"set":{"a":{"x":1},"b":{"x":1}}})"), Error::ok);
  EXPECT_EQ(merge(R"({"set":{"c":{"x":1}}})"), Error::state_limit);
  EXPECT_EQ(merge(R"({"set":{"a":{"x":2}}})"), Error::ok);
  EXPECT_EQ(merge(R"({"unset":["b"],"set":{"c":{"x":1}}})"), Error::ok);
  s.options.room_state_bytes_max = 1;
  EXPECT_EQ(merge(R"({"set":{"a":{"tag":"12345678"}}})"), Error::state_limit);
}

// What an update leaves counts, not how often it names something.
TEST(TypedState, LimitsAreOfWhatAnUpdateLeaves) {
  State s;
  TypedState small(s.options, KeyedHash{}, s.fields, 2);
  const auto merge = [&](std::string_view json) { return merge_into(small, s, json); };
  ASSERT_EQ(merge(R"({"set":{"a":{"tag":"12345678"},"b":{}}})"), Error::ok);
  EXPECT_EQ(merge(R"({"unset":["a","a","a"],"set":{"c":{},"d":{}}})"), Error::state_limit);
  EXPECT_EQ(merge(R"({"unset":["a","a"],"set":{"c":{}}})"), Error::ok);
  EXPECT_EQ(merge(R"({"set":{"d":{}},"unset":["d"]})"), Error::ok);
  EXPECT_EQ(merge(R"({"set":{"d":{"x":1}},"unset":["d","b"]})"), Error::ok);
  EXPECT_EQ(merge(R"({"set":{"e":{},"c":{},"e":{}}})"), Error::ok) << "two are there";
}

TEST(TypedState, ARoomAtItsLimitTakesRewritesOfTheSameSize) {
  State s;
  ASSERT_EQ(s.merge(R"({"set":{"a":{"tag":"12345678"},"b":{"tag":"1234"}}})"), Error::ok);
  s.options.room_state_bytes_max = static_cast<u32>(s.state.held_bytes());
  EXPECT_EQ(s.merge(R"({"set":{"a":{"tag":"abcdefgh"}}})"), Error::ok);
  EXPECT_EQ(s.merge(R"({"set":{"b":{"tag":"12345"}}})"), Error::state_limit);
  EXPECT_EQ(s.merge(R"({"set":{"a":{"tag":"1234567"},"b":{"tag":"12345"}}})"), Error::ok);
  EXPECT_EQ(s.merge(R"({"set":{"a":{"tag":null},"b":{"tag":"12345678"}}})"), Error::ok);
  EXPECT_LE(s.state.held_bytes(), s.options.room_state_bytes_max);
}

// However many are removed before a delta has told so: a decoder takes no more slots.
TEST(TypedState, ThereAreNeverMoreSlotsThanADecoderTakes) {
  State s;
  s.options.room_entities_max = 1'000'000;
  s.options.room_state_bytes_max = 1 << 30;
  TypedState large(s.options, KeyedHash{}, s.fields, ~0u);
  std::string set;
  std::string unset;
  for (u32 i = 0; i < 65536; ++i) {
    set += (set.empty() ? "" : ",") + ("\"" + std::to_string(i)) + "\":{}";
    unset += (unset.empty() ? "\"" : ",\"") + std::to_string(i) + '"';
  }
  ASSERT_EQ(merge_into(large, s, R"({"set":{)" + set + "}}"), Error::ok);
  EXPECT_EQ(merge_into(large, s, R"({"set":{"more":{}}})"), Error::state_limit);
  EXPECT_EQ(merge_into(large, s, R"({"unset":[)" + unset + R"(],"set":{"more":{}}})"),
            Error::state_limit);
  EXPECT_EQ(merge_into(large, s, R"({"unset":[)" + unset + "]}"), Error::ok);
  EXPECT_EQ(merge_into(large, s, R"({"set":{"0":{}}})"), Error::ok) << "it has its slot still";
  EXPECT_LE(s.reader.staging.held_bytes(), StateStaging::kBytesKept);
}

TEST(TypedState, AnUpdateThatCannotFitIsNotStagedWhole) {
  State s;
  s.options.room_entities_max = 10;
  std::string lines;
  for (u32 i = 0; i < 200'000; ++i) lines += lines.empty() ? R"("a")" : R"(,"a")";
  EXPECT_EQ(s.merge(R"({"unset":[)" + lines + "]}"), Error::state_limit);
  EXPECT_LE(s.reader.staging.lines().capacity(), 128u);
  s.options.room_entities_max = 65536;
  s.options.room_state_bytes_max = 100'000;
  std::string texts;
  for (u32 i = 0; i < 100'000; ++i) {
    texts += (texts.empty() ? "\"" : ",\"") + std::to_string(i) + R"(":{"tag":"12345678"})";
  }
  EXPECT_EQ(s.merge(R"({"set":{)" + texts + "}}"), Error::state_limit);
  EXPECT_LE(s.reader.staging.held_bytes(), 256 * KiB);
  EXPECT_FALSE(s.state.dirty());
}

TEST(TypedState, TextsThatWereLongOnceTakeNoMemory) {
  State s;
  std::string problem;
  TypedState texts(s.options, KeyedHash{},
                   Schema::parse(R"({"t":{"type":"string","max_bytes":4096}})", problem), 65536);
  const auto merge = [&](std::string_view text) {
    return merge_into(texts, s, R"({"set":{"a":{"t":")" + std::string(text) + R"("}}})");
  };
  const auto capacity = [&texts] {
    std::size_t out = 0;
    texts.visit_dirty(
        [&](std::string_view, const StateRow* row) { out = row->texts[0].capacity(); });
    return out;
  };
  ASSERT_EQ(merge(std::string(4096, 'x')), Error::ok);
  ASSERT_EQ(merge("y"), Error::ok);
  EXPECT_LE(capacity(), 34u);
  StateRow row{.present = 1, .parts = {}, .texts = {std::string(4096, 'x')}};
  texts.put("a", row);
  row.texts[0] = "y";
  texts.put("a", row);
  EXPECT_LE(capacity(), 34u);
}

std::string random_update(Random& dice) {
  std::string set;
  std::string unset;
  for (u32 e = 0; e < 12; ++e) {
    const std::string name = "\"e" + std::to_string(e) + "\"";
    if (dice.percent(10)) unset += (unset.empty() ? "" : ",") + name;
    if (!dice.percent(40)) continue;
    set += (set.empty() ? "" : ",") + name + ":{";
    if (dice.percent(80)) set += R"("x":)" + std::to_string(dice.below(200) / 10.0 - 10);
    if (dice.percent(40)) {
      if (set.back() != '{') set += ',';
      set += R"("tag":)" + (dice.percent(30) ? std::string("null")
                                             : "\"t" + std::to_string(dice.below(99)) + "\"");
    }
    set += "}";
  }
  return R"({"set":{)" + set + R"(},"unset":[)" + unset + "]}";
}

// What a reader of coded frames shows, as the JSON reader's table.
Table table_of(const StateTable& coded) {
  Table out;
  std::string value;
  StateRow row;
  for (u32 slot = 0; slot < coded.slots(); ++slot) {
    if (!coded.live(slot)) continue;
    const std::string key = coded.slot(slot).key;
    (void)out.add(key);
    coded.read(slot, row);
    for (u32 i = 0; i < coded.schema().fields().size(); ++i) {
      if ((row.present >> i & 1) == 0) continue;
      const SchemaField& field = coded.schema().fields()[i];
      value.clear();
      append_value_json(field, row.parts.data() + field.first_part,
                        field.is_text() ? std::string_view(row.texts[field.text]) : "", value);
      (void)out.set(key, field.name, value);
    }
  }
  return out;
}

void check_readers(u32 seed) {
  Random dice(seed);
  State s;
  std::vector<Table> json_readers;
  std::vector<std::unique_ptr<StateDecoder>> bin_readers;
  for (int tick = 0; tick < 150; ++tick) {
    for (u32 i = dice.below(4); i > 0; --i) ASSERT_EQ(s.merge(random_update(dice)), Error::ok);
    if (dice.percent(8)) {
      std::string full;
      s.state.write_full(Flavour::json, full);
      json_readers.emplace_back().apply(full);
    }
    if (dice.percent(8)) {
      std::string full;
      s.state.write_full(Flavour::bin, full);
      bin_readers.push_back(std::make_unique<StateDecoder>(s.fields));
      ASSERT_EQ(bin_readers.back()->decode(bytes_of(full)), StateDecoded::ok);
    }
    if (dice.percent(3)) bin_readers.clear();
    StateDelta delta{.wants_json = true,
                     .wants_bin = !bin_readers.empty(),
                     .wants_checksum = dice.percent(20),
                     .json = {},
                     .bin = {}};
    const bool any = s.state.take_delta(delta);
    for (Table& reader : json_readers) {
      if (any) reader.apply(delta.json);
    }
    for (const auto& reader : bin_readers) {
      const StateDecoded read = any ? reader->decode(bytes_of(delta.bin)) : StateDecoded::ok;
      ASSERT_EQ(read, StateDecoded::ok);
    }
    Table truth;
    std::string full;
    s.state.write_full(Flavour::json, full);
    truth.apply(full);
    for (const Table& reader : json_readers) ASSERT_EQ(reader.entities, truth.entities);
    for (const auto& reader : bin_readers) {
      ASSERT_EQ(table_of(reader->table()).entities, truth.entities);
    }
  }
}

TEST(TypedState, EveryReaderHoldsTheSameTableAfterEveryTick) {
  for (u32 seed = 1; seed <= 40 && !HasFatalFailure(); ++seed) check_readers(seed);
}

TEST(TypedState, ItsMemoryComesBackWhenAllIsRemoved) {
  State s;
  for (int round = 0; round < 20; ++round) {
    for (int e = 0; e < 50; ++e) {
      const std::string name = std::to_string(round * 50 + e);
      ASSERT_EQ(s.merge(R"({"set":{"e)" + name + R"(":{"x":1,"tag":"abc"}}})"), Error::ok);
    }
    (void)s.delta();
    for (int e = 0; e < 50; ++e) {
      s.state.remove("e" + std::to_string(round * 50 + e));
    }
    (void)s.delta();
    ASSERT_EQ(s.state.held_bytes(), 0u);
    ASSERT_TRUE(s.state.empty());
  }
}

// As long as a reader of coded frames takes them, and no longer; in both forms of an update.
TEST(TypedState, AnEntitysKeyHas1To256Bytes) {
  const auto coded = [](State& s, std::string_view key, bool sets) {
    StateRow row{.parts = std::vector<u32>(s.fields->parts().size()),
                 .texts = std::vector<std::string>(s.fields->texts())};
    const CodedEntity entity{.key = key, .set = 1, .row = &row};
    std::string update;
    append_coded_update(*s.fields, {&entity, sets ? 1u : 0u}, {&key, sets ? 0u : 1u}, update);
    const std::size_t size = update.size();
    update.append(kParsePaddingBytes, '\0');
    return s.state.merge({std::string_view(update).substr(0, size), true}, s.reader, s.field);
  };
  for (const u32 bytes : {0u, 1u, 255u, 256u, 257u, 4096u}) {
    State s;
    const std::string key(bytes, 'k');
    const bool fits = bytes >= 1 && bytes <= 256;
    const Error want = fits ? Error::ok : Error::bad_value;
    EXPECT_EQ(s.merge(R"({"set":{")" + key + R"(":{"x":1}}})"), want) << bytes;
    EXPECT_EQ(s.delta().empty(), !fits) << bytes;
    EXPECT_EQ(s.merge(R"({"unset":[")" + key + R"("]})"), want) << bytes;
    (void)s.delta();
    for (const bool sets : {true, false}) {
      EXPECT_EQ(coded(s, key, sets) == Error::ok, fits) << bytes << " coded";
    }
  }
}

// A client's reader takes the longest key that a room takes.
TEST(TypedState, TheLongestKeyReachesReadersOfBothFlavours) {
  State s;
  const std::string key(256, 'k');
  StateDecoder decoder(s.fields);
  std::string whole;
  s.state.write_full(Flavour::bin, whole);
  ASSERT_EQ(decoder.decode(bytes_of(whole)), StateDecoded::ok);
  ASSERT_EQ(s.merge(R"({"set":{")" + key + R"(":{"hp":7}}})"), Error::ok);
  StateDelta out{.wants_json = true, .wants_bin = true, .json = {}, .bin = {}};
  ASSERT_TRUE(s.state.take_delta(out));
  EXPECT_EQ(out.json, R"({"set":{")" + key + R"(":{"hp":7}}})");
  EXPECT_EQ(decoder.decode(bytes_of(out.bin)), StateDecoded::ok);
  ASSERT_EQ(decoder.touched().size(), 1u);
  EXPECT_EQ(decoder.table().slot(decoder.touched()[0]).key, key);
}

}  // namespace
}  // namespace perseid::test
