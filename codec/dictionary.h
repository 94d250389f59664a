// Dictionary: what payloads of one game mostly look like, so that even a short one compresses well
// (zstd, RFC 8878 section 5). Both sides hold it, and name it by its content.
// Thread: a Dictionary is immutable, so every shard may read one; a coder is its owner's.
#pragma once

#include <memory>
#include <string>

#include "codec/bytes.h"

namespace perseid {

class Dictionary {
 public:
  // As `zstd --train` writes it, or any text. Null if zstd takes it for a broken one.
  static std::shared_ptr<const Dictionary> make(std::string content);
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  const std::string& content() const { return content_; }
  // The first 16 hexadecimal digits of its SHA-256.
  const std::string& hash() const { return hash_; }

 private:
  friend class DictionaryCoder;
  struct Digested;
  explicit Dictionary(std::string content);
  std::string content_;
  std::string hash_;
  std::unique_ptr<Digested> digested_;
};

class DictionaryCoder {
 public:
  explicit DictionaryCoder(std::shared_ptr<const Dictionary> dictionary);
  ~DictionaryCoder();
  DictionaryCoder(const DictionaryCoder&) = delete;
  DictionaryCoder& operator=(const DictionaryCoder&) = delete;

  // One zstd frame. The result lives until the next call; empty if it is no shorter.
  Bytes compress(Bytes plain);
  // False if it is no such frame, or longer than the limit. For tools, tests and SDKs.
  bool decompress(Bytes frame, std::size_t bytes_max, std::string& out);

 private:
  struct State;
  std::shared_ptr<const Dictionary> dictionary_;
  std::unique_ptr<State> state_;
};

}  // namespace perseid
