// CodedReader: what a client of the binary flavour does with coded state: a decoder per room or
// cell, made by the schema in `joined`. It shows each frame as the JSON flavour would have said it,
// or at more length: all fields of what was touched.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "codec/binary.h"
#include "codec/dictionary.h"
#include "codec/json_text.h"
#include "codec/state_decoder.h"
#include "codec/state_frame.h"

namespace perseid::test {

class CodedReader {
 public:
  // Any system message; one with a schema makes its room readable.
  void heard(std::string_view json) {
    const std::size_t at = json.find(R"("schema":)");
    const std::size_t number = json.find(R"("room_number":)");
    if (at == std::string_view::npos || number == std::string_view::npos) return;
    std::string problem;
    auto schema = Schema::parse(balanced(json.substr(at + 9)), problem);
    ASSERT_NE(schema, nullptr) << problem;
    schemas_[static_cast<u32>(std::stoul(std::string(json.substr(number + 14))))] = schema;
  }

  std::string payload_of(const StateDelivery& state) {
    const auto schema = schemas_.find(state.room_number);
    EXPECT_NE(schema, schemas_.end()) << "no schema for room " << state.room_number;
    if (schema == schemas_.end()) return "{}";
    auto& decoder = decoders_[{state.room_number, state.cell.x, state.cell.y}];
    if (decoder == nullptr) decoder = std::make_unique<StateDecoder>(schema->second);
    const StateDecoded read = decoder->decode(as_bytes(state.payload));
    const u8 flags = static_cast<u8>(state.payload[0]);
    EXPECT_EQ(read, StateDecoded::ok) << "tick " << state.tick;
    if ((flags & kStateReset) != 0) ++resets;
    if (flags == kStateChecksum) ++checksums[state.cell.present ? state.cell.level : 0];
    return shown(*decoder);
  }

  void use(std::shared_ptr<const Dictionary> dictionary) { dictionary_ = std::move(dictionary); }
  std::string unpacked(const StateDelivery& state) const {
    std::string out;
    if (dictionary_ != nullptr) {
      EXPECT_TRUE(DictionaryCoder(dictionary_).decompress(as_bytes(state.payload), 1u << 24, out));
    }
    return out;
  }

  u32 resets = 0;                // frames that restarted the models
  std::map<u32, u32> checksums;  // frames without a reset that bore one, by their cells' level

 private:
  static std::string_view balanced(std::string_view json) {
    int depth = 0;
    for (std::size_t i = 0; i < json.size(); ++i) {
      depth += json[i] == '{' ? 1 : json[i] == '}' ? -1 : 0;
      if (depth == 0) return json.substr(0, i + 1);
    }
    return json;
  }

  static void append_entity(const StateTable& table, u32 slot, std::string& out) {
    StateRow row;
    table.read(slot, row);
    out += '"';
    append_json_escaped(out, table.slot(slot).key);
    out += "\":{";
    for (u32 i = 0; i < table.schema().fields().size(); ++i) {
      const SchemaField& field = table.schema().fields()[i];
      if (out.back() != '{') out += ',';
      out += field.key_json;
      if ((row.present >> i & 1) == 0) {
        out += "null";
        continue;
      }
      append_value_json(field, row.parts.data() + field.first_part,
                        field.is_text() ? std::string_view(row.texts[field.text]) : "", out);
    }
    out += '}';
  }

  static std::string shown(const StateDecoder& decoder) {
    std::string out = R"({"set":{)";
    for (const u32 slot : decoder.touched()) {
      if (out.back() != '{') out += ',';
      append_entity(decoder.table(), slot, out);
    }
    out += '}';
    if (!decoder.gone().empty()) out += R"(,"unset":[)";
    for (const std::string& key : decoder.gone()) {
      if (out.back() != '[') out += ',';
      out += '"';
      append_json_escaped(out, key);
      out += '"';
    }
    return out + (decoder.gone().empty() ? "}" : "]}");
  }

  std::shared_ptr<const Dictionary> dictionary_;
  std::map<u32, std::shared_ptr<const Schema>> schemas_;
  std::map<std::tuple<u32, i32, i32>, std::unique_ptr<StateDecoder>> decoders_;
};

}  // namespace perseid::test
