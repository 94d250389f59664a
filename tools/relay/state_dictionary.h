// The file of --state-dictionary, for the relay and, as a page, for its clients.
// Thread: start-up only.
#pragma once

#include <memory>
#include <string>

#include "codec/dictionary.h"
#include "net/server_config.h"

namespace perseid {

// Null with an empty `problem`: none was asked for; else it says what is wrong.
std::shared_ptr<const Dictionary> read_state_dictionary(const std::string& path,
                                                        std::string& problem);
// Where clients find it by the hash that `joined` tells them.
Page dictionary_page(const Dictionary& dictionary);

}  // namespace perseid
