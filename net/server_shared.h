// ServerShared: what the shards of one server have in common. Small on purpose.
// Thread: any. Options and pages are immutable; the rest is atomic or a Doorbell or Mailbox, which
// say for themselves who may call what.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "engine/options.h"
#include "engine/stats.h"
#include "net/address_gate.h"
#include "net/doorbell.h"
#include "net/handshaker.h"
#include "net/mailbox.h"
#include "net/net_stats.h"
#include "net/ring_probe.h"
#include "net/server_config.h"
#include "net/store/store_worker.h"
#include "net/tls_keeper.h"
#include "net/tokens/keyring.h"

namespace perseid {

struct ServerShared {
  Options options;
  ServerConfig config;
  RingProbe probe;
  std::array<u8, 16> hash_key{};          // decides every room's home, so it is one for all shards
  std::array<u8, 16> secret_key{};        // of the sessions' secrets: any shard may check them
  std::vector<std::array<u8, 16>> seeds;  // by shard
  u32 events_wanted = 0;                  // bit per EventKind that the listener wants
  u32 shard_count = 1;
  u32 files_per_shard = 0;
  u32 files_spare = 0;    // of those, for who is not (yet) a connection with a place
  u32 places = 0;         // --max-connections, or fewer for want of files
  bool loopback = false;  // listening on an address that only this machine reaches
  std::vector<std::unique_ptr<Mailbox>> mailboxes;   // by the receiving shard
  std::vector<std::unique_ptr<Doorbell>> doorbells;  // by the shard they ring at
  std::vector<std::unique_ptr<NetStats>> stats;      // by the shard that writes them
  std::vector<std::unique_ptr<Stats>> rules_stats;   // likewise
  // WebSocket connections that hold a place of --max-connections; touched only at their beginning
  // and end.
  std::atomic<u32> connections{0};
  std::unique_ptr<StoreWorker> store;  // null: nothing is kept
  std::unique_ptr<Keyring> keyring;    // null: nobody is asked for a token
  std::unique_ptr<TlsKeeper> tls;      // null: --port is plain
  // By the shard beside which they work; none without TLS, or with --no-handshake-threads.
  std::vector<std::unique_ptr<Handshaker>> handshakers;
  std::unique_ptr<AddressGate> gate;  // null: no limits on connections of addresses
  IpNetworks trusted_proxies;         // believed, if they tell who asked them
};

}  // namespace perseid
