// zstd, level 3, each message by itself, with or without a dictionary that both sides hold.
#include <zdict.h>
#include <zstd.h>

#include <algorithm>
#include <stdexcept>

#include "bench/state/coder.h"

namespace perseid::bench {
namespace {

constexpr int kLevel = 3;
constexpr std::size_t kDictionaryBytes = 32 * KiB;
// Samples for the training: so many frames, evenly over the recording, or so many bytes.
constexpr std::size_t kSamplesMax = 600;
constexpr std::size_t kSampleBytesMax = 8 * MiB;
constexpr std::size_t kPlainBytesMax = 16 * MiB;

struct FreeZstd {
  void operator()(ZSTD_CCtx* it) const { ZSTD_freeCCtx(it); }
  void operator()(ZSTD_DCtx* it) const { ZSTD_freeDCtx(it); }
};

std::size_t checked(std::size_t result) {
  if (ZSTD_isError(result)) throw std::runtime_error(ZSTD_getErrorName(result));
  return result;
}

class ZstdCoder final : public Coder {
 public:
  ZstdCoder(std::unique_ptr<Coder> inner, const std::string& dictionary)
      : inner_(std::move(inner)) {
    checked(ZSTD_CCtx_setParameter(compress_.get(), ZSTD_c_compressionLevel, kLevel));
    // Which dictionary it is was agreed when the room was joined.
    checked(ZSTD_CCtx_setParameter(compress_.get(), ZSTD_c_dictIDFlag, 0));
    checked(ZSTD_CCtx_loadDictionary(compress_.get(), dictionary.data(), dictionary.size()));
    checked(ZSTD_DCtx_loadDictionary(expand_.get(), dictionary.data(), dictionary.size()));
  }

  void encode(const Frame& frame, std::vector<u8>& out) override {
    plain_.clear();
    inner_->encode(frame, plain_);
    packed_.resize(ZSTD_compressBound(plain_.size()));
    const std::size_t size = checked(ZSTD_compress2(compress_.get(), packed_.data(), packed_.size(),
                                                    plain_.data(), plain_.size()));
    out.assign(packed_.begin(), packed_.begin() + static_cast<std::ptrdiff_t>(size));
  }

  void decode(Bytes bytes, Frame& frame) override {
    const u64 size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (size > kPlainBytesMax) throw std::runtime_error("zstd: names no sane size");
    if (plain_.size() < size + kParsePaddingBytes) plain_.resize(size + kParsePaddingBytes);
    const std::size_t got = checked(
        ZSTD_decompressDCtx(expand_.get(), plain_.data(), size, bytes.data(), bytes.size()));
    inner_->decode(Bytes(plain_.data(), got), frame);
  }

 private:
  std::unique_ptr<Coder> inner_;
  std::unique_ptr<ZSTD_CCtx, FreeZstd> compress_{ZSTD_createCCtx()};
  std::unique_ptr<ZSTD_DCtx, FreeZstd> expand_{ZSTD_createDCtx()};
  std::vector<u8> plain_;
  std::vector<u8> packed_;
};

}  // namespace

std::unique_ptr<Coder> make_zstd(std::unique_ptr<Coder> inner, const std::string& dictionary) {
  return std::make_unique<ZstdCoder>(std::move(inner), dictionary);
}

std::string train_dictionary(const Scene& training, Coder& inner) {
  std::vector<u8> samples;
  std::vector<std::size_t> sizes;
  std::vector<u8> sample;
  const std::size_t step = std::max<std::size_t>(1, training.frames.size() / kSamplesMax);
  // Every frame is encoded, for what changed is said of neighbours; every step-th is learnt from.
  for (std::size_t i = 0; i < training.frames.size(); ++i) {
    sample.clear();
    inner.encode(training.frames[i], sample);
    if (i % step != 0 || samples.size() + sample.size() > kSampleBytesMax) continue;
    samples.insert(samples.end(), sample.begin(), sample.end());
    sizes.push_back(sample.size());
  }
  std::string dictionary(kDictionaryBytes, '\0');
  const std::size_t size =
      ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), samples.data(), sizes.data(),
                            static_cast<unsigned>(sizes.size()));
  dictionary.resize(ZDICT_isError(size) ? 0 : size);
  return dictionary;
}

}  // namespace perseid::bench
