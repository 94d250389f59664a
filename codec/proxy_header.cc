#include "codec/proxy_header.h"

namespace perseid {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr u32 kVersionAt = 12;
constexpr u32 kFamilyAt = 13;
constexpr u32 kLengthAt = 14;
constexpr u8 kLocal = 0x20;  // version 2 and the command
constexpr u8 kProxy = 0x21;
constexpr u8 kUnspecified = 0x00;  // family and protocol
constexpr u8 kTcp4 = 0x11;
constexpr u8 kTcp6 = 0x21;
constexpr u8 kUnixStream = 0x31;

}  // namespace

ProxyHeader ProxyHeaderReader::feed(Bytes in, std::size_t& consumed) {
  consumed = 0;
  for (const u8 byte : in) {
    ++consumed;
    if (taken_ < head_.size()) head_[taken_] = byte;
    if (taken_ < kFixedBytes && !take_fixed(byte)) return ProxyHeader::refused;
    if (++taken_ == size_) return verdict_;
  }
  return ProxyHeader::need_more;
}

bool ProxyHeaderReader::take_fixed(u8 byte) {
  if (taken_ < kSignature.size()) {
    if (byte == static_cast<u8>(kSignature[taken_])) return true;
    return refuse(taken_ == 0 && byte == 'P' ? "what came is no PROXY header of version 2 (1?)"
                                             : "what came is no PROXY header of version 2");
  }
  if (taken_ == kVersionAt) {
    return byte == kLocal || byte == kProxy || refuse("the PROXY header's version or command");
  }
  if (taken_ == kFamilyAt) return take_family(byte);
  return taken_ != kLengthAt + 1 || take_length();
}

// Of LOCAL whatever it says is not looked at (section 2.2).
bool ProxyHeaderReader::take_family(u8 byte) {
  verdict_ = ProxyHeader::local;
  if (head_[kVersionAt] == kLocal) return true;
  switch (byte) {
    case kTcp4:
      verdict_ = ProxyHeader::v4;
      return true;
    case kTcp6:
      verdict_ = ProxyHeader::v6;
      return true;
    case kUnspecified:
    case kUnixStream:
      verdict_ = ProxyHeader::unknown;
      return true;
    default:
      return refuse("the PROXY header's family or protocol");
  }
}

bool ProxyHeaderReader::take_length() {
  const u32 length = u32{head_[kLengthAt]} << 8 | head_[kLengthAt + 1];
  size_ = kFixedBytes + length;
  if (size_ > kProxyHeaderBytesMax) return refuse("the PROXY header is too long");
  const u32 least = verdict_ == ProxyHeader::v4 ? kV4Bytes : is_v6() ? kV6Bytes : 0;
  return length >= least || refuse("the PROXY header is too short for its addresses");
}

bool ProxyHeaderReader::refuse(std::string_view why) {
  verdict_ = ProxyHeader::refused;
  why_ = why;
  return false;
}

u16 ProxyHeaderReader::port() const {
  const u8* at = head_.data() + kFixedBytes + (is_v6() ? 32 : 8);
  return static_cast<u16>(at[0] << 8 | at[1]);
}

}  // namespace perseid
