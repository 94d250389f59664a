#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <perseid/transport.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

namespace perseid {
inline namespace sdk {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  int family = 0;
};

// Shared with the thread that looks the name up, which may outlive the transport.
struct Lookup {
  std::atomic<bool> done = false;
  std::vector<Address> addresses;
  std::string error;
};

LinkFault fault_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return LinkFault::refused;
    case ETIMEDOUT:
      return LinkFault::timed_out;
    default:
      return LinkFault::unreachable;
  }
}

void look_up(const std::string& host, u16 port, int flags, Lookup& out) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) {
    out.error = host + ": " + ::gai_strerror(failed);
    return;
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    Address& address = out.addresses.emplace_back();
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.bytes = at->ai_addrlen;
    address.family = at->ai_family;
  }
  ::freeaddrinfo(found);
}

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(const Endpoint& endpoint)
      : lookup_(std::make_shared<Lookup>()),
        name_(endpoint.host + ":" + std::to_string(endpoint.port)) {
    look_up(endpoint.host, endpoint.port, AI_NUMERICHOST, *lookup_);
    if (!lookup_->addresses.empty()) {
      lookup_->done = true;
      return;
    }
    lookup_->error.clear();
    std::thread([lookup = lookup_, host = endpoint.host, port = endpoint.port] {
      look_up(host, port, 0, *lookup);
      lookup->done = true;
    }).detach();
  }
  ~TcpTransport() override { close_fd(); }
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  Status connect() override;
  Moved read(std::span<u8> into) override {
    return moved(::recv(fd_, into.data(), into.size(), 0));
  }
  Moved write(std::span<const u8> from) override {
    const Moved sent = moved(::send(fd_, from.data(), from.size(), MSG_NOSIGNAL));
    wants_write_ = sent.status == Status::again;
    return sent;
  }
  int fd() const override { return fd_; }
  bool wants_write() const override { return wants_write_; }
  std::string error() const override { return error_; }
  LinkFault fault() const override { return fault_; }

 private:
  Moved moved(ssize_t got);
  Status finish();
  Status start_next();
  void not_connected(int error);
  bool is_own_end(const sockaddr_storage& peer) const;
  void close_fd() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  std::shared_ptr<Lookup> lookup_;
  std::size_t next_ = 0;
  int fd_ = -1;
  bool wants_write_ = false;
  bool connected_ = false;
  std::string name_;  // host and port, for messages
  std::string error_;
  LinkFault fault_ = LinkFault::unresolved;
};

Transport::Moved TcpTransport::moved(ssize_t got) {
  if (got > 0) return {Status::ok, static_cast<std::size_t>(got)};
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {Status::again, 0};
  error_ = got == 0 ? "the other side ended the connection" : std::strerror(errno);
  return {Status::failed, 0};
}

Transport::Status TcpTransport::connect() {
  if (connected_) return Status::ok;
  if (!lookup_->done) return Status::again;
  if (!lookup_->error.empty()) error_ = "no address of " + lookup_->error;
  return fd_ < 0 ? start_next() : finish();
}

Transport::Status TcpTransport::start_next() {
  while (next_ < lookup_->addresses.size()) {
    const Address& address = lookup_->addresses[next_++];
    close_fd();
    fd_ = ::socket(address.family, SOCK_STREAM, 0);
    if (fd_ < 0) {
      not_connected(errno);
      continue;
    }
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
    ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
    wants_write_ = true;
    if (::connect(fd_, to, address.bytes) == 0) return finish();
    if (errno == EINPROGRESS) return Status::again;
    not_connected(errno);
  }
  if (error_.empty()) error_ = "no address of " + name_;
  close_fd();
  return Status::failed;
}

void TcpTransport::not_connected(int error) {
  fault_ = fault_of(error);
  error_ = name_ + ": " + std::strerror(error);
}

// Who tries a local port again and again where nobody listens may in the end reach itself: its own
// port was the one (RFC 9293 section 3.5, simultaneous open). That would keep the listener out.
bool TcpTransport::is_own_end(const sockaddr_storage& peer) const {
  sockaddr_storage own{};
  socklen_t bytes = sizeof own;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &bytes) != 0) return false;
  if (std::memcmp(&own, &peer, bytes) != 0) return false;
  const linger at_once{.l_onoff = 1, .l_linger = 0};  // and keeps the port no longer
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  return true;
}

Transport::Status TcpTransport::finish() {
  int failed = 0;
  socklen_t bytes = sizeof failed;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failed, &bytes);
  sockaddr_storage peer{};
  socklen_t peer_bytes = sizeof peer;
  if (failed == 0 && ::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &peer_bytes) != 0) {
    return Status::again;  // not yet
  }
  if (failed == 0 && is_own_end(peer)) failed = ECONNREFUSED;
  if (failed != 0) {
    not_connected(failed);
    return start_next();
  }
  connected_ = true;
  fault_ = LinkFault::ended;  // all that can come about from now on
  wants_write_ = false;
  return Status::ok;
}

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(const Endpoint& endpoint) {
  if (endpoint.tls) return nullptr;
  return std::make_unique<TcpTransport>(endpoint);
}

}  // namespace sdk
}  // namespace perseid
