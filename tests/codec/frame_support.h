// What the WebSocket tests of this floor share: frames made by hand, a sink that remembers, feeding
// in pieces. Bytes are handed over in buffers of exactly their size and padding, so that the
// address sanitizer sees a step too far.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/deflate.h"
#include "codec/frame.h"
#include "codec/message_reader.h"

namespace perseid::test {

inline std::string raw(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out.push_back(static_cast<char>(byte));
  return out;
}

struct FrameSpec {
  Opcode opcode = Opcode::text;
  std::string_view payload;
  bool final = true;
  bool rsv1 = false;
  std::array<u8, 4> mask = {0x37, 0xfa, 0x21, 0x3d};
};

// A client's frame, masked byte by byte (the plain way, so that unmask() is checked against it).
inline std::string client_frame(const FrameSpec& spec) {
  std::array<u8, kFrameHeaderBytesMax> header{};
  const u32 bytes = write_client_frame_header(header.data(), spec.opcode, spec.payload.size(),
                                              spec.mask, spec.final, spec.rsv1);
  std::string out(reinterpret_cast<const char*>(header.data()), bytes);
  for (std::size_t i = 0; i < spec.payload.size(); ++i) {
    out.push_back(static_cast<char>(static_cast<u8>(spec.payload[i]) ^ spec.mask[i % 4]));
  }
  return out;
}

inline std::string text_frame(std::string_view payload) {
  return client_frame({.opcode = Opcode::text, .payload = payload});
}

inline std::string control_frame(Opcode opcode, std::string_view payload) {
  return client_frame({.opcode = opcode, .payload = payload});
}

// Writes down what was delivered: "text:hello", "ping:abc".
class RecordingSink : public MessageSink {
 public:
  std::vector<std::string> seen;
  Error message_answer = Error::ok;
  bool store_payload = true;
  u64 messages = 0;
  u64 controls = 0;
  u64 waste_bytes = 0;

  Error on_message(Opcode opcode, MutableBytes payload) override {
    ++messages;
    // The padding behind a message must be readable.
    volatile u8 sum = 0;
    for (std::size_t i = 0; i < kParsePaddingBytes; ++i) {
      sum = static_cast<u8>(sum + payload.data()[payload.size() + i]);
    }
    if (store_payload) note(opcode == Opcode::text ? "text:" : "binary:", payload);
    std::memset(payload.data(), 'x', payload.size());  // It may be written to.
    return message_answer;
  }
  Error on_control(Opcode opcode, Bytes payload) override {
    ++controls;
    const char* name = opcode == Opcode::ping   ? "ping:"
                       : opcode == Opcode::pong ? "pong:"
                                                : "close:";
    if (store_payload) note(name, payload);
    return Error::ok;
  }
  Error on_waste(u64 bytes) override {
    waste_bytes += bytes;
    return waste_bytes > waste_bytes_max ? Error::too_many_messages : Error::ok;
  }
  u64 waste_bytes_max = ~u64{0};

 private:
  void note(const char* name, Bytes payload) {
    seen.push_back(name + std::string(as_text(payload)));
  }
};

// One read: a heap buffer of the bytes and their padding.
inline Error feed(MessageReader& reader, std::string_view bytes, const ReaderLimits& limits,
                  MessageSink& sink) {
  const auto block = std::make_unique<u8[]>(bytes.size() + kParsePaddingBytes);
  if (!bytes.empty()) std::memcpy(block.get(), bytes.data(), bytes.size());
  return reader.feed({block.get(), bytes.size()}, limits, sink);
}

}  // namespace perseid::test
