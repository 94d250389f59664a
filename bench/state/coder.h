// Coder: one way to put a frame into bytes, measured beside the others.
// Thread: the owner's. One object encodes or decodes, never both, so that the decoder can know
// nothing but the bytes.
// Invariant: a decoder that is given every encoded frame, in order, returns every frame exactly.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/state/scene.h"

namespace perseid::bench {

class Coder {
 public:
  virtual ~Coder() = default;
  // Writes the next frame into `out`, which was cleared.
  virtual void encode(const Frame& frame, std::vector<u8>& out) = 0;
  // `bytes` has kParsePaddingBytes readable behind it. Throws std::runtime_error if it makes no
  // sense. `frame` has the scene's size, and comes with whatever it held before.
  virtual void decode(Bytes bytes, Frame& frame) = 0;
};

struct CoderKind {
  std::string name;
  u32 distance = 1;  // frames between a frame and its baseline; 0: needs none
  std::function<std::unique_ptr<Coder>()> make;
};

// Every coder there is, for this scene. `training` is another recording of the same scene, for what
// has to learn beforehand. Both must outlive the coders.
std::vector<CoderKind> coders_for(const Scene& scene, const Scene& training);

// The makers that coders_for() calls, each in a file of its own.
std::unique_ptr<Coder> make_json(const Scene& scene, bool changes_only);
std::unique_ptr<Coder> make_deflate(std::unique_ptr<Coder> inner);
// `dictionary` may be empty.
std::unique_ptr<Coder> make_zstd(std::unique_ptr<Coder> inner, const std::string& dictionary);
// Trained on what `inner` makes of `training`; empty if that is too little to learn from.
std::string train_dictionary(const Scene& training, Coder& inner);
std::unique_ptr<Coder> make_bits(const Scene& scene, u32 distance);
std::unique_ptr<Coder> make_delta_bits(const Scene& scene, u32 distance);
// Its models begin afresh every `restart_frames`, as in a room that people join; 0: never.
std::unique_ptr<Coder> make_state(const Scene& scene, u32 distance, u32 restart_frames);
// `streams` coders take turns: each knows only its own frames, so that nothing of the frames since
// the last of these helps it, however it learns.
std::unique_ptr<Coder> make_in_turn(u32 streams, std::function<std::unique_ptr<Coder>()> make);

}  // namespace perseid::bench
