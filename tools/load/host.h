// The server's address from what the person wrote. Thread: start-up only.
#pragma once

#include <string>

namespace perseid::load {

// "localhost" as "127.0.0.1": the first IPv4 address of a name. Throws std::runtime_error if it has
// none.
std::string numeric_host(const std::string& host);

}  // namespace perseid::load
