// Server: the relay as a part of any program: shards, their threads, their start and end.
//   Server server(options, {.pages = …, .listener = &mine});
//   if (auto result = server.start(); !result.ok) …
// Thread: start(), join() and the destructor from one thread; drain() and stop() from any, also
// from a signal handler's thread. Owns: threads, shards, what they share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/options.h"
#include "engine/stats.h"
#include "engine/warning.h"
#include "net/net_stats.h"
#include "net/ring_probe.h"
#include "net/server_config.h"

namespace perseid {

struct StartReport {
  std::string kernel;  // release
  std::vector<RingFeature> features;
  std::string host;
  u16 port = 0;
  bool tls = false;    // at that port
  u16 plain_port = 0;  // 0: there is none
  std::string plain_host;
  std::string kernel_tls;  // in words; empty without TLS
  u32 shards = 0;
  std::vector<u32> cpus;    // the shard's, in order; empty if they are not pinned
  u32 connections_max = 0;  // that fit: --max-connections, or fewer for want of descriptors
  u32 token_keys = 0;       // 0: nobody is asked for a token
  bool loopback = false;    // only this machine reaches it
  u32 file_limit = 0;       // RLIMIT_NOFILE after raising it as far as allowed
  std::vector<Warning> warnings;
};

struct StartResult {
  bool ok = false;
  std::string error;  // a sentence for a person, if not ok
  StartReport report;
};

class Server {
 public:
  explicit Server(Options options, ServerConfig config = {});
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Returns when every shard accepts, or nothing runs and the error says why.
  StartResult start();
  u16 port() const;
  u32 connections() const;
  // Reads the keys of tokens anew; what is wrong if they stay as they were, else empty. From any
  // thread, one at a time.
  bool has_token_keys() const;
  std::string reload_tokens();
  // Goaway to all, flush, close 1001; ends when everyone is gone or after --drain-timeout-ms.
  void drain();
  void stop();  // at once
  void join();  // until all shards have ended
  // Certificates and keys as their files are now, for new connections. The reason in words if the
  // old ones stay. From any thread.
  std::string reload_certificates();
  bool has_certificates() const;
  // Summed over the shards, at any time.
  Stats stats() const;
  NetStatsSum net_stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace perseid
