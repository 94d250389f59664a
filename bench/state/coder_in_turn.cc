// Several coders in turn: the strictest reading of "the baseline is six frames before".
#include "bench/state/coder.h"

namespace perseid::bench {
namespace {

class InTurnCoder final : public Coder {
 public:
  InTurnCoder(u32 streams, const std::function<std::unique_ptr<Coder>()>& make) {
    for (u32 i = 0; i < streams; ++i) streams_.push_back({make(), {}});
  }

  void encode(const Frame& frame, std::vector<u8>& out) override {
    turn().coder->encode(frame, out);
  }

  // A decoder changes the frame that it gave back last, which is not the one before this.
  void decode(Bytes bytes, Frame& frame) override {
    Stream& stream = turn();
    if (stream.last.parts.empty()) stream.last = frame;
    stream.coder->decode(bytes, stream.last);
    frame = stream.last;
  }

 private:
  struct Stream {
    std::unique_ptr<Coder> coder;
    Frame last;
  };
  Stream& turn() { return streams_[next_++ % streams_.size()]; }

  std::vector<Stream> streams_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Coder> make_in_turn(u32 streams, std::function<std::unique_ptr<Coder>()> make) {
  return std::make_unique<InTurnCoder>(streams, make);
}

}  // namespace perseid::bench
