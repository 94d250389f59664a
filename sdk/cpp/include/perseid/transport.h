// Transport: a stream of bytes to a host. TCP is built in, and TLS over it (tls.h); put a proxy or
// a test beneath a Client by ClientConfig::transport. Thread: the client's. Invariant: no call
// blocks.
#pragma once

#include <perseid/types.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "codec/bytes.h"

namespace perseid {
inline namespace sdk {

struct Endpoint {
  bool tls = false;  // the url was wss://
  std::string host = {};
  u16 port = 0;
};

class Transport {
 public:
  enum class Status : u8 { ok, again, failed };
  struct Moved {
    Status status = Status::ok;
    std::size_t bytes = 0;  // ok: at least one
  };
  virtual ~Transport() = default;
  // Goes on connecting; call it again when fd() is ready, or after a few milliseconds while fd() is
  // -1. ok: the stream stands (handshakes included).
  virtual Status connect() = 0;
  virtual Moved read(std::span<u8> into) = 0;  // failed: the end, too
  virtual Moved write(std::span<const u8> from) = 0;
  // For poll(2); -1 while there is none (a name is being looked up).
  virtual int fd() const = 0;
  // Whether connect() or the last `again` waits for writing; a TLS read may.
  virtual bool wants_write() const = 0;
  // Whether read() may have bytes though fd() is not ready: those that were taken already.
  virtual bool has_more() const { return false; }
  // Why it failed, for people, and for programs.
  virtual std::string error() const = 0;
  virtual LinkFault fault() const { return LinkFault::ended; }
};

using TransportFactory = std::function<std::unique_ptr<Transport>(const Endpoint&)>;

// Connects to the first address that answers. A name is looked up on a thread of its own. Null
// where TLS is wanted.
std::unique_ptr<Transport> make_tcp_transport(const Endpoint& endpoint);

}  // namespace sdk
}  // namespace perseid
