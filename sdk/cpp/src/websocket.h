// WebSocket: the client's end of one connection (RFC 6455), on any Transport.
// Thread: the client's. Owns: the transport, bytes that wait to be sent.
// Invariants: no call blocks; a ping is answered inside step(); once ended() nothing more is
// delivered, and the reason stays.
#pragma once

#include <memory>
#include <string>

#include "codec/deflate.h"
#include "codec/message_reader.h"
#include "sdk/cpp/src/random.h"
#include "sdk/cpp/src/upgrade.h"

namespace perseid {
inline namespace sdk {

constexpr u16 kCloseAbnormal = 1006;  // RFC 6455 section 7.4.1; never on the wire

struct WebSocketSetup {
  Url url = {};
  std::unique_ptr<Transport> transport = {};
  Wire wire = Wire::json;
  bool compress = false;
  u64 message_bytes_max = 16 * MiB;
};

class WebSocket final : private MessageSink {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_open() = 0;
    // kParsePaddingBytes readable behind `message`. It may call send(), close() and drop().
    virtual void on_message(Opcode opcode, std::string_view message) = 0;
  };
  struct Counters {
    u64 bytes_in = 0;
    u64 bytes_out = 0;
    u64 pings = 0;
  };

  WebSocket(WebSocketSetup setup, Random& random, Handler& handler);
  ~WebSocket() override;

  // Does what the transport is ready for.
  void step();
  void send(Opcode opcode, std::string_view message);
  void flush();
  // Says good-bye; the other side ends the connection.
  void close(u16 code, std::string_view reason);
  // Ends it here and now.
  void drop(u16 code, std::string reason, LinkFault fault = LinkFault::ended);

  bool open() const { return phase_ == Phase::open; }
  bool ended() const { return phase_ == Phase::ended; }
  u16 close_code() const { return close_code_; }
  const std::string& close_reason() const { return close_reason_; }
  LinkFault fault() const { return fault_; }
  int http_status() const { return http_status_; }
  std::size_t unsent_bytes() const { return out_.size() - out_begin_; }
  std::size_t held_bytes() const { return out_.size(); }  // sent ones that are kept included
  const Counters& counters() const { return counters_; }
  Transport& transport() { return *setup_.transport; }
  bool wants_write() const;

 private:
  enum class Phase : u8 { connecting, upgrading, open, closing, ended };
  void connect();
  void stream_failed();
  void read();
  bool take_answer();
  void feed(MutableBytes bytes);
  void forget_sent();
  Error on_message(Opcode opcode, MutableBytes payload) override;
  Error on_control(Opcode opcode, Bytes payload) override;
  void send_frame(Opcode opcode, std::string_view payload);

  WebSocketSetup setup_;
  Upgrade upgrade_;
  Random& random_;
  Handler& handler_;
  Phase phase_ = Phase::connecting;
  std::string answer_;
  std::string out_;
  std::size_t out_begin_ = 0;
  std::unique_ptr<u8[]> buffer_;
  MessageReader reader_;
  std::unique_ptr<Inflater> inflater_;
  Counters counters_;
  u16 close_code_ = 0;
  std::string close_reason_;
  LinkFault fault_ = LinkFault::none;
  int http_status_ = 0;
};

}  // namespace sdk
}  // namespace perseid
