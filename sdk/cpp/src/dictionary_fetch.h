// DictionaryFetch: gets the dictionary that packs a relay's state (GET /dictionary/HASH), beside
// the connection that needs it. Thread: the client's. Owns: a transport of its own. Invariants: no
// call blocks; what was fetched has the hash that was asked for.
#pragma once

#include <memory>
#include <string>

#include "codec/dictionary.h"
#include "sdk/cpp/src/upgrade.h"

namespace perseid {
inline namespace sdk {

class DictionaryFetch {
 public:
  DictionaryFetch(std::unique_ptr<Transport> transport, const Url& url, std::string hash,
                  double deadline_ms);

  enum class Status : u8 { busy, ready, failed };
  Status step(double now_ms);
  const std::string& hash() const { return hash_; }
  std::shared_ptr<const Dictionary> dictionary() const { return dictionary_; }

 private:
  static constexpr std::size_t kAnswerBytesMax = 4 * MiB;
  bool read_all();
  Status finish();

  std::unique_ptr<Transport> transport_;
  std::string hash_;
  double deadline_ms_;
  std::string request_;
  std::string answer_;
  bool connected_ = false;
  std::shared_ptr<const Dictionary> dictionary_;
};

}  // namespace sdk
}  // namespace perseid
