// ProxyHeaderReader: what a proxy says of its client before anything else: the PROXY protocol,
// version 2 (HAProxy's proxy-protocol.txt, section 2.2), strictly.
// Thread: one per connection. Owns: the header's fixed part; what follows it is skipped.
// Invariants: the same bytes get the same verdict, wherever they are cut; not a byte behind the
// header is taken; nothing is kept for what is announced.
#pragma once

#include <array>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {

constexpr std::size_t kProxyHeaderBytesMax = 4096;  // with its TLVs, a client's certificate too

enum class ProxyHeader : u8 {
  need_more,
  local,    // the proxy itself, to see whether we live
  unknown,  // for somebody whose address it does not tell
  v4,
  v6,
  refused,
};

class ProxyHeaderReader {
 public:
  // Once the verdict is not need_more do not feed again. `consumed`: of `in`, what was the header.
  ProxyHeader feed(Bytes in, std::size_t& consumed);

  // Of v4 four bytes, of v6 sixteen.
  Bytes address() const { return Bytes(head_).subspan(kFixedBytes, is_v6() ? 16 : 4); }
  u16 port() const;
  std::string_view why() const { return why_; }  // static text, if refused

 private:
  static constexpr std::size_t kFixedBytes = 16;
  static constexpr u32 kV4Bytes = 12;  // two addresses, two ports
  static constexpr u32 kV6Bytes = 36;

  bool is_v6() const { return verdict_ == ProxyHeader::v6; }
  bool take_fixed(u8 byte);
  bool take_family(u8 byte);
  bool take_length();
  bool refuse(std::string_view why);

  std::array<u8, kFixedBytes + kV6Bytes> head_{};
  u32 taken_ = 0;
  u32 size_ = kFixedBytes;  // of the whole header, as far as it is known
  ProxyHeader verdict_ = ProxyHeader::need_more;
  std::string_view why_;
};

}  // namespace perseid
