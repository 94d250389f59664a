// ServerConfig: what a program that embeds the relay adds to its Options.
// Thread: filled before the start, immutable from then on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "codec/dictionary.h"
#include "engine/room_rule.h"
#include "net/store/backend.h"

namespace perseid {

class EventListener;

// A static page, served at `path`.
struct Page {
  std::string path;
  std::string content_type;
  std::string body;
};

struct ServerConfig {
  std::vector<Page> pages;
  // Outlives the server; called on every shard's thread and on the one that reloads certificates,
  // so it must bear that. May be null.
  EventListener* listener = nullptr;
  std::shared_ptr<const RoomRules> room_rules = nullptr;   // or none
  std::shared_ptr<const Dictionary> dictionary = nullptr;  // or none
  // Called when the ports are bound and certificates and keys are read, before the store is opened
  // and while there is one thread. Words end the start with them. May be empty.
  std::function<std::string()> on_bound = {};
  // What keeps durable rooms; empty: what --store says. For tests, and other databases.
  std::function<std::unique_ptr<StoreBackend>()> store_backend = {};
  // Wakes sleeping shards by eventfd although the ring could: for comparison, and for tests of what
  // older kernels get.
  bool wake_by_eventfd = false;
};

}  // namespace perseid
