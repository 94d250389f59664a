#include "tests/support/ws_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace perseid::test {
namespace {

constexpr int kNothingCame = -2;

sockaddr_in loopback(u16 port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

WsClient::WsClient(WsClient&& other) noexcept {
  *this = std::move(other);
}

WsClient& WsClient::operator=(WsClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(tls_, other.tls_);
  std::swap(in_, other.in_);
  std::swap(head_, other.head_);
  std::swap(ended_, other.ended_);
  std::swap(was_reset_, other.was_reset_);
  return *this;
}

bool WsClient::connect_tcp(u16 port, int receive_buffer_bytes) {
  return connect_bare(port, receive_buffer_bytes) && (!tests_over_tls() || start_tls());
}

bool WsClient::start_tls(const TlsClientConfig& config) {
  tls_ = std::make_unique<TlsWire>(fd_, config);
  return tls_->shake_hands(kWaitMsMax);
}

bool WsClient::connect_bare(u16 port, int receive_buffer_bytes) {
  close();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  const sockaddr_in address = loopback(port);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close();
    return false;
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

void WsClient::begin_connect(u16 port) {
  close();
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const sockaddr_in address = loopback(port);
  ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
}

bool WsClient::connect(u16 port, const ClientConfig& config) {
  if (!connect_tcp(port, config.receive_buffer_bytes)) return false;
  if (!send_raw(upgrade_request(config))) return false;
  return read_head().starts_with("HTTP/1.1 101 ");
}

std::string WsClient::upgrade_request(const ClientConfig& config) {
  return "GET " + config.path +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         config.extra_fields + "\r\n";
}

bool WsClient::send_raw(std::string_view bytes) {
  return tls_ != nullptr ? tls_->write(bytes) : send_bare(bytes);
}

bool WsClient::send_bare(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t WsClient::send_some(std::string_view bytes) {
  if (tls_ != nullptr) return tls_->write_some(bytes);
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

bool WsClient::send_frame(Opcode opcode, std::string_view payload, bool final, bool rsv1) {
  return send_raw(client_frame(opcode, payload, final, rsv1));
}

bool WsClient::send_close(u16 code, std::string_view reason) {
  return send_frame(Opcode::close, close_payload(code, reason));
}

int WsClient::receive(char* out, int size, int wait_ms) {
  if (tls_ != nullptr) {
    const int got = tls_->read(out, size, wait_ms);
    return got < 0 && tls_->timed_out() ? kNothingCame : got;
  }
  pollfd poll{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&poll, 1, wait_ms) <= 0) return kNothingCame;
  return static_cast<int>(::recv(fd_, out, static_cast<std::size_t>(size), 0));
}

bool WsClient::fill(int wait_ms) {
  if (ended_ || fd_ < 0) return false;
  char bytes[65536];
  const int got = receive(bytes, sizeof bytes, wait_ms);
  if (got == kNothingCame) return false;
  if (got <= 0) {
    ended_ = true;
    was_reset_ = got < 0;
    return false;
  }
  in_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::optional<Frame> WsClient::read_frame(int wait_ms) {
  for (;;) {
    FrameHeader header;
    const Error error = parse_frame_header(as_bytes(in_), FrameSource::server, true, header);
    if (error != Error::ok && error != Error::need_more) return std::nullopt;
    const std::size_t size = header.header_bytes + header.payload_bytes;
    if (error == Error::ok && in_.size() >= size) {
      Frame frame{header.opcode, header.final, header.rsv1,
                  in_.substr(header.header_bytes, header.payload_bytes)};
      in_.erase(0, size);
      return frame;
    }
    if (!fill(wait_ms)) return std::nullopt;
  }
}

std::optional<std::string> WsClient::read_message(int wait_ms) {
  while (auto frame = read_frame(wait_ms)) {
    if (frame->opcode == Opcode::close) return std::nullopt;
    if (!is_control(frame->opcode)) return std::move(frame->payload);
  }
  return std::nullopt;
}

u16 WsClient::read_close(int wait_ms, std::string* reason) {
  while (auto frame = read_frame(wait_ms)) {
    if (frame->opcode != Opcode::close) continue;
    if (frame->payload.size() < 2) return 1005;
    if (reason != nullptr) *reason = frame->payload.substr(2);
    return static_cast<u16>(static_cast<u8>(frame->payload[0]) << 8 |
                            static_cast<u8>(frame->payload[1]));
  }
  return 0;
}

bool WsClient::read_end(int wait_ms) {
  while (fill(wait_ms)) in_.clear();
  return ended_ && !was_reset_;
}

std::string WsClient::read_all(int wait_ms) {
  while (fill(wait_ms)) {
  }
  return std::exchange(in_, {});
}

std::string WsClient::read_head(int wait_ms) {
  std::size_t end = 0;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(wait_ms)) return head_ = std::exchange(in_, {});
  }
  head_ = in_.substr(0, end + 4);
  in_.erase(0, end + 4);
  return head_;
}

void WsClient::shut_down() {
  if (tls_ != nullptr) {
    tls_->say_goodbye();
    send_bare(tls_->sealed({}));
  }
  ::shutdown(fd_, SHUT_WR);
}

void WsClient::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void WsClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  tls_ = nullptr;
  in_.clear();
  ended_ = false;
  was_reset_ = false;
}

std::string client_frame(Opcode opcode, std::string_view payload, bool final, bool rsv1) {
  const std::array<u8, 4> mask{0x37, 0xfa, 0x21, 0x3d};
  std::array<u8, kFrameHeaderBytesMax> header;
  const u32 size =
      write_client_frame_header(header.data(), opcode, payload.size(), mask, final, rsv1);
  std::string out(as_text({header.data(), size}));
  out += payload;
  unmask({reinterpret_cast<u8*>(out.data()) + size, payload.size()}, mask);
  return out;
}

std::string close_payload(u16 code, std::string_view reason) {
  std::string out{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  out += reason;
  return out;
}

std::string http_get(u16 port, std::string_view path, std::string_view method) {
  WsClient client;
  if (!client.connect_tcp(port)) return {};
  client.send_raw(std::string(method) + " " + std::string(path) +
                  " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  return client.read_all();
}

}  // namespace perseid::test
