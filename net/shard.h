// Shard: one thread's whole world: ring, listener, connections, rules, mailbox. It owns its
// connections for life and shares nothing (DESIGN law 1); to the rules it is their World.
// Thread: constructed anywhere; open() and run() on the shard's own thread, which the ring is bound
// to.
#pragma once

#include <optional>
#include <string>

#include "net/acceptor.h"
#include "net/closer.h"
#include "net/dispatcher.h"
#include "net/drainer.h"
#include "net/echo.h"
#include "net/event_loop.h"
#include "net/frames.h"
#include "net/mailroom.h"
#include "net/mover.h"
#include "net/peers.h"
#include "net/receiver.h"
#include "net/sender.h"
#include "net/shard_core.h"
#include "net/tls.h"
#include "net/upgrade.h"

namespace perseid {

class Shard final : public World {
 public:
  // Takes over the listening sockets.
  Shard(ServerShared& shared, ShardId id, ListenSockets sockets);

  // Ring, buffers, accept; the reason in words if one cannot be had.
  std::optional<std::string> open();
  void run();  // until stopped or drained

  // World.
  bool post(ShardId to, Letter&& letter, Post urgency) override;
  void close(Handle connection, CloseCode code, std::string_view reason) override;
  void reseat(Handle connection, Slot session) override;
  bool hand_over(Handle connection, ShardId to, Opcode opcode, Bytes message, u32 done) override;
  void emit(const Event& event) override;

 private:
  RelayConfig relay_config() const;

  ShardCore core_;
  Acceptor acceptor_;
  Upgrader upgrader_;
  Receiver receiver_;
  Frames frames_;
  Sender sender_;
  Echo echo_;
  Closer closer_;
  Mover mover_;
  Peers peers_;
  Tls tls_;
  Mailroom mailroom_;
  Dispatcher dispatcher_;
  Drainer drainer_;
  EventLoop loop_;
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<Relay> relay_;
};

}  // namespace perseid
