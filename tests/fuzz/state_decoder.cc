// Any bytes as a stream of state frames: it ends, keeps the decoder's bounds, and what it was told
// is a state like any other: an encoder's keyframe of it reads as the same.
#include "codec/state_decoder.h"

#include <cstdlib>
#include <vector>

#include "codec/state_encoder.h"
#include "tests/fuzz/state_schemas.h"

namespace {

using namespace perseid;

constexpr StateBounds kBounds{.entities_max = 300, .key_bytes_max = 40, .bytes_max = 256 * KiB};

void require(bool holds) {
  if (!holds) std::abort();
}

void check_bounds(const StateTable& table) {
  require(table.slots() <= kBounds.entities_max && table.entities() <= table.slots());
  // One entity's texts may have come in before they were counted.
  require(table.text_bytes() <= kBounds.bytes_max + 2 * kTextBytesMax);
  for (u32 slot = 0; slot < table.slots(); ++slot) {
    require(table.slot(slot).key.size() <= kBounds.key_bytes_max);
  }
}

void check_values(const StateTable& table, std::vector<StateRow>& rows,
                  std::vector<StateChange>& changes) {
  const Schema& schema = table.schema();
  rows.resize(table.slots());
  for (u32 slot = 0; slot < table.slots(); ++slot) {
    if (!table.live(slot)) continue;
    table.read(slot, rows[slot]);
    require(u64{rows[slot].present} >> schema.fields().size() == 0);
    for (const SchemaField& field : schema.fields()) {
      if (field.is_text()) require(rows[slot].texts[field.text].size() <= field.bytes_max);
    }
    for (u32 part = 0; part < schema.parts().size(); ++part) {
      require(rows[slot].parts[part] <= schema.parts()[part].max);
    }
    changes.push_back({.slot = slot,
                       .kind = StateChange::Kind::appeared,
                       .key = table.slot(slot).key,
                       .row = &rows[slot]});
  }
}

void check_state(const std::shared_ptr<const Schema>& schema, const StateTable& table) {
  std::vector<StateRow> rows;
  std::vector<StateChange> changes;
  check_values(table, rows, changes);
  StateEncoder encoder(schema);
  encoder.skip(changes);
  require(encoder.table().checksum() == table.checksum());
  std::string keyframe;
  encoder.keyframe(keyframe);
  StateDecoder again(schema, kBounds);
  require(again.decode(as_bytes(keyframe)) == StateDecoded::ok);
  require(again.table().checksum() == table.checksum());
}

// A length in two bytes, and as many bytes or what there is.
Bytes take_frame(Bytes& in) {
  const std::size_t wanted = in.size() < 2 ? 0 : in[0] | in[1] << 8;
  in = in.subspan(std::min<std::size_t>(in.size(), 2));
  const Bytes frame = in.first(std::min(wanted, in.size()));
  in = in.subspan(frame.size());
  return frame;
}

}  // namespace

// schema; frames
extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size == 0) return 0;
  const auto schema = test::fuzzed_schema(data[0]);
  StateDecoder decoder(schema, kBounds);
  Bytes in{data + 1, size - 1};
  while (!in.empty()) {
    const StateDecoded decoded = decoder.decode(take_frame(in));
    check_bounds(decoder.table());
    // Of all frames, or of the last alone: the check takes longer than the decoding.
    if (decoded == StateDecoded::ok && (in.empty() || size < 300)) {
      check_state(schema, decoder.table());
    }
  }
  return 0;
}
