#include "tools/load/arsenal.h"

#include <algorithm>

#include "codec/deflate.h"
#include "codec/frame.h"

namespace perseid::load {
namespace {

constexpr u8 kFin = 0x80;
constexpr u8 kDeflated = 0x40;
constexpr std::size_t kBombBytes = 16 * MiB;
constexpr int kPingsPerAct = 10;
constexpr int kFragmentsPerAct = 40;
constexpr int kRoomsPerAct = 3;
constexpr int kRoomNames = 1000;

u8 byte_of(Opcode opcode) {
  return static_cast<u8>(opcode);
}

// A frame masked with 0, whose first byte may be anything.
std::string frame(u8 first, std::string_view payload) {
  std::string out(1, static_cast<char>(first));
  const std::size_t size = payload.size();
  const int length_bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
  out += static_cast<char>(0x80 | (length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127));
  for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 255);
  return out.append(4, '\0').append(payload);
}

std::string text(std::string_view message) {
  return frame(kFin | byte_of(Opcode::text), message);
}

std::string times(int count, std::string_view what) {
  std::string out;
  for (int i = 0; i < count; ++i) out += what;
  return out;
}

std::string close_of(u16 code, std::string_view reason) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 255)}.append(reason);
}

std::string hello(std::string_view field, std::string_view value) {
  return text(R"({"type":"system","op":"hello","id":1,")" + std::string(field) + R"(":")" +
              std::string(value) + "\"}");
}

}  // namespace

std::vector<Attack> attacks_of(const Config& config) {
  std::vector<Attack> out;
  for (std::size_t i = 0; i < kAttacks; ++i) {
    const bool wanted = config.kinds.empty() ||
                        ("," + config.kinds + ",").find("," + std::string(kAttackNames[i]) + ",") !=
                            std::string::npos;
    const auto kind = static_cast<Attack>(i);
    if (wanted && (config.tls || kind != Attack::tls_drip)) out.push_back(kind);
  }
  const auto named = std::count(config.kinds.begin(), config.kinds.end(), ',') + 1;
  if (!config.kinds.empty() && static_cast<long>(out.size()) != named) out.clear();
  return out;
}

Arsenal::Arsenal(const Config& config)
    : upgrade_("GET /ws HTTP/1.1\r\nHost: " + config.host + ":" + std::to_string(config.port) +
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n") {
  add_floods();
  add_messages();
  add_protocol();
}

void Arsenal::add_floods() {
  const std::string ping = frame(kFin | byte_of(Opcode::ping), std::string(125, 'p'));
  const std::string pong = frame(kFin | byte_of(Opcode::pong), std::string(125, 'p'));
  add(Attack::pings, times(kPingsPerAct, ping));
  add(Attack::pings, times(kPingsPerAct, pong));
  add(Attack::pings,
      frame(byte_of(Opcode::text), "x") + times(kPingsPerAct, ping) + frame(kFin, "x"));
  // Begins with a text; from then on fragments of a byte, and never an end.
  add(Attack::fragments, frame(byte_of(Opcode::text), "x"));
  add(Attack::fragments, times(kFragmentsPerAct, frame(0, "x")));
  add(Attack::deaf, times(kPingsPerAct, text(R"({"type":"system","op":"ping","id":1})")));
  add(Attack::deaf, times(kPingsPerAct, text(R"({"type":"nonsense"})")));
  for (int i = 0; i < kRoomNames; ++i) {
    const std::string room = R"("room":"hostile-)" + std::to_string(i) + "\"}";
    std::string acts = text(R"({"type":"system","op":"join","presence":true,)" + room);
    acts += text(R"({"type":"system","op":"leave",)" + room);
    add(Attack::rooms, times(kRoomsPerAct, acts));
  }
}

