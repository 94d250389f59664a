// Peers: who is at the other end of each connection of a shard: the address of its socket, or what
// a trusted proxy says of it (PROXY protocol, X-Forwarded-For). What limits and audit go by.
// Thread: the shard's. Owns: an address for each connection (eight bytes), while anybody asks.
// Invariants: a connection passes the gate once, when its address is settled, and leaves it once;
// only who is of --trusted-proxies is believed.
#pragma once

#include <string_view>
#include <vector>

#include "codec/proxy_header.h"
#include "net/address_gate.h"
#include "net/audit.h"

namespace perseid {

struct Connection;
struct ShardCore;

// What is known of a connection until its request is answered; a part of its Handshake.
struct Arrival {
  IpAddress address;
  u16 port = 0;
  bool speaks_tls = false;        // behind a PROXY header
  bool awaits_forwarded = false;  // --forwarded-for, and it is of a proxy
  AddressLimit over = AddressLimit::none;
  ProxyHeaderReader header;
};

// What goes with a connection that moves to another shard.
struct PeerPlace {
  PeerAddress address;
  bool counted = false;
};

class Peers {
 public:
  explicit Peers(ShardCore& core) : core_(core) {}

  // Whether nobody comes in before the kernel has told the address.
  static bool needs(const ShardCore& core);
  // Whether it is asked for at all: the log wants it too.
  static bool asks(const ShardCore& core);
  // Its address is not had: it may not come in where that is needed.
  void on_unknown(Slot slot, Connection& connection);
  void on_address(Slot slot, Connection& connection, const IpAddress& address, u16 port);
  // Bytes of one that awaits_proxy; what is behind the header is left, and the connection as far
  // as one without a proxy.
  MutableBytes read_header(Slot slot, Connection& connection, MutableBytes bytes);
  // The request has come. False if it gets no answer but that there are too many of it.
  bool on_request(Slot slot, Connection& connection, Arrival& arrival, std::string_view forwarded);
  void on_slot_freed(Slot slot, Connection& connection);

  PeerPlace take(Slot slot, Connection& connection);
  void put(Slot slot, Connection& connection, PeerPlace place);

  // For the rules' own limits: a keyed hash, never 0; 0: not known.
  u64 key(Slot slot) const;
  AddressText text(Slot slot) const;
  void tell(Slot slot, Error error, std::string_view what);
  // What the rules tell of a session; true if it has been told on.
  bool pass_on(const Event& event);

 private:
  bool enter(Slot slot, Connection& connection, Arrival& arrival);
  void settle(Slot slot, Connection& connection, Arrival& arrival);
  void take_source(Slot slot, Arrival& arrival, ProxyHeader verdict);
  void refuse_header(Slot slot, Connection& connection, std::string_view why);
  PeerAddress at(Slot slot) const {
    return slot < addresses_.size() ? addresses_[slot] : PeerAddress{};
  }
  void note(Slot slot, PeerAddress address);

  ShardCore& core_;
  std::vector<PeerAddress> addresses_;  // by slot
};

}  // namespace perseid
