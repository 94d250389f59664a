#include "tools/load/fleet.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "codec/binary.h"
#include "tools/load/outgoing.h"
#include "tools/load/process_stats.h"

namespace perseid::load {
namespace {

constexpr std::size_t kReadBufferBytes = 1 * MiB;
// Of TLS: what one read may bring is at most this longer than what was received.
constexpr std::size_t kRecordBytesMax = 2 * 16384;
constexpr u64 kSecondNs = 1'000'000'000;

timespec until(u64 deadline_ns) {
  const u64 now = monotonic_ns();
  const u64 wait = deadline_ns > now ? deadline_ns - now : 0;
  return {.tv_sec = static_cast<time_t>(wait / kSecondNs),
          .tv_nsec = static_cast<long>(wait % kSecondNs)};
}

}  // namespace

Fleet::Fleet(const Config& config, FleetHandler& handler)
    : config_(config),
      handler_(handler),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      clients_(config.clients()),
      buffer_(kReadBufferBytes + kRecordBytesMax + kParsePaddingBytes) {
  if (config.tls) {
    tls_ = std::make_unique<TlsClients>();
    received_.resize(kReadBufferBytes);
  }
  char name[32];
  std::snprintf(name, sizeof name, "load-%06x", static_cast<unsigned>(::getpid()) & 0xffffffu);
  run_name_ = name;
  for (u32 i = 0; i < clients_.size(); ++i) {
    clients_[i].index = i;
    clients_[i].room = config.room_of(i);
    clients_[i].member = config.member_of(i);
  }
}

Fleet::~Fleet() {
  close_all();
  ::close(epoll_);
}

std::string Fleet::room_name(u32 room) const {
  return run_name_ + "-" + std::to_string(room);
}

void Fleet::close_all() {
  for (Client& client : clients_) {
    if (client.fd >= 0) ::close(client.fd);
    client.fd = -1;
    client.phase = Phase::idle;
  }
  counters_.ready = 0;
  dialled_ = 0;
}

void Fleet::watch(const Client& client, u32 events, int operation) {
  epoll_event event{.events = events, .data = {.u32 = client.index}};
  ::epoll_ctl(epoll_, operation, client.fd, &event);
}

void Fleet::poll(u64 deadline_ns) {
  std::array<epoll_event, 512> events;
  const timespec wait = config_.spin ? timespec{} : until(deadline_ns);
  const int count = ::epoll_pwait2(epoll_, events.data(), int{events.size()}, &wait, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    Client& client = clients_[event.data.u32];
    if (client.fd >= 0 && client.phase == Phase::connecting) {
      connected(client);
      continue;
    }
    if (client.fd >= 0 && (event.events & EPOLLOUT) != 0) writable(client);
    if (client.fd >= 0 && (event.events & ~u32{EPOLLOUT}) != 0) readable(client);
  }
}

void Fleet::send(Client& client, Bytes bytes) {
  if (client.tls == nullptr) return send_bare(client, bytes);
  sealed_.clear();
  client.tls->seal(bytes, sealed_);
  send_bare(client, sealed_);
}

i64 Fleet::open_received(Client& client, Bytes received, u8* out) {
  const i64 size = client.tls->open(received, out);
  sealed_.clear();
  client.tls->take_owed(sealed_);
  send_bare(client, sealed_);
  return size;
}

void Fleet::send_bare(Client& client, Bytes bytes) {
  if (client.fd < 0 || bytes.empty()) return;
  std::size_t done = 0;
  if (client.unsent.empty()) {
    const ssize_t sent = ::send(client.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    done = static_cast<std::size_t>(sent < 0 ? 0 : sent);
    if (done == bytes.size()) return;
  }
  const bool first = client.unsent.empty();
  client.unsent.insert(client.unsent.end(), bytes.begin() + static_cast<std::ptrdiff_t>(done),
                       bytes.end());
  if (first) rewatch(client);
}

void Fleet::rewatch(const Client& client) {
  if (client.fd < 0 || client.phase == Phase::connecting || client.phase == Phase::stalled) return;
  watch(client, (client.reads ? EPOLLIN : 0u) | (client.unsent.empty() ? 0u : EPOLLOUT),
        EPOLL_CTL_MOD);
}

void Fleet::set_reading(Client& client, bool reads) {
  if (client.reads == reads) return;
  client.reads = reads;
  rewatch(client);
}

void Fleet::limit_reading(Client& client, u32 bytes) {
  client.read_bytes = bytes;
  set_reading(client, bytes != 0);
}

void Fleet::writable(Client& client) {
  const ssize_t sent = ::send(client.fd, client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
  if (sent > 0) client.unsent.erase(client.unsent.begin(), client.unsent.begin() + sent);
  if (client.unsent.empty()) rewatch(client);
}

void Fleet::stall(Client& client) {
  if (client.fd < 0) return;
  const int small = 2048;  // so that the kernel's buffer cannot hide the stall for long
  ::setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, client.fd, nullptr);
  client.phase = Phase::stalled;
}

void Fleet::readable(Client& client) {
  const std::size_t held = client.partial.size();
  if (held != 0) std::memcpy(buffer_.data(), client.partial.data(), held);
  const std::size_t room = std::min<std::size_t>(kReadBufferBytes - held, client.read_bytes);
  const bool tls = client.tls != nullptr;
  ssize_t got = ::recv(client.fd, tls ? received_.data() : buffer_.data() + held, room, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return lose(client, got == 0 ? "the server closed it" : std::strerror(errno));
  ++counters_.receives;
  counters_.bytes_in += static_cast<u64>(got);
  if (client.read_bytes != ~0u) {
    client.read_bytes -= static_cast<u32>(got);
    set_reading(client, client.read_bytes != 0);
  }
  if (tls) {
    got = open_received(client, {received_.data(), static_cast<std::size_t>(got)},
                        buffer_.data() + held);
    if (got == 0) return;
    if (got < 0) return lose(client, "the server ended TLS");
  }
  client.partial.clear();
  const Bytes in{buffer_.data(), held + static_cast<std::size_t>(got)};
  const std::size_t used = consume(client, in, monotonic_ns());
  if (client.fd < 0 || used == in.size()) return;
  client.partial.assign(in.begin() + static_cast<std::ptrdiff_t>(used), in.end());
  if (client.partial.size() == kReadBufferBytes) lose(client, "it sent a message beyond 1 MiB");
}

std::size_t Fleet::consume(Client& client, Bytes in, u64 now_ns) {
  std::size_t used = 0;
  if (client.phase == Phase::upgrading) {
    used = consume_answer(client, in);
    if (used == 0 || client.fd < 0) return used;
  }
  const Bytes rest = in.subspan(used);
  return used + (config_.protocol == Protocol::raw ? consume_raw(client, rest, now_ns)
                                                   : consume_frames(client, rest, now_ns));
}

std::size_t Fleet::consume_raw(Client& client, Bytes in, u64 now_ns) {
  const std::size_t size = config_.message_bytes();
  std::size_t used = 0;
  for (; in.size() - used >= size; used += size) {
    handler_.on_message(client, as_text(in.subspan(used, size)), now_ns);
  }
  return used;
}

std::size_t Fleet::consume_frames(Client& client, Bytes in, u64 now_ns) {
  std::size_t used = 0;
  while (client.fd >= 0) {
    const Bytes rest = in.subspan(used);
    FrameHeader header;
    const Error error = parse_frame_header(rest, FrameSource::server, false, header);
    if (error != Error::ok && error != Error::need_more) {
      lose(client, "it sent a frame that breaks RFC 6455");
      break;
    }
    if (error == Error::need_more || rest.size() - header.header_bytes < header.payload_bytes) {
      break;
    }
    on_frame(client, header, as_text(rest.subspan(header.header_bytes, header.payload_bytes)),
             now_ns);
    used += header.header_bytes + header.payload_bytes;
  }
  return used;
}

void Fleet::on_frame(Client& client, const FrameHeader& header, std::string_view payload,
                     u64 now_ns) {
  if (header.opcode == Opcode::text || header.opcode == Opcode::binary) {
    if (config_.protocol == Protocol::perseid) {
      const std::size_t skipped = client.binary ? 1 : 0;
      const bool system = client.binary ? payload.starts_with(static_cast<char>(BinaryKind::system))
                                        : payload.starts_with(R"({"type":"system")");
      if (system) return on_system(client, payload.substr(skipped));
    }
    return handler_.on_message(client, payload, now_ns);
  }
  if (header.opcode == Opcode::ping) {
    ++counters_.pings;
    send(client, client_frame(Opcode::pong, payload));
  } else if (header.opcode == Opcode::close) {
    const u32 code = payload.size() < 2
                         ? 1005
                         : u32{static_cast<u8>(payload[0])} << 8 | static_cast<u8>(payload[1]);
    lose(client, "closed with " + std::to_string(code) + " " +
                     std::string(payload.substr(std::min<std::size_t>(payload.size(), 2))));
  }
}

void Fleet::trouble(std::string_view what) {
  if (counters_.first_trouble.empty()) counters_.first_trouble = what;
}

void Fleet::lose(Client& client, std::string_view why) {
  trouble("connection " + std::to_string(client.index) + ": " + std::string(why));
  if (client.phase == Phase::ready) --counters_.ready;
  client.phase = Phase::lost;
  ++counters_.lost;
  ::close(client.fd);
  client.fd = -1;
}

}  // namespace perseid::load
