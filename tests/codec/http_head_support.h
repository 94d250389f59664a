// What the tests of request heads share: a whole good head, and reading one in pieces.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "codec/http_head.h"

namespace perseid::test {

inline std::string upgrade_head(std::string_view extra_lines = {}) {
  return "GET /ws?room=a HTTP/1.1\r\nHost: relay.example:8080\r\nUpgrade: websocket\r\n"
         "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Version: 13\r\n" +
         std::string(extra_lines) + "\r\n";
}

struct HeadResult {
  Error error = Error::need_more;
  HttpRequest request;
  std::size_t consumed = 0;  // over all pieces
};

// Feeds `in` in pieces of `piece` bytes, each in a buffer of exactly its size, until an answer.
inline HeadResult read_head(std::string_view in, std::size_t piece,
                            std::size_t head_bytes_max = 8192) {
  HttpHeadReader reader(head_bytes_max);
  HeadResult result;
  while (!in.empty() && result.error == Error::need_more) {
    const std::size_t size = std::min(piece, in.size());
    const auto exact = std::make_unique<u8[]>(size);
    std::copy_n(in.data(), size, exact.get());
    std::size_t consumed = 0;
    result.error = reader.feed({exact.get(), size}, consumed);
    result.consumed += consumed;
    in.remove_prefix(size);
  }
  result.request = reader.request();
  return result;
}

}  // namespace perseid::test
