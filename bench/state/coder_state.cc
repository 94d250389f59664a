// Perseid's binary flavour: predicted, range-coded changes (docs/state-coding.md). Entities stand
// in the slots of their numbers. No checksums: they are four bytes a frame where a room wants them.
#include <algorithm>
#include <stdexcept>

#include "bench/state/coder.h"
#include "bench/state/scene_build.h"
#include "codec/state_decoder.h"
#include "codec/state_encoder.h"

namespace perseid::bench {
namespace {

class StateCoder final : public Coder {
 public:
  StateCoder(const Scene& scene, u32 distance, u32 restart_frames)
      : scene_(scene),
        distance_(distance),
        restart_frames_(restart_frames),
        all_present_((1u << scene.schema->fields().size()) - 1),
        encoder_(scene.schema, distance),
        decoder_(scene.schema, {}, distance),
        rows_(scene.entities) {}

  void encode(const Frame& frame, std::vector<u8>& out) override {
    changes_.clear();
    for (u32 i = 0; i < scene_.entities; ++i) add_change(frame, i);
    text_.clear();
    if (frames_ == 0) {  // a stream begins with a keyframe
      encoder_.skip(changes_);
      encoder_.keyframe(text_);
    } else {
      restart();
      encoder_.encode(changes_, false, text_);
    }
    out.assign(text_.begin(), text_.end());
    ++frames_;
  }

  void decode(Bytes bytes, Frame& frame) override {
    if (decoder_.decode(bytes) != StateDecoded::ok) {
      throw std::runtime_error("the state decoder refuses what the encoder wrote");
    }
    const StateTable& table = decoder_.table();
    // Further back, what was not sent takes the value of then.
    if (distance_ == 1) {
      for (const u32 slot : decoder_.touched()) read(table, slot, frame);
    } else {
      for (u32 slot = 0; slot < scene_.entities; ++slot) read(table, slot, frame);
    }
  }

 private:
  // The frame behind a keyframe restarts the models; the keyframe itself only a joiner is sent.
  void restart() {
    if (restart_frames_ == 0 || frames_ % restart_frames_ != 0) return;
    encoder_.keyframe(text_);
    text_.clear();
  }

  // Far baselines need every entity each time.
  void add_change(const Frame& frame, u32 entity) {
    const std::size_t parts = scene_.schema->parts().size();
    const std::size_t texts = scene_.schema->texts();
    const auto part = frame.parts.begin() + static_cast<std::ptrdiff_t>(entity * parts);
    const auto text = frame.texts.begin() + static_cast<std::ptrdiff_t>(entity * texts);
    StateRow& row = rows_[entity];
    const bool appears = frames_ == 0;
    const bool same = std::equal(row.parts.begin(), row.parts.end(), part) &&
                      std::equal(row.texts.begin(), row.texts.end(), text);
    if (same && !appears && distance_ == 1) return;
    row.present = all_present_;
    row.parts.assign(part, part + static_cast<std::ptrdiff_t>(parts));
    row.texts.assign(text, text + static_cast<std::ptrdiff_t>(texts));
    using enum StateChange::Kind;
    changes_.push_back({entity, appears ? appeared : changed,
                        appears ? scene_.ids[entity] : std::string_view{}, &row});
  }

  void read(const StateTable& table, u32 slot, Frame& frame) const {
    u32* parts = parts_of(scene_, frame, slot);
    for (u32 i = 0; i < scene_.schema->parts().size(); ++i) parts[i] = table.part(slot, i);
    const u32 texts = scene_.schema->texts();
    for (u32 i = 0; i < texts; ++i) frame.texts[slot * texts + i] = table.text(slot, i);
  }

  const Scene& scene_;
  u32 distance_;
  u32 restart_frames_;
  u32 all_present_;
  StateEncoder encoder_;
  StateDecoder decoder_;
  std::vector<StateRow> rows_;
  std::vector<StateChange> changes_;
  std::string text_;
  u32 frames_ = 0;
};

}  // namespace

std::unique_ptr<Coder> make_state(const Scene& scene, u32 distance, u32 restart_frames) {
  return std::make_unique<StateCoder>(scene, distance, restart_frames);
}

}  // namespace perseid::bench
