#include "tools/relay/state_dictionary.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace perseid {

std::shared_ptr<const Dictionary> read_state_dictionary(const std::string& path,
                                                        std::string& problem) {
  if (path.empty()) return nullptr;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file.is_open()) content << file.rdbuf();
  if (!file.is_open() || file.bad()) {
    problem = "--state-dictionary: cannot read " + path + ": " + std::strerror(errno);
    return nullptr;
  }
  auto dictionary = Dictionary::make(content.str());
  if (dictionary == nullptr) {
    problem = "--state-dictionary: " + path + " is empty or broken; make one by zstd --train";
  }
  return dictionary;
}

Page dictionary_page(const Dictionary& dictionary) {
  return {"/dictionary/" + dictionary.hash(), "application/octet-stream", dictionary.content()};
}

}  // namespace perseid