void Arsenal::add_messages() {
  for (const std::string& json :
       {std::string("[[[["), std::string(10'000, '['), times(5000, R"({"a":)"),
        std::string(R"({"type":"chat","room":"r","payload":1e400})"),
        std::string(R"({"type":"chat","type":"system","op":"ping"})"),
        std::string(R"({"type":"chat","room":"\ud800","payload":1})"),
        R"({"type":"chat","room":")" + std::string(5000, 'r') + R"(","payload":1})",
        std::string(R"({"type":["chat"],"room":{},"payload":null})"), std::string("\xff\xfe{}")}) {
    add(Attack::bad_json, text(json));
  }
  Deflater deflater(15, false);
  const std::string zeroes(kBombBytes, '\0');
  const std::string once(as_text(deflater.deflate(as_bytes(zeroes))));
  const std::string twice(as_text(deflater.deflate(as_bytes(once))));
  add(Attack::bombs, frame(kFin | kDeflated | byte_of(Opcode::text), once));
  add(Attack::bombs, frame(kFin | kDeflated | byte_of(Opcode::text), twice));
  const std::string mac(43, 'A');
  for (const std::string& token :
       {std::string("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9." + mac,
        "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0YyJ9.eyJzdWIiOiJhZG1pbiJ9." + mac,
        std::string(8000, 'A'), std::string("..")}) {
    add(Attack::forgeries, hello("token", token));
  }
  add(Attack::forgeries, hello("session", std::string(48, '0')));
  add(Attack::forgeries, hello("session", "0123456789abcdef"));
}

void Arsenal::add_protocol() {
  std::string head = upgrade_.substr(0, upgrade_.size() - 2) + "X-Slow: ";
  add(Attack::head_drip, head + std::string(4096, 'x'));
  // A record with a ClientHello of 512 bytes, of which the first come.
  add(Attack::tls_drip,
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(501, 'r'));
  add(Attack::frame_drip, frame(kFin | byte_of(Opcode::text), std::string(4096, ' ')));
  add(Attack::churn, "");
  for (const u16 code : {u16{0}, u16{999}, u16{1000}, u16{1005}, u16{3000}, u16{65535}}) {
    const std::string close = frame(kFin | byte_of(Opcode::close), close_of(code, "gone"));
    add(Attack::closes, times(10, close) + text("{}"));
  }
  add(Attack::closes, frame(kFin | byte_of(Opcode::close), "x"));
  add(Attack::closes, frame(kFin | byte_of(Opcode::close), close_of(1000, "\xff\xfe")));
  add(Attack::bad_frames, std::string("\x81\x01x", 3));  // unmasked
  add(Attack::bad_frames, std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14));
  add(Attack::bad_frames, std::string("\x81\xfe\x00\x01\0\0\0\0x", 9));  // not the shortest length
  for (int first = 0; first < 256; first += 7) {
    add(Attack::bad_frames, frame(static_cast<u8>(first), "x"));
  }
  add(Attack::bad_heads, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  add(Attack::bad_heads, "GET /ws HTTP/1.1\r\n" + times(1000, "X: y\r\n") + "\r\n");
  add(Attack::bad_heads, "GET /ws HTTP/1.1\nHost: a\n\n");
  add(Attack::bad_heads,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /ws HTTP/1.1\r\n\r\n");
  add(Attack::bad_heads, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  add(Attack::bad_heads, std::string(600, '\0'));
}

std::string_view Arsenal::opening(Attack kind) const {
  const bool none =
      kind == Attack::head_drip || kind == Attack::tls_drip || kind == Attack::bad_heads;
  return none ? std::string_view() : upgrade_;
}

std::string_view Arsenal::shot(Attack kind, u64 n) const {
  const std::vector<std::string>& shots = shots_[static_cast<std::size_t>(kind)];
  if (drips(kind)) return std::string_view(shots[0]).substr(n % shots[0].size(), 1);
  if (kind == Attack::fragments) return shots[std::min<u64>(n, 1)];
  return shots[n % shots.size()];
}

}  // namespace perseid::load
