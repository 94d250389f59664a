// Listening sockets: one per shard on one port (SO_REUSEPORT), so the kernel spreads connections
// and no shard hands any to another.
// Thread: the server's, at start. Owns: nothing; who asked owns the descriptors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/options.h"

namespace perseid {

struct Listeners {
  std::vector<int> fds;   // one per shard
  u16 port = 0;           // the real one, if 0 was asked for
  bool loopback = false;  // only this machine reaches it
};

// Where to listen, and the flag that a person would change.
struct ListenAt {
  std::string host;
  u16 port = 0;
  const char* host_flag = "--host";
  const char* port_flag = "--port";
};

// The reason in a person's words if the address cannot be had; then nothing stays open.
std::optional<std::string> open_listeners(const ListenAt& at, const Options& options,
                                          u32 shard_count, Listeners& out);
std::optional<std::string> open_listeners(const Options& options, u32 shard_count, Listeners& out);

}  // namespace perseid
