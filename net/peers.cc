#include "net/peers.h"

#include <utility>

#include "net/closer.h"
#include "net/forwarded_for.h"
#include "net/tls.h"
#include "net/upgrade.h"

namespace perseid {
namespace {

std::string_view limit_text(AddressLimit limit) {
  switch (limit) {
    case AddressLimit::address:
      return "more connections than --address-connections-max";
    case AddressLimit::subnet:
      return "more connections than --subnet-connections-max";
    case AddressLimit::rate:
      return "more new connections than --address-connections-per-second";
    case AddressLimit::none:
      break;
  }
  return {};
}

Counter& refusals(NetStats& stats, AddressLimit limit) {
  return limit == AddressLimit::address  ? stats.address_connections_refused
         : limit == AddressLimit::subnet ? stats.subnet_connections_refused
                                         : stats.address_rate_refused;
}

}  // namespace

bool Peers::needs(const ShardCore& core) {
  return core.shared.probe.fixed_fd_install &&
         (limits_addresses(core.options) || !core.shared.trusted_proxies.empty());
}

bool Peers::asks(const ShardCore& core) {
  return needs(core) || (core.shared.probe.fixed_fd_install && core.audit.is_wanted());
}

void Peers::note(Slot slot, PeerAddress address) {
  if (addresses_.size() <= slot) {
    if (!address.known()) return;
    addresses_.resize(slot + 1);
  }
  addresses_[slot] = address;
}

void Peers::on_unknown(Slot slot, Connection& connection) {
  if (!AddressGate::is_wanted(core_.options) && !connection.awaits_proxy) return;
  core_.stats.addresses_unknown.add();
  core_.closer->finish(slot, connection);
}

void Peers::on_address(Slot slot, Connection& connection, const IpAddress& address, u16 port) {
  Arrival& arrival = handshake_of(connection).arrival;
  arrival.address = address;
  arrival.port = port;
  note(slot, PeerAddress(address));
  if (!connection.awaits_proxy) return settle(slot, connection, arrival);
  if (!contains(core_.shared.trusted_proxies, address)) {
    refuse_header(slot, connection, "it is not of --trusted-proxies");
  }
}

// The address is known, but perhaps only that of one more proxy.
void Peers::settle(Slot slot, Connection& connection, Arrival& arrival) {
  arrival.awaits_forwarded =
      core_.options.forwarded_for && contains(core_.shared.trusted_proxies, arrival.address);
  if (arrival.awaits_forwarded) return;
  if (!enter(slot, connection, arrival)) core_.closer->finish(slot, connection);
}

// False if it is to be dropped.
bool Peers::enter(Slot slot, Connection& connection, Arrival& arrival) {
  const PeerAddress who(arrival.address);
  note(slot, who);
  AddressGate* gate = core_.shared.gate.get();
  if (gate == nullptr) return true;
  const Passage passage = gate->enter(who, core_.now.mono_ms);
  connection.address_counted = passage.counted;
  arrival.over = passage.over;
  if (passage.over == AddressLimit::none) return true;
  refusals(core_.stats, passage.over).add();
  core_.audit.tell(core_.now, AddressText(arrival.address, arrival.port).view(),
                   Error::connection_limit, limit_text(passage.over));
  return passage.counted;
}

MutableBytes Peers::read_header(Slot slot, Connection& connection, MutableBytes bytes) {
  if (connection.phase != Phase::handshake) return {};
  Arrival& arrival = handshake_of(connection).arrival;
  std::size_t consumed = 0;
  const ProxyHeader verdict = arrival.header.feed(bytes, consumed);
  if (verdict == ProxyHeader::need_more) return {};
  const bool is_known = arrival.address.known();
  if (verdict == ProxyHeader::refused || !is_known) {
    refuse_header(slot, connection, is_known ? arrival.header.why() : "its address is not known");
    return {};
  }
  core_.stats.proxy_headers.add();
  connection.awaits_proxy = false;
  take_source(slot, arrival, verdict);
  // A proxy that looks after us is nobody's client.
  if (verdict != ProxyHeader::local) settle(slot, connection, arrival);
  if (connection.phase != Phase::closed && arrival.speaks_tls) core_.tls->begin(slot, connection);
  return connection.phase == Phase::closed ? MutableBytes{} : bytes.subspan(consumed);
}

void Peers::take_source(Slot slot, Arrival& arrival, ProxyHeader verdict) {
  IpAddress source;
  if (verdict == ProxyHeader::v4) source = IpAddress::v4(arrival.header.address());
  if (verdict == ProxyHeader::v6) source = IpAddress::v6(arrival.header.address());
  if (!source.known()) return;
  arrival.address = source;
  arrival.port = arrival.header.port();
  note(slot, PeerAddress(source));
}

void Peers::refuse_header(Slot slot, Connection& connection, std::string_view why) {
  core_.stats.proxy_headers_refused.add();
  tell(slot, Error::bad_proxy_header, why);
  core_.closer->finish(slot, connection);
}

bool Peers::on_request(Slot slot, Connection& connection, Arrival& arrival,
                       std::string_view forwarded) {
  if (!std::exchange(arrival.awaits_forwarded, false)) return true;
  const IpAddress who = forwarded_for(forwarded, arrival.address, core_.shared.trusted_proxies);
  if (who != arrival.address) arrival.port = 0;
  arrival.address = who;
  return enter(slot, connection, arrival);
}

void Peers::on_slot_freed(Slot slot, Connection& connection) {
  if (slot >= addresses_.size()) return;
  if (connection.address_counted) core_.shared.gate->leave(addresses_[slot]);
  connection.address_counted = false;
  addresses_[slot] = {};
}

PeerPlace Peers::take(Slot slot, Connection& connection) {
  const PeerPlace out{.address = at(slot), .counted = connection.address_counted};
  connection.address_counted = false;
  note(slot, {});
  return out;
}

void Peers::put(Slot slot, Connection& connection, PeerPlace place) {
  note(slot, place.address);
  connection.address_counted = place.counted;
}

u64 Peers::key(Slot slot) const {
  const u64 bits = at(slot).bits();
  if (bits == 0) return 0;
  return KeyedHash{core_.shared.hash_key}(
             as_text({reinterpret_cast<const u8*>(&bits), sizeof bits})) |
         1;
}

AddressText Peers::text(Slot slot) const {
  const Connection& connection = core_.connections[slot];
  const bool arrives = connection.phase == Phase::securing || connection.phase == Phase::handshake;
  if (!arrives || connection.extra == nullptr) return AddressText(at(slot));
  const Arrival& arrival = static_cast<const Handshake&>(*connection.extra).arrival;
  return AddressText(arrival.address, arrival.port);
}

void Peers::tell(Slot slot, Error error, std::string_view what) {
  core_.audit.tell(core_.now, text(slot).view(), error, what);
}

bool Peers::pass_on(const Event& event) {
  if (!event.client || !Audit::is_security(event)) return false;
  const Handle handle = core_.relay->connection_of(event.client.handle().slot);
  const AddressText address =
      core_.connections.find(handle) == nullptr ? AddressText{} : text(handle.slot);
  return core_.audit.pass_on(event, address.view());
}

}  // namespace perseid
