#include "bench/ruler/epoll_loop.h"

namespace perseid::ruler {
namespace {

class FanoutEpoll {
 public:
  FanoutEpoll(EpollLoop& loop, const Config& config, Counters& counters)
      : loop_(loop), counters_(counters), log_(config.message_bytes) {}

  void opened(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= members_.size()) members_.resize(index + 1);
    members_[index] = {.cursor = log_.end(), .open = true};
  }

  void readable(int fd) {
    Member& member = members_[static_cast<std::size_t>(fd)];
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) {
      member.open = false;
      ::close(fd);
      return;
    }
    counters_.bytes_in += static_cast<u64>(got);
    Bytes said{buffer_.data(), static_cast<std::size_t>(got)};
    if (!member.publisher) {
      if (said[0] != 'P') return;
      member.publisher = true;
      said = said.subspan(1);
    }
    log_.append(said);
  }

  void writable(int fd) {
    members_[static_cast<std::size_t>(fd)].blocked = false;
    loop_.watch(fd, EPOLLIN, EPOLL_CTL_MOD);
    send(fd);
  }

  void turn_ended() {
    if (sent_end_ == log_.end()) return;
    sent_end_ = log_.end();
    for (std::size_t fd = 0; fd < members_.size(); ++fd) {
      if (members_[fd].open && !members_[fd].publisher) send(static_cast<int>(fd));
    }
  }

 private:
  struct Member {
    u64 cursor = 0;
    bool open = false;
    bool publisher = false;
    bool blocked = false;
  };

  void send(int fd) {
    Member& member = members_[static_cast<std::size_t>(fd)];
    if (log_.lost(member.cursor)) {
      ++counters_.cut_off;
      member.open = false;
      ::close(fd);
      return;
    }
    while (!member.blocked && member.cursor != log_.end()) {
      const Bytes slice = log_.from(member.cursor);
      const ssize_t sent = ::send(fd, slice.data(), slice.size(), MSG_NOSIGNAL);
      ++counters_.sends;
      const auto done = static_cast<std::size_t>(sent < 0 ? 0 : sent);
      member.cursor += done;
      counters_.bytes_out += done;
      if (done == slice.size()) continue;
      member.blocked = true;
      loop_.watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
    }
  }

  EpollLoop& loop_;
  Counters& counters_;
  SharedLog log_;
  u64 sent_end_ = 0;
  std::vector<Member> members_;  // by file descriptor
  std::array<u8, 64 * KiB> buffer_;
};

}  // namespace

void fanout_epoll(int listener, const Config& config, Counters& counters) {
  EpollLoop loop(listener);
  FanoutEpoll engine(loop, config, counters);
  loop.run(engine, counters);
}

}  // namespace perseid::ruler
