// World: what the rules ask of the world around them. net::Shard implements it over rings and
// mailboxes, tests/sim over a simulated network. Calls come only from the shard's own thread,
// inside a turn.
#pragma once

#include <string_view>

#include "codec/close_code.h"
#include "codec/frame.h"
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
  // The connection speaks for another session of this shard from now on: what comes is that one's,
  // and so is what it is sent, a batch that is on its way included.
  virtual void reseat(Handle connection, Slot session) = 0;
  // The connection's client asks for a session of another shard: it is to move there. `message` is
  // what it sent, of which `done` requests are done: it is received there anew, and what came
  // behind it after. Nothing more comes from it here. False if it cannot: it then stays.
  virtual bool hand_over(Handle connection, ShardId to, Opcode opcode, Bytes message, u32 done) {
    (void)connection, (void)to, (void)opcode, (void)message, (void)done;
    return false;
  }
  virtual void emit(const Event& event) = 0;
};

}  // namespace perseid
