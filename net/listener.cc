#include "net/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace perseid {
namespace {

constexpr int kAcceptBacklog = 4096;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&bytes); }
  u16 port() const {
    return ntohs(bytes.ss_family == AF_INET6
                     ? reinterpret_cast<const sockaddr_in6*>(&bytes)->sin6_port
                     : reinterpret_cast<const sockaddr_in*>(&bytes)->sin_port);
  }
  bool loopback() const {
    if (bytes.ss_family == AF_INET6) {
      return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&bytes)->sin6_addr) != 0;
    }
    return ntohl(reinterpret_cast<const sockaddr_in*>(&bytes)->sin_addr.s_addr) >> 24 == 127;
  }
};

std::string failure(const ListenAt& at, const std::string& what) {
  return "cannot listen on " + at.host + " port " + std::to_string(at.port) + ": " + what;
}

std::string explain(const ListenAt& at, int error) {
  const std::string free_one = at.port_flag == std::string("--port") ? "0" : "auto";
  switch (error) {
    case EADDRINUSE:
      return std::string(
                 "the port is in use by another program. Stop it, or choose another with ") +
             at.port_flag + " (" + free_one + " takes a free one).";
    case EACCES:
      return "ports below 1024 need the right to bind them (CAP_NET_BIND_SERVICE).";
    case EADDRNOTAVAIL:
      return std::string("this machine has no such address. Use ") + at.host_flag +
             " 0.0.0.0 or :: for all.";
    default:
      return std::string(std::strerror(error)) + ".";
  }
}

std::optional<std::string> resolve(const ListenAt& at, Address& out) {
  std::string host = at.host;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                   std::to_string(at.port).c_str(), &hints, &found);
  if (result != 0) {
    return failure(at, std::string("the host is not known (") + ::gai_strerror(result) + ").");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::memcpy(&out.bytes, found->ai_addr, found->ai_addrlen);
  out.size = found->ai_addrlen;
  return std::nullopt;
}

bool set(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// Accepted sockets inherit these, so none costs a system call of its own.
void set_inherited(int fd, const Options& options) {
  (void)set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.notsent_lowat_bytes > 0) {
    (void)set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(options.notsent_lowat_bytes));
  }
}

int bound_socket(Address& address, bool shared) {
  const int fd = ::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const bool ready = set(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
                     (!shared || set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
                     ::bind(fd, address.get(), address.size) == 0;
  if (ready) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

// With SO_REUSEPORT a second relay of the same user would silently take half of the connections; a
// socket without it finds out.
bool port_is_taken(Address& address) {
  const int fd = bound_socket(address, false);
  if (fd < 0) return errno == EADDRINUSE;
  const bool taken = ::listen(fd, 1) != 0 && errno == EADDRINUSE;
  ::close(fd);
  return taken;
}

}  // namespace

std::optional<std::string> open_listeners(const ListenAt& at, const Options& options,
                                          u32 shard_count, Listeners& out) {
  Address address;
  if (auto unknown = resolve(at, address)) return unknown;
  if (at.port != 0 && port_is_taken(address)) return failure(at, explain(at, EADDRINUSE));
  for (u32 i = 0; i < shard_count; ++i) {
    const int fd = bound_socket(address, true);
    if (fd >= 0) {
      out.fds.push_back(fd);
      set_inherited(fd, options);
      // The first takes the free port, if one was asked for; the others share it.
      (void)::getsockname(fd, address.get(), &address.size);
    }
    if (fd < 0 || ::listen(fd, kAcceptBacklog) != 0) {
      const std::string why = explain(at, errno);
      for (const int open : out.fds) ::close(open);
      out.fds.clear();
      return failure(at, why);
    }
  }
  out.port = address.port();
  out.loopback = address.loopback();
  return std::nullopt;
}

std::optional<std::string> open_listeners(const Options& options, u32 shard_count, Listeners& out) {
  return open_listeners({.host = options.host, .port = options.port}, options, shard_count, out);
}

}  // namespace perseid
