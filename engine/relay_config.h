// RelayConfig, PeerInfo: what a Relay is told from outside.
// Thread: plain values.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "codec/dictionary.h"
#include "codec/wire_format.h"
#include "engine/authenticator.h"
#include "engine/ids.h"
#include "engine/options.h"
#include "engine/room_rule.h"
#include "engine/stats.h"
#include "engine/store.h"

namespace perseid {

struct RelayConfig {
  const Options* options = nullptr;                  // outlives the relay
  std::shared_ptr<const RoomRules> rules = nullptr;  // of the config file; or null
  ShardId shard = 0;
  u32 shard_count = 1;
  std::shared_ptr<const Dictionary> dictionary = nullptr;  // of --state-dictionary; or null
  std::array<u8, 16> hash_key{};           // the same on all shards: it decides every room's home
  std::array<u8, 16> secret_key{};         // likewise: the sessions' secrets are made under it
  u32 events_wanted = ~0u;                 // bit per EventKind: others are not even made
  Stats* stats = nullptr;                  // where to count; null: in the relay itself
  Store* store = nullptr;                  // outlives the relay; null: nothing is kept
  Authenticator* authenticator = nullptr;  // likewise; null: anybody may come in
  std::array<u8, 16> seed{};               // differs per shard: epochs, first generation
};

struct PeerInfo {
  Handle connection;                               // the world's own name for it
  WireFormat format;                               // JSON or binary, deflated or not
  std::string_view connection_type = "websocket";  // static storage
  u64 address_key = 0;                             // hash of the IP address; 0: unknown
  std::shared_ptr<const Grant> grant = nullptr;    // of a token that came before any message
};

}  // namespace perseid
