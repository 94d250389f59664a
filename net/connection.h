// Connection: one socket and where it stands. Only data: what happens to it lives in acceptor,
// upgrade, receiver, frames, sender, echo and closer, each a subject of its own.
// Thread: the shard that accepted it, for life. Owns: its unfinished message, its handshake or echo
// state, its send in flight. Invariants: at most one send and one receive are in flight; the slot
// is given back only when ops_in_flight is 0 and the socket is closed.
#pragma once

#include <memory>

#include "codec/message_reader.h"
#include "engine/ids.h"
#include "engine/timer_wheel.h"

namespace perseid {

struct SendOp;

// What only some connections have: the Handshake at first, at /echo an EchoState later. One pointer
// for both, as most have neither.
struct ConnectionExtra {
  virtual ~ConnectionExtra() = default;
};

enum class Phase : u8 {
  securing,    // the TLS handshake
  handshake,   // reading the request head
  responding,  // an HTTP answer is on its way; the socket closes behind it
  open,        // WebSocket
  moving,      // to another shard: nothing is read any more, or sent
  closing,     // a close frame was asked for or is sent; the peer's is awaited
  fin_wait,    // our side is shut down; the peer's end is awaited, so that nothing we said is lost
  closed,      // the socket is being closed; operations in flight come home
};

// What the connection wants of the kernel on its receiving side (see receiver.h).
enum class Listening : u8 {
  ended,    // nothing, ever again
  receive,  // a multishot receive
  rest,     // a multishot poll, and single receives
  paused,   // nothing until the output has drained
};

struct Connection {
  MessageReader reader;
  SendOp* send = nullptr;  // in flight, from the shard's pool
  std::unique_ptr<ConnectionExtra> extra;
  u32 file = 0;  // index of the direct descriptor
  Slot session = kNoSlot;
  u32 last_message_ms = 0;  // the low half of the monotonic clock
  TimerId timer = kNoTimer;
  Phase phase = Phase::handshake;
  Listening listening = Listening::ended;
  u8 ops_in_flight = 0;
  bool recv_armed : 1 = false;
  bool recv_multishot : 1 = false;
  bool recv_cancelled : 1 = false;
  bool poll_armed : 1 = false;
  bool poll_cancelled : 1 = false;
  bool recv_fed : 1 = false;  // the receive in flight has brought bytes
  bool starved : 1 = false;
  bool flush_queued : 1 = false;
  bool blocked : 1 = false;          // the socket took a part only; it is polled for room
  bool send_close : 1 = false;       // a close frame is still to be sent
  bool close_sent : 1 = false;       // it has been handed to the kernel
  bool peer_closed : 1 = false;      // the peer's close frame, or its end of stream, came
  bool deaf : 1 = false;             // what comes is no longer read as frames
  bool counted : 1 = false;          // holds a place of --max-connections
  bool came_over : 1 = false;        // from another shard; it does so once, or it could for ever
  bool is_echo : 1 = false;          // extra is an EchoState
  bool inflates : 1 = false;         // permessage-deflate was agreed
  bool is_tls : 1 = false;           // see tls.h
  bool awaits_proxy : 1 = false;     // a PROXY header comes before anything else
  bool address_counted : 1 = false;  // holds a place at the AddressGate
  bool socket_closed : 1 = false;    // the kernel was asked to close it; nothing may follow
};
static_assert(sizeof(Connection) <= 48, "half of an idle connection's budget is the session's");

}  // namespace perseid
