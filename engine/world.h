// World: what the rules ask of the world around them. net::Shard implements it over rings and
// mailboxes, tests/sim over a simulated network. Calls come only from the shard's own thread,
// inside a turn.
#pragma once

#include <string_view>

#include "codec/close_code.h"
#include "engine/event.h"
#include "engine/ids.h"

namespace perseid {

class Letter;

// Urgency of a letter: bulk is refused when the other shard's mailbox is full (the sender is told
// `overloaded`); control always passes (joins, lanes' ends, answers: what a shard causes
// by reading, of which it reads less while it is behind).
enum class Post : u8 { bulk, control };

class World {
 public:
  virtual ~World() = default;
  // Hands a letter to another shard's mailbox; false if it was refused (letter untouched).
  virtual bool post(ShardId to, Letter&& letter, Post urgency) = 0;
  // Ends a connection: what its outbox holds is still sent, then a close frame, then the socket
  // closes. The relay hears of it by Relay::closed(), later, never from inside this call.
  virtual void close(Handle connection, CloseCode code, std::string_view reason) = 0;
  virtual void emit(const Event& event) = 0;
};

}  // namespace perseid
