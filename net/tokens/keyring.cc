#include "net/tokens/keyring.h"

#include <fstream>
#include <iterator>

#include "codec/assert.h"
#include "net/tokens/token_keys.h"

namespace perseid {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;

std::string read_file(const std::string& path, std::string& out) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return "cannot read it";
  out.assign(std::istreambuf_iterator<char>(file), {});
  if (out.size() > kFileBytesMax) return "it is longer than 1 MiB";
  return {};
}

}  // namespace

std::string Keyring::parse(const std::string& text, TokenKeys& out) const {
  if (!secret_.empty()) {
    if (std::string problem = out.add_secret(secret_); !problem.empty()) {
      return "--token-secret: " + problem;
    }
  }
  if (path_.empty()) return {};
  const std::string problem = out.add_set(text);
  return problem.empty() ? problem : "--token-keys " + path_ + ": " + problem;
}

std::string Keyring::reload() {
  std::string text;
  if (!path_.empty()) {
    if (std::string problem = read_file(path_, text); !problem.empty()) {
      return "--token-keys " + path_ + ": " + problem;
    }
  }
  TokenKeys keys;
  if (std::string problem = parse(text, keys); !problem.empty()) return problem;
  const std::lock_guard lock(mutex_);  // tidy: allow lock, because it is held at reloads only
  text_ = std::move(text);
  generation_.fetch_add(1, std::memory_order_release);
  return {};
}

std::unique_ptr<TokenKeys> Keyring::keys() const {
  auto out = std::make_unique<TokenKeys>();
  const std::lock_guard lock(mutex_);      // tidy: allow lock, because it is held at reloads only
  PSD_ASSERT(parse(text_, *out).empty());  // reload() has looked
  return out;
}

}  // namespace perseid
