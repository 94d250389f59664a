#include "codec/dictionary.h"

#include <openssl/sha.h>
#include <zstd.h>

#include <array>

namespace perseid {
namespace {

constexpr int kLevel = 3;
constexpr u32 kHashBytes = 8;

std::string hash_of(const std::string& content) {
  std::array<u8, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const u8*>(content.data()), content.size(), digest.data());
  std::string out;
  for (u32 i = 0; i < kHashBytes; ++i) {
    out += "0123456789abcdef"[digest[i] >> 4];
    out += "0123456789abcdef"[digest[i] & 15];
  }
  return out;
}

}  // namespace

struct Dictionary::Digested {
  explicit Digested(const std::string& content)
      : compress(ZSTD_createCDict(content.data(), content.size(), kLevel)),
        decompress(ZSTD_createDDict(content.data(), content.size())) {}
  ~Digested() {
    ZSTD_freeCDict(compress);
    ZSTD_freeDDict(decompress);
  }
  Digested(const Digested&) = delete;
  Digested& operator=(const Digested&) = delete;
  ZSTD_CDict* compress;
  ZSTD_DDict* decompress;
};

Dictionary::Dictionary(std::string content)
    : content_(std::move(content)),
      hash_(hash_of(content_)),
      digested_(std::make_unique<Digested>(content_)) {}
Dictionary::~Dictionary() = default;

std::shared_ptr<const Dictionary> Dictionary::make(std::string content) {
  if (content.empty()) return nullptr;
  std::shared_ptr<const Dictionary> made(new Dictionary(std::move(content)));
  const bool whole = made->digested_->compress != nullptr && made->digested_->decompress != nullptr;
  return whole ? made : nullptr;
}

struct DictionaryCoder::State {
  ~State() {
    ZSTD_freeCCtx(compress);
    ZSTD_freeDCtx(decompress);
  }
  ZSTD_CCtx* compress = ZSTD_createCCtx();
  ZSTD_DCtx* decompress = nullptr;  // made when the first frame is read
  std::string out;
};

DictionaryCoder::DictionaryCoder(std::shared_ptr<const Dictionary> dictionary)
    : dictionary_(std::move(dictionary)), state_(std::make_unique<State>()) {
  // The room is told which dictionary; the frame need not say it again, nor its own length twice.
  ZSTD_CCtx_setParameter(state_->compress, ZSTD_c_dictIDFlag, 0);
  ZSTD_CCtx_refCDict(state_->compress, dictionary_->digested_->compress);
}
DictionaryCoder::~DictionaryCoder() = default;

Bytes DictionaryCoder::compress(Bytes plain) {
  std::string& out = state_->out;
  if (out.size() < ZSTD_compressBound(plain.size())) out.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compress2(state_->compress, out.data(), out.size(), plain.data(), plain.size());
  if (ZSTD_isError(size) != 0 || size >= plain.size()) return {};
  return {reinterpret_cast<const u8*>(out.data()), size};
}

bool DictionaryCoder::decompress(Bytes frame, std::size_t bytes_max, std::string& out) {
  if (state_->decompress == nullptr) state_->decompress = ZSTD_createDCtx();
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > bytes_max) {
    return false;
  }
  out.resize(static_cast<std::size_t>(size));
  const std::size_t read =
      ZSTD_decompress_usingDDict(state_->decompress, out.data(), out.size(), frame.data(),
                                 frame.size(), dictionary_->digested_->decompress);
  return ZSTD_isError(read) == 0 && read == out.size();
}

}  // namespace perseid
