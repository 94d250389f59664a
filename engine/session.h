// Session: one client's seat on its shard: who it is, what it may still send, what waits for it
// alone. Thread: the shard's. Owns: its outbox; its members hang on first_member. Invariant: small,
// because there are a million of them (see docs/architecture.md, "Budgets").
#pragma once

#include <memory>

#include "codec/wire_format.h"
#include "engine/ids.h"
#include "engine/name.h"
#include "engine/outbox.h"
#include "engine/publish_memory.h"
#include "engine/read_back.h"
#include "engine/token_bucket.h"

namespace perseid {

struct Session {
  Handle connection;            // parked: no slot, and its place in the parking as generation
  Slot first_member = kNoSlot;  // list through Member::next_in_session
  u32 last_heard_ms = 0;        // monotonic, modulo 2^32
  ReadBack read_back;
  Outbox outbox;
  TokenBucket messages_in;
  TokenBucket bytes_in;
  Name name;
  std::unique_ptr<PublishMemory> memory;
  u32 rooms = 0;
  WireFormat format;
  bool welcomed : 1 = false;
  bool touched : 1 = false;
  bool closing : 1 = false;  // only the outbox is gathered
  bool batch_out : 1 = false;
  bool budget_wait : 1 = false;  // a send_budget timer is set
  bool quiet : 1 = false;        // missed a heartbeat
  bool ping_due : 1 = false;
  bool unread : 1 = false;      // the kernel did not take the last batch whole
  bool overflowed : 1 = false;  // an answer found no room: none after it may come instead
  bool ended : 1 = false;       // for good: it is not resumed
  bool parked : 1 = false;      // its connection has gone; it may be resumed
  bool stands_in : 1 = false;   // for one whose connection it only closes: nobody hears of it
  bool admitted : 1 = true;     // it may ask for more than to be let in
  bool moderator : 1 = false;   // of --moderator-token
  bool signs : 1 = false;       // see engine/signers.h
  bool named : 1 = false;       // private messages by its name reach it
};

static_assert(sizeof(Session) <= 80, "a million of them");

}  // namespace perseid
