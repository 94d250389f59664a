#include "net/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace perseid {
namespace {

constexpr std::array<u8, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr u64 kV4Mark = u64{1} << 32;

u64 upper_half(const IpAddress& address) {
  u64 out = 0;
  for (u32 i = 0; i < 8; ++i) out = out << 8 | address.bytes()[i];
  return out;
}

}  // namespace

IpAddress IpAddress::v4(Bytes four) {
  IpAddress out;
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), out.bytes_.begin());
  std::copy_n(four.begin(), 4, out.bytes_.begin() + kV4Prefix.size());
  return out;
}

IpAddress IpAddress::v6(Bytes sixteen) {
  IpAddress out;
  std::copy_n(sixteen.begin(), 16, out.bytes_.begin());
  return out;
}

IpAddress IpAddress::of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return v4({reinterpret_cast<const u8*>(&in.sin_addr), sizeof in.sin_addr});
  }
  if (address.ss_family != AF_INET6) return {};
  const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
  return v6({reinterpret_cast<const u8*>(&in.sin6_addr), sizeof in.sin6_addr});
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size()) return std::nullopt;
  text.copy(copy.data(), text.size());
  if (std::strlen(copy.data()) != text.size()) return std::nullopt;
  std::array<u8, 16> bytes{};
  if (::inet_pton(AF_INET, copy.data(), bytes.data()) == 1) return v4(bytes);
  if (::inet_pton(AF_INET6, copy.data(), bytes.data()) == 1) return v6(bytes);
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes_.begin());
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = IpAddress::parse(text.substr(0, slash));
  if (!base.has_value()) return std::nullopt;
  IpNetwork out;
  out.base_ = *base;
  if (slash == std::string_view::npos) return out;
  const std::string_view bits = text.substr(slash + 1);
  const bool is_v4 = text.find(':') == std::string_view::npos;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), out.bits_);
  const bool whole = error == std::errc{} && end == bits.data() + bits.size();
  if (!whole || out.bits_ > (is_v4 ? 32 : 128)) return std::nullopt;
  if (is_v4) out.bits_ += IpAddress::kV4Bits;
  return out;
}

bool IpNetwork::contains(const IpAddress& address) const {
  for (u32 i = 0; i < 16; ++i) {
    const u32 bits = std::min(8u, bits_ > i * 8 ? bits_ - i * 8 : 0u);
    const u32 mask = 0xffu << (8 - bits);
    if (((base_.bytes()[i] ^ address.bytes()[i]) & mask & 0xffu) != 0) return false;
  }
  return address.known();
}

std::optional<IpNetworks> parse_networks(std::string_view list) {
  IpNetworks out;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view one = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    const auto network = IpNetwork::parse(one);
    if (!network.has_value()) return std::nullopt;
    out.push_back(*network);
  }
  return out;
}

bool contains(const IpNetworks& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& each) { return each.contains(address); });
}

// Nobody has an IPv6 address whose upper half begins with 16 zeros but ::1.
PeerAddress::PeerAddress(const IpAddress& address) {
  if (!address.known()) return;
  if (address.is_v4()) {
    bits_ = kV4Mark;
    for (u32 i = 0; i < 4; ++i) bits_ |= u64{address.bytes()[12 + i]} << (24 - 8 * i);
    return;
  }
  const u64 upper = upper_half(address);
  bits_ = upper >> 48 == 0 ? 1 : upper;
}

PeerAddress PeerAddress::network(u32 v4_bits, u32 v6_bits) const {
  PeerAddress out;
  const u64 mask = is_v4() ? ~u64{0} << (32 - v4_bits) : ~u64{0} << (64 - v6_bits);
  out.bits_ = bits_ & mask;
  return out.bits_ == 0 ? *this : out;
}

IpAddress PeerAddress::address() const {
  std::array<u8, 16> bytes{};
  if (!known()) return {};
  for (u32 i = 0; i < 8; ++i) bytes[i] = static_cast<u8>(bits_ >> (56 - 8 * i));
  if (is_v4()) return IpAddress::v4(Bytes(bytes).subspan(4, 4));
  if (bits_ == 1) bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return IpAddress::v6(bytes);
}

AddressText::AddressText(const IpAddress& address, u16 port) {
  if (!address.known()) return;
  const bool is_v4 = address.is_v4();
  const u8* bytes = address.bytes().data() + (is_v4 ? IpAddress::kV4Bits / 8 : 0);
  ::inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes, text_.data(), INET6_ADDRSTRLEN);
  if (port == 0) return;
  const std::size_t size = view().size();
  std::snprintf(text_.data() + size, text_.size() - size, " port %u", unsigned{port});
}

AddressText::AddressText(PeerAddress address) : AddressText(address.address()) {
  if (!address.known() || address.is_v4() || address.bits() == 1) return;
  const std::size_t size = view().size();
  std::snprintf(text_.data() + size, text_.size() - size, "/64");
}

}  // namespace perseid
