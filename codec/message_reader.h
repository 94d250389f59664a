// MessageReader: turns received bytes into whole WebSocket messages and control frames (RFC 6455).
// Thread: the owner's. One per connection.
// Owns: nothing while between messages; a message that spans reads or frames is gathered in a heap
// block
//   (`PartialMessage`) under the byte budget, appended contiguously whatever the fragment size.
// Invariants: a message that lies whole in one read is unmasked in place and never copied. Text is
//   validated as its bytes come. Everything good before a bad byte has been delivered before feed()
//   says so.
#pragma once

#include <memory>
#include <vector>

#include "codec/bytes.h"
#include "codec/error.h"
#include "codec/frame.h"

namespace perseid {

class Inflater;

class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // A whole text or binary message, unmasked and inflated. kParsePaddingBytes are readable behind
  // it and the message may be written to (not what is behind it). Anything but ok stops the reading
  // and is returned by feed().
  virtual Error on_message(Opcode opcode, MutableBytes payload) = 0;
  // ping, pong or close; a close payload has been validated (section 7.4, UTF-8 reason).
  virtual Error on_control(Opcode opcode, Bytes payload) = 0;
  // Work that the size of no message tells of: what a fragment lacks to kFragmentBytesMin, what a
  // message was longer before it was inflated. Anything but ok stops the reading.
  virtual Error on_waste(u64 bytes) {
    (void)bytes;
    return Error::ok;
  }
  // A message of so many bytes was inflated to so many. From 0: to as many as it may have, and then
  // it was refused.
  virtual void on_inflated(u64 from_bytes, u64 to_bytes) {
    (void)from_bytes;
    (void)to_bytes;
  }
};

// What is known while a frame or a message is unfinished.
struct PartialMessage;

// Places for unfinished messages that are used again, so that a frame which lies in two reads
// allocates nothing. A few, with small buffers: large messages bring and take their own.
// Thread: the owner's; one serves any number of readers.
class PartialPool {
 public:
  PartialPool();
  ~PartialPool();
  std::unique_ptr<PartialMessage> take();
  void give(std::unique_ptr<PartialMessage> done);
  std::size_t idle() const { return idle_.size(); }
  std::size_t held_bytes() const;

 private:
  std::vector<std::unique_ptr<PartialMessage>> idle_;
};

// A fragment is as much work as so many bytes of a message.
constexpr u64 kFragmentBytesMin = 64;

struct ReaderLimits {
  u64 message_bytes_max = 1 * MiB;  // of the inflated message
  FrameSource source = FrameSource::client;
  Inflater* inflater = nullptr;     // null: permessage-deflate was not negotiated
  u64 inflate_ratio_max = 0;        // see Inflater::inflate()
  PartialPool* partials = nullptr;  // null: allocated one by one
  bool skips_compressed = false;    // nobody wants messages any more: they are not inflated
};

class MessageReader {
 public:
  MessageReader();
  ~MessageReader();
  MessageReader(MessageReader&&) noexcept;
  MessageReader& operator=(MessageReader&&) noexcept;

  // Consumes all of `in` (kParsePaddingBytes readable behind it). ok, or the first error: the
  // sink's own, or a fatal one of the peer; after an error the reader must not be fed again.
  Error feed(MutableBytes in, const ReaderLimits& limits, MessageSink& sink);

  // Bytes held for an unfinished message, bookkeeping included; counts against the connection's
  // budget.
  std::size_t held_bytes() const;

 private:
  Error feed_partial(MutableBytes& in, const ReaderLimits& limits, MessageSink& sink);

  std::unique_ptr<PartialMessage> partial_;
};

}  // namespace perseid
