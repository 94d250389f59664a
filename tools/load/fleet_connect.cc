// The part of the Fleet that brings a client from nothing to `ready`.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "codec/binary.h"
#include "tools/load/fleet.h"
#include "tools/load/outgoing.h"
#include "tools/load/process_stats.h"
#include "tools/load/text_scan.h"

namespace perseid::load {
namespace {

constexpr u32 kDialsUnderWayMax = 256;
constexpr u32 kConnectionsPerAddress = 25000;  // of the 28,231 ephemeral ports of one address
constexpr u64 kNoProgressNs = 10'000'000'000;

std::string upgrade_request(const Config& config, const Client& client, const std::string& room) {
  std::string path = config.scenario == Scenario::echo ? "/echo" : "/ws";
  if (config.protocol == Protocol::bun) path += "?room=" + room;
  return "GET " + path + " HTTP/1.1\r\nHost: " + config.host + ":" + std::to_string(config.port) +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         (client.binary ? "Sec-WebSocket-Protocol: perseid.bin.v1\r\n\r\n" : "\r\n");
}

sockaddr_in address_of(const std::string& host, u16 port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);  // of numeric_host(), so it is one
  return address;
}

// One source address has 28,000 ports towards one listener; loopback has many addresses.
void bind_source(int fd, u32 index, const sockaddr_in& to) {
  const u32 host = ntohl(to.sin_addr.s_addr);
  if (index < kConnectionsPerAddress || host >> 24 != 127) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl((127u << 24) + 1 + index / kConnectionsPerAddress);
  // Refused, the kernel chooses a source itself.
  (void)::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from);
}

// What the first refused message means for the whole run: from here on all would be missing.
[[noreturn]] void stop_at_rate_limit() {
  throw std::runtime_error(
      "the relay limits what one session may send (rate_limited): start it with "
      "--session-messages-per-second 10000000 --session-bytes-per-second 4000000000, or give a "
      "lower --rate");
}

[[noreturn]] void stop_at_forbidden_rule() {
  throw std::runtime_error(
      "the relay does not let clients declare rooms (forbidden_create). Start the relay with "
      "--creators-declare-rooms.");
}

[[noreturn]] void refuse(const Config& config, const std::string& why) {
  throw std::runtime_error("no server to talk to at " + config.host + ":" +
                           std::to_string(config.port) + ": " + why +
                           "; start one (perseid --port " + std::to_string(config.port) +
                           "), or let the load start it (--spawn)");
}

}  // namespace

void Fleet::connect_up_to(u32 count) {
  u64 last_progress = monotonic_ns();
  u32 done = counters_.ready;
  while (counters_.ready < count) {
    const u32 wanted = std::min(count, counters_.ready + counters_.lost + kDialsUnderWayMax);
    while (dialled_ < wanted) dial(clients_[dialled_++]);
    poll(monotonic_ns() + 100'000'000);
    if (counters_.lost != 0) throw std::runtime_error(counters_.first_trouble);
    if (counters_.ready != done) last_progress = monotonic_ns();
    done = counters_.ready;
    if (monotonic_ns() - last_progress > kNoProgressNs) {
      throw std::runtime_error("the server accepts, but " + std::to_string(count - done) + " of " +
                               std::to_string(count) + " clients are not joined after 10 s" +
                               (counters_.first_trouble.empty() ? "" : ": ") +
                               counters_.first_trouble);
    }
  }
}

void Fleet::dial(Client& client) {
  client.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.fd < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (client.receive_buffer_bytes != 0) {
    const auto bytes = static_cast<int>(client.receive_buffer_bytes);
    ::setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  const sockaddr_in to = address_of(config_.host, config_.port);
  bind_source(client.fd, client.index, to);
  client.phase = Phase::connecting;
  const int result = ::connect(client.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  if (result != 0 && errno != EINPROGRESS) refuse(config_, std::strerror(errno));
  watch(client, EPOLLOUT, EPOLL_CTL_ADD);
}

void Fleet::connected(Client& client) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) refuse(config_, std::strerror(error));
  watch(client, EPOLLIN, EPOLL_CTL_MOD);
  if (config_.protocol == Protocol::raw) return become_ready(client, 0);
  client.phase = Phase::upgrading;
  if (tls_ != nullptr) client.tls = std::make_unique<TlsLink>(*tls_);
  send(client, as_bytes(upgrade_request(config_, client, room_name(client.room))));
}

