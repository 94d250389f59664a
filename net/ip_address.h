// IpAddress, IpNetwork: who is at the other end of a connection; PeerAddress: the same in eight
// bytes, for as long as the connection lasts. The one place that knows how addresses are written.
// Thread: none; plain values.
// Invariants: an IPv4 address is one, however it was written (::ffff:a.b.c.d too); unknown is 0.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "codec/bytes.h"

struct sockaddr_storage;

namespace perseid {

class IpAddress {
 public:
  static constexpr u32 kV4Bits = 96;  // a prefix of so many bits stands before an IPv4 address

  IpAddress() = default;  // unknown
  static IpAddress of(const sockaddr_storage& address);
  static IpAddress v4(Bytes four);
  static IpAddress v6(Bytes sixteen);
  // Without port, brackets or zone.
  static std::optional<IpAddress> parse(std::string_view text);

  bool known() const { return *this != IpAddress{}; }
  bool is_v4() const;
  const std::array<u8, 16>& bytes() const { return bytes_; }
  bool operator==(const IpAddress&) const = default;

 private:
  std::array<u8, 16> bytes_{};  // IPv4 as ::ffff:a.b.c.d
};

// a.b.c.d/n, x::y/n, or one address.
class IpNetwork {
 public:
  static std::optional<IpNetwork> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
  // All of IPv4, of IPv6, or both.
  bool is_everybody() const { return bits_ == 0 || (bits_ == IpAddress::kV4Bits && base_.is_v4()); }

 private:
  IpAddress base_;
  u32 bits_ = 128;
};

using IpNetworks = std::vector<IpNetwork>;
// With commas between them; nothing if one of them is none.
std::optional<IpNetworks> parse_networks(std::string_view list);
bool contains(const IpNetworks& networks, const IpAddress& address);

// What one client can have many of at will is one: of an IPv6 address its /64.
class PeerAddress {
 public:
  PeerAddress() = default;
  explicit PeerAddress(const IpAddress& address);
  bool known() const { return bits_ != 0; }
  bool is_v4() const { return bits_ >> 32 == 1; }
  // The network of so many bits that it is in.
  PeerAddress network(u32 v4_bits, u32 v6_bits) const;
  u64 bits() const { return bits_; }
  IpAddress address() const;  // of IPv6 the first of its /64
  bool operator==(const PeerAddress&) const = default;

 private:
  u64 bits_ = 0;  // IPv4: 1, then the address; IPv6: its upper half, which is never so small
};

// For a person; no allocation.
class AddressText {
 public:
  AddressText() = default;
  explicit AddressText(const IpAddress& address, u16 port = 0);
  explicit AddressText(PeerAddress address);
  std::string_view view() const { return text_.data(); }  // empty: it is not known

 private:
  std::array<char, 64> text_{};
};

}  // namespace perseid
