// Letters of the chat: reading, moderation, what passes by, names. A part of engine/letter.h.
// Thread: as there.
#pragma once

#include <string>

#include "codec/chat_payload.h"
#include "codec/envelope.h"
#include "codec/error.h"
#include "engine/ids.h"
#include "engine/segment.h"

namespace perseid {

// Member's shard to home, answered by a TextAnswer: how far somebody has read, or what a moderator
// wants (whose permission was looked at).
struct ChatAsk {
  ClientOp op = ClientOp::read;
  SessionUid session;
  std::string user;  // the session's name
  Handle room;
  std::string room_name;  // for room.slot == kNoSlot, as in LeaveLetter
  Seq seq = 0;
  SessionUid client;  // whom; or 0 and by name
  std::string name;
  u64 duration_ms = 0;
  u32 interval_ms = 0;
  std::string id;  // raw token of the request
};

// Home to a viewing shard: a frame for each member but one, now or never.
struct PassingLetter {
  Handle view;
  SessionUid sender;      // needs not be told
  std::string frames[2];  // by flavour
};

// Home to member's shard: it has to leave the room.
struct KickLetter {
  SessionUid session;
  Handle room;
  u32 seat = kNoSlot;
  Error why = Error::ok;  // banned, or ok: only kicked
  u32 retry_after_ms = 0;
};

// The relay itself speaks: to the home of `room`, or to all sessions of a shard if that is empty.
struct NoticeLetter {
  std::string room;
  std::string payload;
};

// To the shard that keeps a name: a session bears it, or is gone.
struct NameLetter {
  u64 name_hash = 0;
  SessionUid session;
  bool gone = false;
};
// To the same: a message for all who bear the name, which the parcel has in place of a room.
struct NamedDirect {
  u64 name_hash = 0;
  SessionUid sender;
  SharedSlice parcel;
  u64 question = 0;           // the sender's shard's number for it
  u64 timestamp_unix_ms = 0;  // of what is kept; 0: now
  u8 type = 0;
};
// Back to the sender's shard: how many it was sent to (from who keeps the name), and what became of
// it at each.
struct NamedAnswer {
  SessionUid sender;
  u64 question = 0;
  u32 parts = 0;
  bool is_count = false;
  Error error = Error::ok;
};

}  // namespace perseid
