// Inbox: what a client makes of the bytes that reach it: frames, inflated, in both flavours.
// Thread: the run's. Owns: its readers. Invariant: bytes may come in any cut.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/deflate.h"
#include "codec/delivery.h"
#include "codec/message_reader.h"
#include "codec/wire_format.h"
#include "engine/lane.h"
#include "tests/sim/chat_view.h"

namespace perseid::sim {

// A relay-to-client message of either flavour. Views live for the length of the call.
struct Incoming {
  MessageType type = MessageType::system;
  simdjson::dom::element system;  // only if type is system
  std::string room;               // empty in the binary flavour
  u32 room_number = 0;            // 0 in the JSON flavour
  Seq seq = 0;
  std::string sender;
  std::string to;
  std::string_view payload;
  u64 tick = 0;
  bool full = false;
  bool coded = false;
  StateCell cell;
  SeenMarks marks;  // chat of the history
};

class InboxSink {
 public:
  virtual ~InboxSink() = default;
  virtual void on_incoming(const Incoming& message) = 0;
  virtual void on_ping(Bytes payload) = 0;
  virtual void on_close(u16 code) = 0;
  virtual void on_broken(const std::string& why) = 0;
};

class Inbox final : private MessageSink {
 public:
  Inbox(WireFormat format, InboxSink& sink);
  void feed(Bytes bytes);

 private:
  Error on_message(Opcode opcode, MutableBytes payload) override;
  Error on_control(Opcode opcode, Bytes payload) override;
  Error read_json(MutableBytes payload);
  Error read_binary(MutableBytes payload);
  Error broken(const std::string& why);

  const WireFormat format_;
  InboxSink& sink_;
  MessageReader reader_;
  Inflater inflater_;
  simdjson::dom::parser parser_;
  std::vector<u8> buffer_;
  bool dead_ = false;
};

// Helpers over simdjson's values: a missing field is empty or 0.
std::string text_of(simdjson::dom::element object, std::string_view key);
u64 number_of(simdjson::dom::element object, std::string_view key);
// The token of `id` as it was sent, or empty.
std::string id_of(simdjson::dom::element object);
// The message's own payload bytes: they stand last, before the closing brace.
std::string_view payload_of(std::string_view json);

}  // namespace perseid::sim
