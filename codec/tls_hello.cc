#include "codec/tls_hello.h"

namespace perseid {
namespace {

constexpr u8 kRecordHandshake = 22;
constexpr u8 kMajorVersion = 3;
constexpr u16 kRecordBytesMax = 1 << 14;
constexpr u8 kRecordHeaderBytes = 5;
constexpr u8 kClientHello = 1;
constexpr u8 kHelloHeaderBytes = 4;

}  // namespace

TlsHello TlsHelloReader::feed(Bytes in) {
  for (const u8 byte : in) {
    if (verdict_ != TlsHello::need_more) break;
    verdict_ = take(byte);
  }
  return verdict_;
}

TlsHello TlsHelloReader::take(u8 byte) {
  if (record_at_ < kRecordHeaderBytes) return take_record_header(byte);
  if (--record_bytes_ == 0) record_at_ = 0;
  return take_hello_header(byte);
}

TlsHello TlsHelloReader::take_record_header(u8 byte) {
  switch (record_at_++) {
    case 0:
      if (byte == kRecordHandshake) return TlsHello::need_more;
      // A method's name begins with a capital letter, no record does.
      return hello_at_ == 0 && byte >= 'A' && byte <= 'Z' ? TlsHello::plain_http
                                                          : TlsHello::not_tls;
    case 1:
      return byte == kMajorVersion ? TlsHello::need_more : TlsHello::not_tls;
    case 2:
      return TlsHello::need_more;
    case 3:
      record_bytes_ = static_cast<u16>(byte << 8);
      return TlsHello::need_more;
    default:
      record_bytes_ = static_cast<u16>(record_bytes_ | byte);
      const bool fits = record_bytes_ > 0 && record_bytes_ <= kRecordBytesMax;
      return fits ? TlsHello::need_more : TlsHello::not_tls;
  }
}

TlsHello TlsHelloReader::take_hello_header(u8 byte) {
  if (hello_at_++ == 0) return byte == kClientHello ? TlsHello::need_more : TlsHello::not_tls;
  hello_bytes_ = hello_bytes_ << 8 | byte;
  if (hello_at_ < kHelloHeaderBytes) return TlsHello::need_more;
  return hello_bytes_ <= hello_bytes_max_ ? TlsHello::begins : TlsHello::too_long;
}

}  // namespace perseid
