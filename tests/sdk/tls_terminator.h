// TlsTerminator: ends TLS on a free port and hands the bytes on to a relay, or talks by itself.
// Thread: one of its own, which serves all connections; the test reads what it saw after end().
// Owns: its sockets.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <list>
#include <string>
#include <thread>
#include <vector>

#include "tests/sdk/certificates.h"

namespace perseid::test {

inline sockaddr_in loopback(u16 port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

// A listener on a free port of loopback.
inline int listen_on_loopback(u16& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at = loopback(0);
  socklen_t bytes = sizeof at;
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&at), bytes), 0);
  EXPECT_EQ(::listen(fd, 64), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &bytes), 0);
  port = ntohs(at.sin_port);
  return fd;
}

struct TlsBehaviour {
  int version_max = 0;        // e.g. TLS1_1_VERSION; 0: the newest
  std::string greeting = {};  // said to whoever has shaken hands; no relay then
};

class TlsTerminator {
 public:
  TlsTerminator(const Certificate& certificate, u16 relay_port, TlsBehaviour behaviour = {})
      : relay_port_(relay_port), behaviour_(std::move(behaviour)) {
    listener_ = listen_on_loopback(port_);
    EXPECT_EQ(::pipe(end_), 0);
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, certificate.x509.get());
    SSL_CTX_use_PrivateKey(context_, certificate.key.get());
    if (behaviour_.version_max != 0) {
      SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context_, behaviour_.version_max);
      SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
    }
    SSL_CTX_set_alpn_select_cb(context_, &take_alpn, this);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsTerminator() {
    end();
    SSL_CTX_free(context_);
  }
  TlsTerminator(const TlsTerminator&) = delete;
  TlsTerminator& operator=(const TlsTerminator&) = delete;

  u16 port() const { return port_; }
  std::string url(const std::string& host = "localhost") const {
    return "wss://" + host + ":" + std::to_string(port_) + "/ws";
  }
  void end() {
    if (!thread_.joinable()) return;
    ::close(end_[1]);
    thread_.join();
    ::close(end_[0]);
    ::close(listener_);
  }
  // After end().
  std::vector<std::string> alpn;  // offered, one per connection
  std::vector<std::string> sni;   // asked for; "" for none
  std::string heard;              // in plain text, from all clients

 private:
  struct Link {
    SSL* ssl = nullptr;
    int client = -1;
    int relay = -1;
    bool greeted = false;
    std::string to_client = {};
    std::string to_relay = {};
  };

  static int take_alpn(SSL* ssl, const u8** out, u8* out_bytes, const u8* in, unsigned in_bytes,
                       void* self) {
    auto* owner = static_cast<TlsTerminator*>(self);
    owner->alpn.emplace_back(reinterpret_cast<const char*>(in), in_bytes);
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    owner->sni.emplace_back(name != nullptr ? name : "");
    *out = in + 1;
    *out_bytes = in[0];
    return SSL_TLSEXT_ERR_OK;
  }

  void serve() {
    std::list<Link> links;
    for (;;) {
      std::vector<pollfd> waiting{{.fd = end_[0], .events = POLLIN, .revents = 0},
                                  {.fd = listener_, .events = POLLIN, .revents = 0}};
      for (const Link& link : links) {
        const short out = link.to_client.empty() ? 0 : POLLOUT;
        waiting.push_back(
            {.fd = link.client, .events = static_cast<short>(POLLIN | out), .revents = 0});
        const short in = link.to_relay.empty() ? 0 : POLLOUT;
        waiting.push_back(
            {.fd = link.relay, .events = static_cast<short>(POLLIN | in), .revents = 0});
      }
      ::poll(waiting.data(), waiting.size(), -1);
      if (waiting[0].revents != 0) break;
      if (waiting[1].revents != 0) accept(links);
      links.remove_if([this](Link& link) {
        if (step(link)) return false;
        close(link);
        return true;
      });
    }
    for (Link& link : links) close(link);
  }
  void accept(std::list<Link>& links) {
    Link link{.ssl = SSL_new(context_), .client = ::accept(listener_, nullptr, nullptr)};
    ::fcntl(link.client, F_SETFL, O_NONBLOCK);
    SSL_set_fd(link.ssl, link.client);
    SSL_set_accept_state(link.ssl);
    SSL_set_mode(link.ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    links.push_back(std::move(link));
  }
  static void close(Link& link) {
    SSL_shutdown(link.ssl);
    SSL_free(link.ssl);
    ::close(link.client);
    if (link.relay >= 0) ::close(link.relay);
  }
  bool open_relay(Link& link) {
    link.greeted = true;
    link.to_client = behaviour_.greeting;
    if (!behaviour_.greeting.empty()) return true;
    link.relay = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in to = loopback(relay_port_);
    if (::connect(link.relay, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return false;
    ::fcntl(link.relay, F_SETFL, O_NONBLOCK);
    return true;
  }
  // Moves what there is; false at the end of either side.
  bool step(Link& link) {
    char buffer[16384];
    ERR_clear_error();
    for (;;) {
      const int got = SSL_read(link.ssl, buffer, sizeof buffer);
      if (got > 0) {
        link.to_relay.append(buffer, static_cast<std::size_t>(got));
        heard.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      if (SSL_get_error(link.ssl, got) != SSL_ERROR_WANT_READ) return false;
      break;
    }
    if (SSL_is_init_finished(link.ssl) && !link.greeted && !open_relay(link)) return false;
    while (!link.to_relay.empty() && link.relay >= 0) {
      const ssize_t sent =
          ::send(link.relay, link.to_relay.data(), link.to_relay.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      link.to_relay.erase(0, static_cast<std::size_t>(sent));
    }
    while (link.relay >= 0) {
      const ssize_t got = ::recv(link.relay, buffer, sizeof buffer, 0);
      if (got == 0) return false;
      if (got < 0) break;
      link.to_client.append(buffer, static_cast<std::size_t>(got));
    }
    while (!link.to_client.empty()) {
      const int sent =
          SSL_write(link.ssl, link.to_client.data(), static_cast<int>(link.to_client.size()));
      if (sent <= 0) break;
      link.to_client.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }

  u16 port_ = 0;
  u16 relay_port_;
  TlsBehaviour behaviour_;
  int listener_ = -1;
  int end_[2] = {-1, -1};
  SSL_CTX* context_ = nullptr;
  std::thread thread_;
};

}  // namespace perseid::test
