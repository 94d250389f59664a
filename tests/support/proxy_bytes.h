// PROXY headers of version 2, as proxies write them, and as nobody should.
#pragma once

#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid::test {

constexpr std::string_view kProxySignature("\r\n\r\n\0\r\nQUIT\n", 12);

struct ProxyBytes {
  u8 command = 0x21;
  u8 family = 0x11;
  std::string body = {};
  int length = -1;  // else what is announced
};

inline std::string proxy_header(const ProxyBytes& what) {
  const auto length =
      static_cast<u32>(what.length < 0 ? static_cast<int>(what.body.size()) : what.length);
  return std::string(kProxySignature) + static_cast<char>(what.command) +
         static_cast<char>(what.family) + static_cast<char>(length >> 8) +
         static_cast<char>(length & 0xff) + what.body;
}

// Two addresses of four bytes, two ports.
inline std::string proxy_v4_body(u8 a, u8 b, u8 c, u8 d, u16 port = 4711) {
  return {static_cast<char>(a),
          static_cast<char>(b),
          static_cast<char>(c),
          static_cast<char>(d),
          10,
          0,
          0,
          1,
          static_cast<char>(port >> 8),
          static_cast<char>(port & 0xff),
          1,
          0};
}

inline std::string proxy_v4(u8 a, u8 b, u8 c, u8 d, u16 port = 4711) {
  return proxy_header({.body = proxy_v4_body(a, b, c, d, port)});
}

}  // namespace perseid::test
