// The epoll ruler's loop: accept, and tell the engine which sockets are ready. Level-triggered,
// one read per readiness, which costs the fewest calls when messages are small.
// Thread: one. Invariant: a socket waits for EPOLLOUT only while a write of it is unfinished.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "bench/ruler/ruler.h"

namespace perseid::ruler {

class EpollLoop {
 public:
  explicit EpollLoop(int listener) : epoll_(::epoll_create1(EPOLL_CLOEXEC)), listener_(listener) {
    watch(listener, EPOLLIN, EPOLL_CTL_ADD);
  }
  ~EpollLoop() { ::close(epoll_); }
  EpollLoop(const EpollLoop&) = delete;
  EpollLoop& operator=(const EpollLoop&) = delete;

  void watch(int fd, u32 events, int operation) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    ::epoll_ctl(epoll_, operation, fd, &event);
  }

  // opened(fd), readable(fd), writable(fd), turn_ended(), until SIGTERM.
  template <typename Engine>
  void run(Engine& engine, Counters& counters) {
    std::array<epoll_event, 512> events;
    while (stop_requested == 0) {
      const int count = ::epoll_wait(epoll_, events.data(), int{events.size()}, -1);
      ++counters.turns;
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == listener_) {
          accept_all(engine);
        } else if ((event.events & EPOLLOUT) != 0) {
          engine.writable(event.data.fd);
        } else {
          engine.readable(event.data.fd);
        }
      }
      engine.turn_ended();
    }
  }

 private:
  template <typename Engine>
  void accept_all(Engine& engine) {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
      engine.opened(fd);
    }
  }

  int epoll_;
  int listener_;
};

}  // namespace perseid::ruler
