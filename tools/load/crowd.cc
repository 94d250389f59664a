#include "tools/load/crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "codec/frame.h"
#include "tools/load/process_stats.h"

namespace perseid::load {
namespace {

constexpr std::size_t kReadBytes = 64 * KiB;
constexpr std::size_t kPartialBytesMax = 64 * KiB;
constexpr int kActsBetweenPolls = 32;
constexpr int kDeafBufferBytes = 4096;
constexpr int kNicer = 15;

// One source for each so many; loopback has sixteen million.
sockaddr_in source_of(u32 index, u32 addresses) {
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl((127u << 24) + (1u << 16) + 1 + index % addresses);
  return from;
}

void set(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

void close_with_reset(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

}  // namespace

Crowd::Crowd(const Config& config)
    : config_(config),
      arsenal_(config),
      kinds_(attacks_of(config)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      foes_(config.hostile),
      buffer_(kReadBytes),
      plain_(kReadBytes + 2 * 16384) {
  if (config.tls) tls_ = std::make_unique<TlsClients>();
  for (u32 i = 0; i < foes_.size(); ++i) {
    foes_[i].kind = kinds_[i % kinds_.size()];
    foes_[i].acts = i / kinds_.size();  // not all begin with the same
  }
  figures_.acts.resize(kAttacks);
}

Crowd::~Crowd() {
  stop();
  ::close(epoll_);
}

void Crowd::start() {
  dialled_all_ = false;
  start_ns_ = monotonic_ns();
  next_ = 0;
  thread_ = std::jthread([this](const std::stop_token& stopping) { run(stopping); });
}

void Crowd::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  for (Foe& foe : foes_) drop(foe);
}

void Crowd::add_to(AttackFigures& figures) const {
  const u32 held_most = std::max(figures.held_most, figures_.held_most);
  figures.acts = figures_.acts;
  figures.closed_by_relay = figures_.closed_by_relay;
  figures.connects = figures_.connects;
  figures.connects_failed = figures_.connects_failed;
  figures.acts_put_off = figures_.acts_put_off;
  figures.held_most = held_most;
}

u64 Crowd::due_ns(u64 act) const {
  const double per_s = config_.acts_per_s * static_cast<double>(foes_.size());
  return start_ns_ + static_cast<u64>(static_cast<double>(act) / per_s * 1e9);
}

void Crowd::run(const std::stop_token& stopping) {
  // Of this thread alone (setpriority(2), "C library/kernel differences").
  const int base = ::getpriority(PRIO_PROCESS, 0);
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), base + kNicer);
  std::array<epoll_event, 256> events;
  while (!stopping.stop_requested()) {
    const u64 now = monotonic_ns();
    for (int i = 0; i < kActsBetweenPolls && due_ns(next_) <= now; ++i) {
      act(static_cast<u32>(next_++ % foes_.size()));
    }
    if (next_ >= foes_.size()) dialled_all_ = true;
    const bool waits = due_ns(next_) > monotonic_ns();
    const int count = ::epoll_wait(epoll_, events.data(), int{events.size()}, waits ? 1 : 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      Foe& foe = foes_[event.data.u32];
      if (foe.fd < 0) continue;
      if (foe.stage == Stage::connecting) {
        connected(foe, event.data.u32);
      } else {
        readable(foe, event.data.u32);
      }
    }
    figures_.held_most = std::max(figures_.held_most, held());
  }
}

// Who is away comes back, and acts as soon as it is in.
void Crowd::act(u32 index) {
  Foe& foe = foes_[index];
  if (foe.stage == Stage::away) return dial(index);
  if (foe.stage == Stage::open) return shoot(foe);
  ++figures_.acts_put_off;
}

void Crowd::shoot(Foe& foe) {
  if (!foe.unsent.empty() && !send_bare(foe, "")) return;
  if (!foe.unsent.empty()) {
    ++figures_.acts_put_off;
    return;
  }
  ++figures_.acts[static_cast<std::size_t>(foe.kind)];
  if (arsenal_.ends_with_reset(foe.kind)) return drop(foe);
  const std::string_view shot =
      arsenal_.shot(foe.kind, arsenal_.is_stream(foe.kind) ? foe.at : foe.acts);
  ++foe.acts;
  ++foe.at;
  (void)(arsenal_.is_bare(foe.kind) ? send_bare(foe, shot) : send(foe, shot));
}

void Crowd::dial(u32 index) {
  Foe& foe = foes_[index];
  foe.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (foe.fd < 0) return void(++figures_.connects_failed);
  set(foe.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(foe.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  if (arsenal_.is_deaf(foe.kind)) set(foe.fd, SOL_SOCKET, SO_RCVBUF, kDeafBufferBytes);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(config_.port);
  ::inet_pton(AF_INET, config_.host.c_str(), &to.sin_addr);
  if (ntohl(to.sin_addr.s_addr) >> 24 == 127) {
    const sockaddr_in from = source_of(index, config_.hostile_addresses);
    (void)::bind(foe.fd, reinterpret_cast<const sockaddr*>(&from), sizeof from);
  }
  foe.stage = Stage::connecting;
  const int result = ::connect(foe.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  held_.fetch_add(1, std::memory_order_relaxed);
  ++figures_.connects;
  if (result != 0 && errno != EINPROGRESS) {
    ++figures_.connects_failed;
    return drop(foe);
  }
  watch(foe, index, EPOLLOUT, EPOLL_CTL_ADD);
}

void Crowd::connected(Foe& foe, u32 index) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(foe.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    ++figures_.connects_failed;
    return drop(foe);
  }
  watch(foe, index, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_MOD);
  if (tls_ != nullptr && !arsenal_.is_bare(foe.kind)) foe.tls = std::make_unique<TlsLink>(*tls_);
  const std::string_view opening = arsenal_.opening(foe.kind);
  foe.stage = Stage::asking;
  if (opening.empty()) return opened(foe, index);
  (void)send(foe, opening);
}

void Crowd::opened(Foe& foe, u32 index) {
  foe.stage = Stage::open;
  if (arsenal_.is_deaf(foe.kind)) watch(foe, index, EPOLLRDHUP, EPOLL_CTL_MOD);
  shoot(foe);
}

void Crowd::readable(Foe& foe, u32 index) {
  if (foe.stage == Stage::open && arsenal_.is_deaf(foe.kind)) {
    return closed_by_relay(foe, AttackFigures::kUnread);
  }
  const ssize_t got = ::recv(foe.fd, buffer_.data(), buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    return closed_by_relay(foe, got == 0 ? AttackFigures::kEnd : AttackFigures::kReset);
  }
  std::string_view in = as_text(Bytes(buffer_.data(), static_cast<std::size_t>(got)));
  if (foe.tls != nullptr) {
    const i64 size = foe.tls->open(as_bytes(in), plain_.data());
    sealed_.clear();
    foe.tls->take_owed(sealed_);
    if (!sealed_.empty() && !send_bare(foe, as_text(Bytes(sealed_)))) return;
    if (size < 0) return closed_by_relay(foe, AttackFigures::kEnd);
    in = as_text(Bytes(plain_.data(), static_cast<std::size_t>(size)));
  }
  if (!foe.partial.empty()) in = foe.partial.append(in);
  const std::size_t used = consume(foe, in, index);
  if (foe.fd < 0) return;
  std::string rest(in.substr(used));
  foe.partial = std::move(rest);
  if (foe.partial.size() > kPartialBytesMax) drop(foe);
}

// Looks for the answer to the request, and for a close frame.
std::size_t Crowd::consume(Foe& foe, std::string_view in, u32 index) {
  std::size_t used = 0;
  if (foe.stage == Stage::asking || arsenal_.opening(foe.kind).empty()) {
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string_view::npos || !in.starts_with("HTTP/1.1 ")) return 0;
    if (!in.starts_with("HTTP/1.1 101")) {
      const std::string code(in.substr(9, 3));
      closed_by_relay(foe, static_cast<u32>(std::atoi(code.c_str())));
      return 0;
    }
    used = end + 4;
    opened(foe, index);
  }
  while (foe.fd >= 0) {
    FrameHeader header;
    const std::string_view rest = in.substr(used);
    const Error error = parse_frame_header(as_bytes(rest), FrameSource::server, true, header);
    if (error != Error::ok || rest.size() - header.header_bytes < header.payload_bytes) break;
    const std::string_view payload = rest.substr(header.header_bytes, header.payload_bytes);
    if (header.opcode == Opcode::close) {
      const bool has_code = payload.size() >= 2;
      closed_by_relay(foe, has_code
                               ? u32{static_cast<u8>(payload[0])} << 8 | static_cast<u8>(payload[1])
                               : 1005u);
      break;
    }
    used += header.header_bytes + header.payload_bytes;
  }
  return used;
}

bool Crowd::send(Foe& foe, std::string_view bytes) {
  if (foe.tls == nullptr) return send_bare(foe, bytes);
  sealed_.clear();
  foe.tls->seal(as_bytes(bytes), sealed_);
  return send_bare(foe, as_text(Bytes(sealed_)));
}

// What the socket does not take waits for the next act. False if the connection is gone.
bool Crowd::send_bare(Foe& foe, std::string_view bytes) {
  foe.unsent.append(bytes);
  if (foe.unsent.empty()) return true;
  const ssize_t sent = ::send(foe.fd, foe.unsent.data(), foe.unsent.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    closed_by_relay(foe, AttackFigures::kReset);
    return false;
  }
  foe.unsent.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  return true;
}

void Crowd::watch(const Foe& foe, u32 index, u32 events, int operation) const {
  epoll_event event{.events = events, .data = {.u32 = index}};
  ::epoll_ctl(epoll_, operation, foe.fd, &event);
}

void Crowd::closed_by_relay(Foe& foe, u32 how) {
  ++figures_.closed_by_relay[how];
  drop(foe);
}

void Crowd::drop(Foe& foe) {
  if (foe.fd >= 0) {
    close_with_reset(foe.fd);
    held_.fetch_sub(1, std::memory_order_relaxed);
  }
  foe.fd = -1;
  foe.stage = Stage::away;
  foe.at = 0;
  foe.unsent.clear();
  foe.partial.clear();
  foe.tls.reset();
}

}  // namespace perseid::load
