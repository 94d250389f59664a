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

}  // namespace
}  // namespace perseid::test
