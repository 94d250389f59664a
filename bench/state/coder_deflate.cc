// permessage-deflate as the relay does it by default: level 4, no context from message to message.
#include <stdexcept>

#include "bench/state/coder.h"
#include "codec/deflate.h"

namespace perseid::bench {
namespace {

constexpr u8 kWindowBits = 15;
constexpr u64 kInflatedBytesMax = 16 * MiB;

class DeflateCoder final : public Coder {
 public:
  explicit DeflateCoder(std::unique_ptr<Coder> inner) : inner_(std::move(inner)) {}

  void encode(const Frame& frame, std::vector<u8>& out) override {
    plain_.clear();
    inner_->encode(frame, plain_);
    const Bytes deflated = deflater_.deflate(plain_);
    out.assign(deflated.begin(), deflated.end());
  }

  void decode(Bytes bytes, Frame& frame) override {
    MutableBytes plain;
    const Error error = inflater_.inflate(bytes, kInflatedBytesMax, plain);
    if (error != Error::ok) throw std::runtime_error("does not inflate");
    inner_->decode(plain, frame);
  }

 private:
  std::unique_ptr<Coder> inner_;
  std::vector<u8> plain_;
  Deflater deflater_{kWindowBits, false};
  Inflater inflater_{kWindowBits, false};
};

}  // namespace

std::unique_ptr<Coder> make_deflate(std::unique_ptr<Coder> inner) {
  return std::make_unique<DeflateCoder>(std::move(inner));
}

}  // namespace perseid::bench