std::size_t Fleet::consume_answer(Client& client, Bytes in) {
  const std::string_view text = as_text(in);
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (!text.starts_with("HTTP/1.1 101")) {
    const bool no_echo = config_.scenario == Scenario::echo && text.starts_with("HTTP/1.1 404");
    const std::string_view body = text.substr(end + 4, 200);
    lose(client, "the upgrade was answered by: " + std::string(text.substr(0, text.find('\r'))) +
                     " " + std::string(body.substr(0, body.find('\n'))) +
                     (no_echo ? " Start the relay with --echo." : ""));
    return 0;
  }
  upgraded(client);
  return end + 4;
}

void Fleet::upgraded(Client& client) {
  if (config_.protocol == Protocol::bun || config_.scenario == Scenario::echo) {
    return become_ready(client, 0);
  }
  const std::string hello = handler_.hello_fields(client);
  if (hello.empty()) return join(client);
  client.phase = Phase::greeting;
  send_system(client, R"({"type":"system","op":"hello","id":0)" + hello + "}");
}

void Fleet::join(Client& client) {
  client.phase = Phase::joining;
  send_system(client, R"({"type":"system","op":"join","id":1,"room":")" + room_name(client.room) +
                          "\"" + handler_.join_fields(client) + "}");
}

void Fleet::send_system(Client& client, std::string_view json) {
  if (!client.binary) return send(client, client_frame(Opcode::text, json));
  std::string message;
  append_binary_request(message, {.kind = BinaryKind::system, .json = json});
  send(client, client_frame(Opcode::binary, message));
}

void Fleet::drop(Client& client) {
  if (client.fd >= 0) ::close(client.fd);
  client.fd = -1;
  if (client.phase == Phase::ready) --counters_.ready;
  client.phase = Phase::idle;
}

void Fleet::reconnect(Client& client) {
  drop(client);
  client.partial.clear();
  client.unsent.clear();
  client.tls = nullptr;
  client.reads = true;
  client.read_bytes = ~0u;
  dial(client);
}

void Fleet::on_system(Client& client, std::string_view message) {
  handler_.on_system(client, message);
  const std::size_t at = message.find(R"("op":")");
  const std::string_view op = at == std::string_view::npos ? "" : message.substr(at + 6);
  if (op.starts_with("welcome\"") && client.phase == Phase::greeting) {
    const bool resumed = message.find(R"("resumed":true)") != std::string_view::npos;
    resumed ? become_ready(client, 0) : join(client);
  } else if (op.starts_with("joined\"") && client.phase == Phase::joining) {
    const std::size_t seqs = message.find(R"("seq":{)");
    const std::string_view rest = seqs == std::string_view::npos ? "" : message.substr(seqs);
    become_ready(client, static_cast<u32>(number_behind(rest, "\"" + config_.type + "\":")));
  } else if (op.starts_with("error\"")) {
    ++counters_.errors;
    trouble("the relay answered: " + std::string(message.substr(0, 300)));
    if (message.find(R"("code":"rate_limited")") != std::string_view::npos) stop_at_rate_limit();
    const bool no_rule = message.find(R"("code":"forbidden_create")") != std::string_view::npos;
    if (no_rule) stop_at_forbidden_rule();
    if (client.phase == Phase::joining) lose(client, message.substr(0, 300));
  } else if (op.starts_with("gap\"")) {
    ++counters_.gaps;
    trouble("the relay gave up messages: " + std::string(message.substr(0, 300)));
  }
}

void Fleet::become_ready(Client& client, u32 seq) {
  client.phase = Phase::ready;
  ++counters_.ready;
  handler_.on_ready(client, seq);
}

}  // namespace perseid::load
