// TlsHelloReader: looks at the first bytes of a connection that should speak TLS (RFC 8446 sections
// 4.1.2 and 5.1): that they begin a ClientHello, and that it announces no more than it may, before
// a TLS library makes room for it.
// Thread: one per connection. Owns: nothing; it keeps no byte.
// Invariant: the same bytes get the same verdict, wherever they are cut.
#pragma once

#include "codec/bytes.h"

namespace perseid {

enum class TlsHello : u8 {
  need_more,
  begins,      // a ClientHello within the limit
  plain_http,  // somebody who takes this port for one without TLS
  not_tls,
  too_long,
};

class TlsHelloReader {
 public:
  explicit TlsHelloReader(u32 hello_bytes_max) : hello_bytes_max_(hello_bytes_max) {}
  // Once the verdict is not need_more it stays.
  TlsHello feed(Bytes in);

 private:
  TlsHello take(u8 byte);
  TlsHello take_record_header(u8 byte);
  TlsHello take_hello_header(u8 byte);

  u32 hello_bytes_max_;
  TlsHello verdict_ = TlsHello::need_more;
  u8 record_at_ = 0;      // bytes of the record's header that were seen
  u8 hello_at_ = 0;       // likewise, of the handshake message's, which records may cut
  u16 record_bytes_ = 0;  // left of the record
  u32 hello_bytes_ = 0;
};

}  // namespace perseid
