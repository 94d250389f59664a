// SpawnedServer: a server that the load starts itself (--spawn), and ends.
// Thread: one. Owns: the child process. Invariant: the child has said `listening on HOST:PORT`
// when the constructor returns; it is ended and waited for by the destructor.
#pragma once

#include <sys/types.h>

#include <string>

#include "codec/bytes.h"

namespace perseid::load {

class SpawnedServer {
 public:
  // Runs `command` by the shell. Throws std::runtime_error if it ends, or says nothing within 20 s.
  // Quiet: what it says on standard error is shown only then.
  SpawnedServer(const std::string& command, bool quiet);
  ~SpawnedServer();
  SpawnedServer(const SpawnedServer&) = delete;
  SpawnedServer& operator=(const SpawnedServer&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& host() const { return host_; }
  u16 port() const { return port_; }

 private:
  void start(const std::string& command);
  void read_address();
  std::string said() const;  // on standard error, if that is kept

  pid_t pid_ = -1;
  int output_ = -1;
  int errors_ = -1;  // a file in memory, if it is to be quiet
  std::string host_;
  u16 port_ = 0;
};

}  // namespace perseid::load
