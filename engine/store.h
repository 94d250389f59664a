// Store: what outlives the relay, as the rules see it: jobs that go there as values and come back,
// answered, as letters. The rules know no database; net/store/ has those.
// Thread: submit() and reserve() from any shard, each for itself; a job belongs to whoever holds
// it. Invariants: jobs of one shard are done and come back in the order submitted; an append that
// comes back without an error is on disk; one whose first seq does not follow the room's last is
// refused.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "codec/error.h"
#include "engine/ids.h"
#include "engine/segment.h"

namespace perseid {

// One event of a room's chat lane. With a target it edits, marks or removes the event of that seq.
struct StoredMessage {
  Seq seq = 0;
  Seq target = 0;
  u64 timestamp_unix_ms = 0;
  u64 sender = 0;
  std::string payload;
};

// Small things that a room remembers: bans, read positions.
struct StoredFact {
  std::string key;
  std::string value;
};

struct StoredDirect {
  u64 number = 0;  // grows with each
  u64 timestamp_unix_ms = 0;
  std::string from;
  std::string to;
  std::string payload;
};

namespace store {

// A room is wanted. It goes on in its old epoch if the store holds all that was acknowledged in it,
// else in `fresh_epoch`; in either case behind the last seq that is stored.
struct OpenRoom {
  std::string name = {};
  std::string fresh_epoch = {};
  u32 events_max = 0;
  u32 bytes_max = 0;
  // The answer.
  bool found = false;
  u64 room = 0;  // the store's number of it
  std::string epoch = {};
  Seq last_seq = 0;
  Seq action_seq = 0;                      // no action of this epoch had a seq beyond
  std::vector<StoredMessage> newest = {};  // in order, without holes, up to last_seq
  std::vector<StoredFact> facts = {};
};

// A publish on its way to the disk; the parcel is as in engine/parcel.h.
struct Entry {
  Seq seq = 0;
  Seq target = 0;
  u64 timestamp_unix_ms = 0;
  SessionUid sender = {};
  SharedSlice parcel = {};
  u64 repeat_key = 0;
};
struct Append {
  u64 room = 0;
  // Members have seen it already: until a clean close the epoch may not go on.
  bool behind = false;
  std::vector<Entry> entries = {};
};

// What a page of so many messages is reckoned at, before anybody has read it.
constexpr u32 page_bytes(u32 messages, u32 bytes_max) {
  constexpr u32 kMessageBytes = 4096;
  return 256 + (messages < bytes_max / kMessageBytes ? messages * kMessageBytes : bytes_max);
}

// Messages (target 0) before a seq, the newest `limit`, and the events whose target is among them.
// No more messages than fit, one in any case; and none whose events do not all fit, but for one
// alone: of its events the newest.
struct ReadPage {
  u64 room = 0;
  Seq before = 0;
  u32 limit = 0;
  u32 bytes_max = 0;
  u64 change = 0;  // not 0: of a change that waits to see what it is about
  // The asker, and what the room itself still held of the page.
  SessionUid session = {};
  std::string id = {};
  std::string room_name = {};
  std::string newer_json = {};  // an array
  // The answer, in order of seq.
  std::vector<StoredMessage> messages = {};
  std::vector<StoredMessage> events = {};
};

struct PutFact {
  u64 room = 0;
  StoredFact fact = {};
};
struct DropFact {
  u64 room = 0;
  std::string key = {};
};

struct AppendDirect {
  StoredDirect message;  // the store numbers it
  u64 question = 0;      // the asker's number for it; 0: it has been delivered
};
// Between two parties, the newest `limit` before a number, as far as they fit; one in any case.
struct ReadDirect {
  std::string one = {};
  std::string other = {};
  u64 before = 0;
  u32 limit = 0;
  u32 bytes_max = 0;
  SessionUid session = {};
  std::string id = {};
  std::vector<StoredDirect> messages = {};  // the answer, in order
};

// Nothing more comes for it until it is opened again.
struct CloseRoom {
  u64 room = 0;
  Seq last_seq = 0;
  Seq action_seq = 0;
};

}  // namespace store

struct StoreJob {
  using Body =
      std::variant<store::OpenRoom, store::Append, store::ReadPage, store::PutFact, store::DropFact,
                   store::AppendDirect, store::ReadDirect, store::CloseRoom>;
  ShardId shard = 0;       // who asks, and is answered
  Handle room;             // the asker's own name for the room
  u32 reserved_bytes = 0;  // given back when the job is done
  bool silent = false;     // nobody waits for the answer
  Error error = Error::ok;
  Body body;
  // Private messages belong to no room.
  bool is_private() const {
    return std::holds_alternative<store::AppendDirect>(body) ||
           std::holds_alternative<store::ReadDirect>(body);
  }
};

class Store {
 public:
  virtual ~Store() = default;
  // Room for so many bytes on their way (--store-queue-bytes-max); false if there is none. `force`
  // for what must not be refused any more.
  virtual bool reserve(u32 bytes, bool force = false) = 0;
  virtual void submit(std::unique_ptr<StoreJob> job) = 0;
};

}  // namespace perseid
