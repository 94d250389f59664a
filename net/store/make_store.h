// The store of one server: from its options and rules, and tied to its shards' mailboxes.
// Thread: the server's own, before the shards begin.
#pragma once

#include <string>

#include "net/server_shared.h"

namespace perseid {

// Makes shared.store, if there may be durable rooms. What is there already is opened and looked
// through now; what is wrong with it is returned, in a sentence.
std::string make_store(ServerShared& shared);
void start_store(ServerShared& shared);

}  // namespace perseid
