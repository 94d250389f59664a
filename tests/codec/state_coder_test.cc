// The state coder's promise: who reads a stream from any keyframe on holds what the encoder holds,
// frame by frame, whatever happens to the entities.
#include <gtest/gtest.h>

#include "codec/state_decoder.h"
#include "codec/state_frame.h"
#include "tests/codec/state_stream.h"

namespace perseid {
namespace {

using test::StateStream;

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

void expect_same(const StateTable& table, const StateStream& stream) {
  ASSERT_EQ(table.entities(), stream.entities().size());
  StateRow row;
  for (const auto& [slot, entity] : stream.entities()) {
    ASSERT_TRUE(table.live(slot)) << slot;
    EXPECT_EQ(table.slot(slot).key, entity.first);
    table.read(slot, row);
    EXPECT_EQ(row, entity.second) << slot;
  }
}

std::unique_ptr<StateDecoder> joined(StateEncoder& encoder, std::shared_ptr<const Schema> schema) {
  std::string frame;
  encoder.keyframe(frame);
  auto decoder = std::make_unique<StateDecoder>(std::move(schema));
  EXPECT_EQ(decoder->decode(bytes_of(frame)), StateDecoded::ok);
  return decoder;
}

TEST(StateCoder, ReadersThatCameAtAnyTimeHoldWhatTheEncoderHolds) {
  const auto schema = test::schema_of(test::kEveryType);
  for (u32 seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    StateStream stream(schema, seed);
    StateEncoder encoder(schema);
    std::vector<std::unique_ptr<StateDecoder>> readers;
    for (u32 tick = 0; tick < 120; ++tick) {
      if (stream.below(10) == 0) readers.push_back(joined(encoder, schema));
      const auto& changes = stream.step(1 + stream.below(60));
      if (readers.empty()) {
        encoder.skip(changes);
        continue;
      }
      std::string frame;
      encoder.encode(changes, stream.below(4) == 0, frame);
      for (const auto& reader : readers) {
        ASSERT_EQ(reader->decode(bytes_of(frame)), StateDecoded::ok) << "tick " << tick;
        ASSERT_EQ(reader->table().checksum(), encoder.table().checksum()) << "tick " << tick;
      }
    }
    expect_same(encoder.table(), stream);
    for (const auto& reader : readers) expect_same(reader->table(), stream);
  }
}

TEST(StateCoder, SixFramesBackIsLosslessToo) {
  const auto schema = test::schema_of(test::kEveryType);
  StateStream stream(schema, 7);
  StateEncoder encoder(schema, 6);
  StateDecoder decoder(schema, {}, 6);
  std::string frame;
  encoder.keyframe(frame);
  ASSERT_EQ(decoder.decode(bytes_of(frame)), StateDecoded::ok);
  for (u32 tick = 0; tick < 200; ++tick) {
    std::vector<StateChange> changes = stream.step(40);
    std::vector<StateChange> all;
    auto next = changes.begin();
    for (const auto& [slot, entity] : stream.entities()) {
      for (; next != changes.end() && next->slot < slot; ++next) all.push_back(*next);
      bool given = false;
      for (; next != changes.end() && next->slot == slot; ++next) {
        all.push_back(*next);
        given |= next->kind != StateChange::Kind::gone;
      }
      if (!given) all.push_back({.slot = slot, .row = &entity.second});
    }
    all.insert(all.end(), next, changes.end());
    frame.clear();
    encoder.encode(all, true, frame);
    ASSERT_EQ(decoder.decode(bytes_of(frame)), StateDecoded::ok) << tick;
    expect_same(decoder.table(), stream);
  }
}

TEST(StateCoder, ADeltaWithoutItsKeyframeIsNotTaken) {
  const auto schema = test::schema_of(test::kEveryType);
  StateStream stream(schema, 3);
  StateEncoder encoder(schema);
  std::string frame;
  encoder.encode(stream.step(10), true, frame);
  StateDecoder decoder(schema);
  EXPECT_EQ(decoder.decode(bytes_of(frame)), StateDecoded::needs_keyframe);
}

TEST(StateCoder, AReaderThatDiffersSaysSoAndGoesOnWithAKeyframe) {
  const auto schema = test::schema_of(R"({"x":{"type":"int","min":0,"max":100}})");
  StateEncoder encoder(schema);
  StateRow row{.present = 1, .parts = {5}, .texts = {}};
  const StateChange appeared{
      .slot = 0, .kind = StateChange::Kind::appeared, .key = "a", .row = &row};
  encoder.skip({&appeared, 1});
  std::string keyframe;
  encoder.keyframe(keyframe);
  StateDecoder decoder(schema);
  ASSERT_EQ(decoder.decode(bytes_of(keyframe)), StateDecoded::ok);
  std::string lost;
  row.parts[0] = 9;
  const StateChange changed{.slot = 0, .row = &row};
  encoder.encode({&changed, 1}, false, lost);  // and the decoder never sees it
  row.parts[0] = 14;
  std::string frame;
  encoder.encode({&changed, 1}, true, frame);
  EXPECT_NE(decoder.decode(bytes_of(frame)), StateDecoded::ok);
  frame.clear();
  encoder.encode({&changed, 1}, true, frame);
  EXPECT_EQ(decoder.decode(bytes_of(frame)), StateDecoded::needs_keyframe);
  keyframe.clear();
  encoder.keyframe(keyframe);
  EXPECT_EQ(decoder.decode(bytes_of(keyframe)), StateDecoded::ok);
  EXPECT_EQ(decoder.table().part(0, 0), 14u);
}

TEST(StateCoder, TheKeyframeOfNothingIsTheSameForEverySchema) {
  for (const std::string_view json : {test::kEveryType, std::string_view(R"({"a":"bool"})")}) {
    std::string frame;
    StateEncoder(test::schema_of(json)).keyframe(frame);
    EXPECT_EQ(frame, as_text(kEmptyKeyframe));
    EXPECT_EQ(StateDecoder(test::schema_of(json)).decode(bytes_of(frame)), StateDecoded::ok);
  }
}

// Who is sent a snapshot holds the state; the stream goes on for the others, byte for byte as if it
// had not been made.
TEST(StateCoder, ASnapshotRestartsNothing) {
  const auto schema = test::schema_of(test::kEveryType);
  StateStream streams[] = {{schema, 9}, {schema, 9}};
  StateEncoder encoders[] = {StateEncoder(schema), StateEncoder(schema)};
  const std::unique_ptr<StateDecoder> readers[] = {joined(encoders[0], schema),
                                                   joined(encoders[1], schema)};
  StateModels lent;
  for (u32 tick = 0; tick < 40; ++tick) {
    std::string frames[2];
    for (u32 i = 0; i < 2; ++i) {
      encoders[i].encode(streams[i].step(30), tick % 4 == 0, frames[i]);
      ASSERT_EQ(readers[i]->decode(bytes_of(frames[i])), StateDecoded::ok) << "tick " << tick;
    }
    EXPECT_EQ(frames[0], frames[1]) << "tick " << tick;
    std::string snapshot;
    encoders[0].snapshot(lent, snapshot);
    StateDecoder laggard(schema);
    ASSERT_EQ(laggard.decode(bytes_of(snapshot)), StateDecoded::ok) << "tick " << tick;
    expect_same(laggard.table(), streams[0]);
  }
}

// One set of models codes the keyframes of all rooms of a shard, as fresh ones would.
TEST(StateCoder, KeyframesByModelsThatServedAnotherSchemaAreTheSame) {
  StateModels shared;
  for (u32 i = 0; i < 4; ++i) {
    const auto schema = test::schema_of(i % 2 == 0 ? test::kEveryType : R"({"a":"bool"})");
    StateStream stream(schema, i + 1);
    StateEncoder encoder(schema);
    encoder.skip(stream.step(50));
    std::string lent;
    std::string own;
    encoder.keyframe(shared, lent);
    encoder.keyframe(own);
    EXPECT_EQ(lent, own);
    shared.trim();
  }
}

TEST(StateCoder, AnEncoderThatRestsHoldsNoModelsAndItsReadersReadOn) {
  const auto schema = test::schema_of(test::kEveryType);
  StateStream stream(schema, 7);
  StateEncoder encoder(schema);
  const auto reader = joined(encoder, schema);
  EXPECT_EQ(encoder.models_bytes(), 0u);
  for (u32 tick = 0; tick < 20; ++tick) {
    std::string frame;
    encoder.encode(stream.step(20), true, frame);
    ASSERT_EQ(reader->decode(bytes_of(frame)), StateDecoded::ok) << "tick " << tick;
    EXPECT_GT(encoder.models_bytes(), 10 * KiB);
    if (tick % 5 != 0) continue;
    encoder.rest();
    EXPECT_EQ(encoder.models_bytes(), 0u);
  }
  expect_same(reader->table(), stream);
}

// Frames are counted modulo 2^32.
TEST(StateCoder, ASlotThatRestedWhileTheCountOfFramesWrappedIsBroughtUpToDate) {
  const auto schema = test::schema_of(R"({"a":{"type":"int","min":0,"max":9}})");
  const u32 value = 3;
  StateTable table(schema, 1, ~0u - 3);
  for (u32 frame = 0; frame < 8; ++frame) {
    table.begin_frame();
    if (frame == 0) table.appear(0, "key", 1, &value, nullptr);
  }
  table.catch_up(0);
  EXPECT_EQ(table.slot(0).frame, table.frame() - 1);
  table.set(0, 1, &value, nullptr);
  table.catch_up(0);
  EXPECT_EQ(table.slot(0).frame, table.frame());
}

TEST(StateCoder, CutAndBentFramesNeverTakeMoreThanTheBounds) {
  const auto schema = test::schema_of(test::kEveryType);
  StateStream stream(schema, 5);
  StateEncoder encoder(schema);
  encoder.skip(stream.step(50));
  std::string keyframe;
  encoder.keyframe(keyframe);
  std::string frame;
  encoder.encode(stream.step(50), true, frame);
  const StateBounds bounds{.entities_max = 120, .key_bytes_max = 32};
  for (u32 round = 0; round < 4000; ++round) {
    StateDecoder decoder(schema, bounds);
    std::string first = keyframe;
    std::string second = frame;
    std::string& bent = round % 2 == 0 ? first : second;
    if (round % 3 == 0) bent.resize(stream.below(static_cast<u32>(bent.size())));
    if (!bent.empty()) {
      char& byte = bent[stream.below(static_cast<u32>(bent.size()))];
      byte = static_cast<char>(byte ^ (1 << stream.below(8)));
    }
    if (decoder.decode(bytes_of(first)) == StateDecoded::ok) {
      (void)decoder.decode(bytes_of(second));
    }
    ASSERT_LE(decoder.table().slots(), bounds.entities_max);
    for (u32 slot = 0; slot < decoder.table().slots(); ++slot) {
      ASSERT_LE(decoder.table().slot(slot).key.size(), bounds.key_bytes_max);
    }
  }
}

// Nothing can change about it, so what says that it does was not written by an encoder.
TEST(StateCoder, ASymbolOfOneValueNeverChanges) {
  const auto schema = test::schema_of(R"({"only":{"type":"enum","values":["it"]}})");
  std::mt19937 dice(1);
  for (u32 round = 0; round < 2000; ++round) {
    std::string frame(1, '\x01');
    for (u32 i = 0; i < 12; ++i) frame += static_cast<char>(dice());
    StateDecoder decoder(schema);
    if (decoder.decode(bytes_of(frame)) != StateDecoded::ok) continue;
    for (const u32 slot : decoder.touched()) ASSERT_EQ(decoder.table().part(slot, 0), 0u);
  }
}

// A frame of some bytes that unfolds into texts without end: each entity appears with those of the
// one before, which costs next to nothing.
TEST(StateCoder, AFewBytesDoNotBecomeMoreThanTheBounds) {
  const auto schema = test::schema_of(R"({"t":{"type":"string","max_bytes":4096}})");
  StateEncoder encoder(schema);
  const StateRow row{.present = 1, .parts = {}, .texts = {std::string(4096, 'x')}};
  std::vector<StateChange> changes;
  for (u32 slot = 0; slot < 4000; ++slot) {
    changes.push_back(
        {.slot = slot, .kind = StateChange::Kind::appeared, .key = "same", .row = &row});
  }
  encoder.skip(changes);
  std::string frame;
  encoder.keyframe(frame);
  EXPECT_LT(frame.size(), 1200u);
  StateDecoder bounded(schema, {.bytes_max = 8 * MiB});
  EXPECT_EQ(bounded.decode(bytes_of(frame)), StateDecoded::malformed);
  EXPECT_LE(bounded.table().held_bytes(), 9 * MiB);
  StateDecoder other(schema);
  EXPECT_EQ(other.decode(bytes_of(frame)), StateDecoded::ok);
  EXPECT_EQ(other.table().text_bytes(), 4000u * 4100);
  // One entity in a far slot takes as much as if all slots before it were used.
  StateEncoder far(schema);
  changes.resize(1);
  changes[0].slot = 60000;
  far.skip(changes);
  frame.clear();
  far.keyframe(frame);
  StateDecoder near(schema, {.bytes_max = 4 * MiB});
  EXPECT_EQ(near.decode(bytes_of(frame)), StateDecoded::malformed);
  EXPECT_EQ(near.table().slots(), 0u);
}

// What texts took while they were long is given back.
TEST(StateCoder, TextsThatWereLongOnceTakeNoMemory) {
  const auto schema = test::schema_of(R"({"t":{"type":"string","max_bytes":4096}})");
  StateTable table(schema, 1);
  const std::string texts[] = {std::string(4096, 'x'), "short", ""};
  for (u32 i = 0; i < 3; ++i) {
    table.begin_frame();
    if (i == 0) table.appear(0, "key", 1, nullptr, &texts[0]);
    if (i > 0) table.catch_up(0);
    if (i > 0) table.set(0, 1, nullptr, &texts[i]);
    EXPECT_EQ(table.text_bytes(), 3 + texts[i].size());
    EXPECT_LE(table.text(0, 0).capacity(), 2 * texts[i].size() + 32);
  }
  table.vanish(0);
  EXPECT_EQ(table.text_bytes(), 0u);
}

}  // namespace
}  // namespace perseid
