// Keyring: where the keys of tokens come from: the file of --token-keys, read anew when somebody
// says so, and --token-secret. Thread: any; reload() from one at a time. Shards look at
// generation(), an atomic, for each token, and take the text only when that has changed. Invariant:
// what it gives out has been parsed without a problem; a file that is not in order leaves what was
// there before.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "engine/options.h"

namespace perseid {

class TokenKeys;

class Keyring {
 public:
  explicit Keyring(const Options& options)
      : path_(options.token_keys), secret_(options.token_secret) {}

  bool is_wanted() const { return !path_.empty() || !secret_.empty(); }
  // What is wrong, empty if nothing is.
  std::string reload();
  u64 generation() const { return generation_.load(std::memory_order_acquire); }
  std::unique_ptr<TokenKeys> keys() const;

 private:
  std::string parse(const std::string& text, TokenKeys& out) const;
  const std::string path_;
  const std::string secret_;
  mutable std::mutex mutex_;  // tidy: allow lock, because it is held at reloads only
  std::string text_;
  std::atomic<u64> generation_{0};
};

}  // namespace perseid
