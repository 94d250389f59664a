#include <unordered_map>

#include "bench/ruler/epoll_loop.h"

namespace perseid::ruler {
namespace {

class EchoEpoll {
 public:
  EchoEpoll(EpollLoop& loop, Counters& counters) : loop_(loop), counters_(counters) {}

  void opened(int) {}
  void turn_ended() {}

  void readable(int fd) {
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) {
      unsent_.erase(fd);
      ::close(fd);
      return;
    }
    counters_.bytes_in += static_cast<u64>(got);
    send({buffer_.data(), static_cast<std::size_t>(got)}, fd);
  }

  void writable(int fd) {
    const std::vector<u8> rest = std::move(unsent_[fd]);
    unsent_.erase(fd);
    loop_.watch(fd, EPOLLIN, EPOLL_CTL_MOD);
    send(rest, fd);
  }

 private:
  // What does not fit is kept, and nothing more is read until it has left.
  void send(Bytes bytes, int fd) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ++counters_.sends;
    const auto done = static_cast<std::size_t>(sent < 0 ? 0 : sent);
    counters_.bytes_out += done;
    if (done == bytes.size()) return;
    unsent_[fd].assign(bytes.begin() + static_cast<std::ptrdiff_t>(done), bytes.end());
    loop_.watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
  }

  EpollLoop& loop_;
  Counters& counters_;
  std::array<u8, 64 * KiB> buffer_;
  std::unordered_map<int, std::vector<u8>> unsent_;
};

}  // namespace

void echo_epoll(int listener, const Config&, Counters& counters) {
  EpollLoop loop(listener);
  EchoEpoll engine(loop, counters);
  loop.run(engine, counters);
}

}  // namespace perseid::ruler
