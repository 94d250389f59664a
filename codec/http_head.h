// HttpHeadReader: one HTTP/1.1 request head, read from bytes in any cut (RFC 9112), strictly.
// Thread: the owner's. Lives only until the head is read.
// Owns: the head's bytes so far, at most `head_bytes_max`.
// Invariants: every byte is looked at once as it comes; the fields are parsed once, at the end, by
//   Boost.Beast without its I/O. What could be read in two ways (section 11.2) is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"

namespace perseid {

constexpr u32 kHttpHeadersMax = 100;
constexpr std::size_t kHttpHeadBytesMax = 65536;  // what the parser's 16-bit lengths can hold
constexpr std::size_t kHttpMethodBytesMax = 32;

// Fields that come more than once are joined by ", ", in order.
struct HttpRequest {
  std::string method;
  std::string path;   // as sent, not decoded; "*" or empty where the target has none
  std::string query;  // without the question mark
  std::string host;   // with its port; the target's own if that is absolute
  std::optional<std::string> origin;
  bool http_1_1 = true;
  bool upgrade_websocket = false;   // Upgrade has the token websocket
  bool connection_upgrade = false;  // Connection has the token upgrade
  std::string ws_key;
  std::string ws_version;
  std::string subprotocols;
  std::string extensions;
  std::string authorization;
  std::string forwarded_for;  // X-Forwarded-For
  u32 header_count = 0;
};

class HttpHeadReader {
 public:
  // head_bytes_max: at most kHttpHeadBytesMax.
  explicit HttpHeadReader(std::size_t head_bytes_max);

  // Takes bytes. ok: request() is filled and `consumed` says how many of `in` the head used; what
  // is behind them is the caller's. need_more: all were taken. Else bad_request, head_too_large or
  // body_not_allowed, as early as it can be known. After anything but need_more: do not feed again.
  Error feed(Bytes in, std::size_t& consumed);

  const HttpRequest& request() const { return request_; }
  std::size_t held_bytes() const { return sizeof *this + head_.capacity(); }

 private:
  Error take_byte(u8 byte);
  Error end_line();
  Error check_request_line(std::string_view line) const;
  Error parse();

  std::size_t head_bytes_max_;
  std::string head_;
  std::size_t line_begin_ = 0;
  u32 lines_ = 0;
  bool in_method_ = true;
  bool complete_ = false;
  HttpRequest request_;
};

}  // namespace perseid
