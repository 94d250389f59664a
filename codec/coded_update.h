// Coded update: a game_state message's payload by the room's schema (docs/state-coding.md, "Coded
// updates"): what a client sets and unsets, as parts and texts instead of JSON.
// Thread: the owner's; a reader keeps a JSON parser's buffers, and allocates nothing else.
// Invariants: what reaches a sink is within the schema: parts in their ranges, quaternions as
// quantise() makes them, texts UTF-8 and not too long, json valid JSON without white space around
// it. An update sets at most one entity per three bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"
#include "codec/json_document.h"
#include "codec/schema.h"

namespace perseid {

constexpr u32 kEntityKeyBytesMax = 256;  // as StateBounds grants a decoder

class CodedUpdateSink {
 public:
  virtual ~CodedUpdateSink() = default;
  // Anything but ok ends the reading and is returned by it. `field` is a number of the schema's;
  // `parts` are as many as it has, `text` is for text and json. Both live for the call.
  virtual Error set(std::string_view entity, u32 field, const u32* parts,
                    std::string_view text) = 0;
  virtual Error remove_field(std::string_view entity, u32 field) = 0;
  virtual Error add(std::string_view entity) = 0;  // an entity set with no fields at all
  virtual Error unset(std::string_view entity) = 0;
};

class CodedUpdateReader {
 public:
  // kParsePaddingBytes readable behind `update`. The sink's error or, with `field` naming the place
  // ("payload.set"): invalid_binary where it is not of this form, bad_value, or what JsonDocument
  // says of a json value. What came before the error has reached the sink.
  Error read(const Schema& schema, Bytes update, CodedUpdateSink& sink, std::string_view& field);

 private:
  Error read_entity(const Schema& schema, Bytes& in, CodedUpdateSink& sink);
  Error read_field(const SchemaField& field, std::string_view entity, u32 number, Bytes& in,
                   CodedUpdateSink& sink);
  Error read_text(const SchemaField& field, Bytes& in, std::string_view& out);

  JsonDocument json_;
};

// What a client writes: an entity with the fields whose bits are set, from `row`, and those to be
// removed.
struct CodedEntity {
  std::string_view key;
  u32 set = 0;
  u32 remove = 0;
  const StateRow* row = nullptr;  // not read if nothing is set
};
// Appends an update to `out`. For tools, tests and SDKs.
void append_coded_update(const Schema& schema, std::span<const CodedEntity> set,
                         std::span<const std::string_view> unset, std::string& out);

}  // namespace perseid
