// WsClient: a blocking WebSocket client for tests: each wait has a limit, and every byte sent can
// be chosen, so that it can also be a hostile one. Speaks TLS if asked to (start_tls), or if all
// clients of the program do (tests_over_tls). Thread: one. Owns: its socket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "codec/frame.h"
#include "tests/support/tls_wire.h"

namespace perseid::test {

constexpr int kWaitMsMax = 10'000;  // far beyond what any answer takes; reaching it is a failure

struct Frame {
  Opcode opcode = Opcode::text;
  bool final = true;
  bool rsv1 = false;
  std::string payload;
};

struct ClientConfig {
  std::string path = "/ws";
  std::string extra_fields = {};  // whole header lines, each ended by CRLF
  int receive_buffer_bytes = 0;   // SO_RCVBUF if not 0: a small one makes a slow reader
};

class WsClient {
 public:
  WsClient() = default;
  ~WsClient() { close(); }
  WsClient(WsClient&& other) noexcept;
  WsClient& operator=(WsClient&& other) noexcept;
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  // Connects, with TLS if all do; false if refused.
  bool connect_tcp(u16 port, int receive_buffer_bytes = 0);
  // Connects TCP only, whatever the others do.
  bool connect_bare(u16 port, int receive_buffer_bytes = 0);
  // The TLS handshake on it; false if it fails, see tls()->trouble().
  bool start_tls(const TlsClientConfig& config = {});
  TlsWire* tls() const { return tls_.get(); }
  // Begins to connect TCP and does not wait for it: poll fd() for POLLOUT.
  void begin_connect(u16 port);
  // Connects and upgrades; false if the answer is not 101 (see head()).
  bool connect(u16 port, const ClientConfig& config = {});
  // The request that connect() sends.
  static std::string upgrade_request(const ClientConfig& config);

  bool send_raw(std::string_view bytes);
  // Past TLS.
  bool send_bare(std::string_view bytes);
  // What one non-blocking write takes; 0 if the socket is full.
  std::size_t send_some(std::string_view bytes);
  bool send_frame(Opcode opcode, std::string_view payload, bool final = true, bool rsv1 = false);
  bool send_text(std::string_view payload) { return send_frame(Opcode::text, payload); }
  bool send_close(u16 code, std::string_view reason = {});

  // The next frame; nullopt at the end of the stream or when nothing comes for `wait_ms`.
  std::optional<Frame> read_frame(int wait_ms = kWaitMsMax);
  // The next text or binary message, control frames skipped.
  std::optional<std::string> read_message(int wait_ms = kWaitMsMax);
  // The code of the next close frame (1005 if it has none), other frames skipped; 0 if none comes.
  u16 read_close(int wait_ms = kWaitMsMax, std::string* reason = nullptr);
  // True if the peer ends the stream in time (not by a reset), whatever comes before.
  bool read_end(int wait_ms = kWaitMsMax);
  // Everything until the end of the stream.
  std::string read_all(int wait_ms = kWaitMsMax);
  // An HTTP head, up to and with its empty line.
  std::string read_head(int wait_ms = kWaitMsMax);

  const std::string& head() const { return head_; }
  bool was_reset() const { return was_reset_; }
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void shut_down();  // ends our side only
  void reset();      // closes with RST
  void close();

 private:
  bool fill(int wait_ms);  // reads more into in_; false at the end or in vain

  int receive(char* out, int size, int wait_ms);  // 0: it ended; below: it broke, or nothing came

  int fd_ = -1;
  std::unique_ptr<TlsWire> tls_;
  std::string in_;
  std::string head_;
  bool ended_ = false;
  bool was_reset_ = false;
};

// One masked client frame.
std::string client_frame(Opcode opcode, std::string_view payload, bool final = true,
                         bool rsv1 = false);
// Code (big endian) and reason.
std::string close_payload(u16 code, std::string_view reason = {});
// One HTTP request on a connection of its own; the whole answer.
std::string http_get(u16 port, std::string_view path, std::string_view method = "GET");

}  // namespace perseid::test
