// FakeRelay: a relay inside the test, beneath a Client's Transport: it greets, lets join, and says
// what the test wants, in pieces of any size. Also the proof that a Client needs no socket.
// Thread: one. Invariant: it outlives the clients on it.
#pragma once

#include <perseid/config.h>
#include <perseid/transport.h>
#include <perseid/types.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codec/binary.h"
#include "codec/frame.h"
#include "codec/handshake.h"
#include "codec/wire_format.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid::test {

class FakeRelay {
 public:
  explicit FakeRelay(Wire wire) : wire_(wire) {}

  u64 room_number = 1;
  std::string epoch = "e";
  u64 chat_seq = 0;                   // of `joined`
  std::string joined_fields;          // further members of `joined`, each with a comma before it
  std::size_t piece_bytes = 1 << 20;  // the transport moves so many at once
  bool refuses = false;               // does not connect at all
  bool reads = true;                  // what the client says
  std::string head;                   // of its answer to the upgrade instead of its own, if any
  std::string upgrade_fields;         // further ones of its own, each with its line's end
  std::vector<std::string> said;      // by the client: JSON, or bytes
  std::vector<std::string> ops;       // of its system messages
  bool resumes = false;               // `resumed` of `welcome`
  std::string welcome_fields;         // further members of `welcome`
  bool lets_in = true;                // answers `join`
  std::string hello_error;            // members of the error that refuses the next hello, if any
  // The transport takes so many more; then it is full.
  std::size_t takes_bytes = ~std::size_t{0};

  // `descriptor`: what its transports say to have, for tests of what a client waits for.
  TransportFactory factory(int descriptor = -1) {
    return
        [this, descriptor](const Endpoint&) { return std::make_unique<Wired>(*this, descriptor); };
  }
  // To the client: JSON or binary as its flavour is; of the binary one's system messages the JSON.
  void say(const std::string& message) { frame(message); }
  void say_system(const std::string& json) { frame(wire_ == Wire::json ? json : "\x04" + json); }
  void say_error(const std::string& id, const std::string& members) {
    say_system(R"({"type":"system","op":"error","id":)" + id + R"(,"message":"",)" + members + "}");
  }
  void say_bare(const std::string& bytes) { out_ += bytes; }
  void cut() { cut_ = true; }
  std::size_t unread_bytes() const { return out_.size(); }  // by the client

 private:
  class Wired final : public Transport {
   public:
    Wired(FakeRelay& relay, int descriptor) : relay_(relay), descriptor_(descriptor) {
      relay_.begin();
    }
    Status connect() override { return relay_.refuses ? Status::failed : Status::ok; }
    Moved read(std::span<u8> into) override {
      if (relay_.cut_) return {Status::failed, 0};
      if (relay_.out_.empty()) return {Status::again, 0};
      const std::size_t bytes = std::min({into.size(), relay_.out_.size(), relay_.piece_bytes});
      std::copy_n(relay_.out_.begin(), bytes, into.begin());
      relay_.out_.erase(0, bytes);
      return {Status::ok, bytes};
    }
    Moved write(std::span<const u8> from) override {
      if (relay_.cut_) return {Status::failed, 0};
      if (!relay_.reads || relay_.takes_bytes == 0) return {Status::again, 0};
      const std::size_t bytes = std::min({from.size(), relay_.piece_bytes, relay_.takes_bytes});
      if (relay_.takes_bytes != ~std::size_t{0}) relay_.takes_bytes -= bytes;
      relay_.in_.append(reinterpret_cast<const char*>(from.data()), bytes);
      relay_.take();
      return {Status::ok, bytes};
    }
    int fd() const override { return descriptor_; }
    bool wants_write() const override { return false; }
    bool has_more() const override { return !relay_.out_.empty(); }
    std::string error() const override { return "the test's own relay is gone"; }

   private:
    FakeRelay& relay_;
    int descriptor_;
  };

  void begin() {
    in_.clear();
    out_.clear();
    upgraded_ = cut_ = false;
  }
  void take() {
    if (!upgraded_) {
      const std::size_t end = in_.find("\r\n\r\n");
      if (end == std::string::npos) return;
      upgrade(in_.substr(0, end));
      in_.erase(0, end + 4);
    }
    FrameHeader header;
    while (parse_frame_header(as_bytes(in_), FrameSource::client, false, header) == Error::ok) {
      const std::size_t bytes = header.header_bytes + header.payload_bytes;
      if (in_.size() < bytes) return;
      std::string payload = in_.substr(header.header_bytes, header.payload_bytes);
      unmask({reinterpret_cast<u8*>(payload.data()), payload.size()}, header.mask);
      in_.erase(0, bytes);
      heard(payload);
    }
  }
  void upgrade(const std::string& request) {
    constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
    const std::size_t at = request.find(kKey) + kKey.size();
    upgraded_ = true;
    if (!head.empty()) {
      out_ += head;
      return;
    }
    out_ +=
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        websocket_accept(request.substr(at, 24)) + "\r\nSec-WebSocket-Protocol: " +
        std::string(wire_ == Wire::json ? kSubprotocolJson : kSubprotocolBin) + "\r\n" +
        upgrade_fields + "\r\n";
  }
  void heard(const std::string& message) {
    said.push_back(message);
    const std::size_t at = message.find(R"({"type":"system")");
    if (at == std::string::npos || at > 8) return;
    const std::string_view json = std::string_view(message).substr(at);
    const std::string op = json_text(json_member(json, "op"));
    const std::string id(json_member(json, "id"));
    ops.push_back(op);
    if (op == "hello" && !hello_error.empty()) {
      say_error(id, std::exchange(hello_error, {}));
    } else if (op == "hello") {
      say_system(R"({"type":"system","op":"welcome","id":)" + id +
                 R"(,"client":"c0200008000003","session":"s","resumed":)" +
                 (resumes ? "true" : "false") + welcome_fields + "}");
    } else if (op == "join" && lets_in) {
      say_system(R"({"type":"system","op":"joined","id":)" + id + R"(,"room":)" +
                 std::string(json_member(json, "room")) + R"(,"room_number":)" +
                 std::to_string(room_number) + R"(,"epoch":")" + epoch + R"(","seq":{"chat":)" +
                 std::to_string(chat_seq) + R"(,"player_action":0})" + joined_fields +
                 R"(,"members":[]})");
    } else if (op == "ping") {
      say_system(R"({"type":"system","op":"pong","id":)" + id + R"(,"timestamp":1700000000123})");
    }
  }
  void frame(const std::string& payload) {
    u8 header[kFrameHeaderBytesMax];
    const Opcode opcode = wire_ == Wire::json ? Opcode::text : Opcode::binary;
    const u32 bytes = write_frame_header(header, opcode, payload.size());
    out_.append(reinterpret_cast<const char*>(header), bytes);
    out_ += payload;
  }

  Wire wire_;
  std::string in_;
  std::string out_;
  bool upgraded_ = false;
  bool cut_ = false;
};

// A client of it that comes back a few times, and at once.
inline ClientConfig config_on(FakeRelay& relay, Wire wire) {
  ClientConfig config{.url = "wss://somewhere.example",
                      .name = "ana",
                      .wire = wire,
                      .reconnect_attempts = 5,
                      .reconnect_delay_ms = 1};
  config.transport = relay.factory();
  return config;
}

}  // namespace perseid::test
