#include "bench/ruler/uring_loop.h"

namespace perseid::ruler {
namespace {

constexpr u32 kBuffers = 4096;
constexpr u32 kBufferBytes = 4096;
constexpr u32 kNone = 0xffffffffu;

// Bytes go back out of the very buffer that they came in; a connection's waiting buffers are a
// list threaded through `next_`.
class EchoUring {
 public:
  EchoUring(UringLoop& loop, const Config& config, Counters& counters)
      : loop_(loop),
        counters_(counters),
        connections_(config.connections_max),
        next_(kBuffers, kNone),
        sizes_(kBuffers, 0) {}

  void opened(u32 slot) { connections_[slot] = {}; }
  void turn_ended() {}

  void received(u32 slot, Bytes bytes, u32 buffer) {
    Connection& connection = connections_[slot];
    next_[buffer] = kNone;
    sizes_[buffer] = static_cast<u32>(bytes.size());
    if (connection.first == kNone) {
      connection.first = buffer;
      loop_.send(slot, bytes);
    } else {
      next_[connection.last] = buffer;
    }
    connection.last = buffer;
  }

  void sent(u32 slot, int result) {
    Connection& connection = connections_[slot];
    counters_.bytes_out += static_cast<u64>(result < 0 ? 0 : result);
    loop_.give_back(connection.first);
    connection.first = next_[connection.first];
    if (connection.first != kNone) {
      loop_.send(slot, {loop_.buffer(connection.first), sizes_[connection.first]});
    } else if (connection.gone) {
      loop_.close(slot);
    }
  }

  void closed(u32 slot) {
    connections_[slot].gone = true;
    if (connections_[slot].first == kNone) loop_.close(slot);
  }

 private:
  struct Connection {
    u32 first = kNone;  // the buffer being sent
    u32 last = kNone;
    bool gone = false;
  };

  UringLoop& loop_;
  Counters& counters_;
  std::vector<Connection> connections_;
  std::vector<u32> next_;
  std::vector<u32> sizes_;
};

}  // namespace

void echo_io_uring(int listener, const Config& config, Counters& counters) {
  UringLoop loop(listener, config.connections_max, kBuffers, kBufferBytes, counters);
  EchoUring engine(loop, config, counters);
  loop.run(engine);
}

}  // namespace perseid::ruler
