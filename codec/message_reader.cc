#include "codec/message_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "codec/assert.h"
#include "codec/close_payload.h"
#include "codec/deflate.h"
#include "codec/message_buffer.h"
#include "codec/utf8.h"

namespace perseid {
namespace {

// Deflate may lengthen what does not compress: five bytes per stored block of some 16 KiB. So a
// message of exactly the limit passes compressed too.
u64 wire_bytes_max(const ReaderLimits& limits, bool compressed) {
  const u64 most = limits.message_bytes_max;
  if (!compressed) return most;
  const u64 slack = (most >> 10) + 64;
  return most > ~u64{0} - slack ? most : most + slack;
}

Error deliver_control(Opcode opcode, Bytes payload, MessageSink& sink) {
  if (opcode == Opcode::close) {
    if (const Error error = check_close_payload(payload); error != Error::ok) return error;
  }
  return sink.on_control(opcode, payload);
}

Error deliver_compressed(Opcode opcode, Bytes payload, const ReaderLimits& limits,
                         MessageSink& sink) {
  PSD_ASSERT(limits.inflater != nullptr);
  if (limits.skips_compressed) return Error::ok;
  MutableBytes message;
  Error error = limits.inflater->inflate(payload, limits.message_bytes_max, message,
                                         limits.inflate_ratio_max);
  if (error == Error::message_too_big) {
    sink.on_inflated(0, limits.message_bytes_max);
  }
  if (error != Error::ok) return error;
  sink.on_inflated(payload.size(), message.size());
  if (opcode == Opcode::text && !is_utf8(message)) return Error::bad_utf8;
  if (payload.size() > message.size()) error = sink.on_waste(payload.size() - message.size());
  if (error != Error::ok) return error;
  error = sink.on_message(opcode, message);
  // Only after ok: a sink that refused may have ended the connection and its inflater with it.
  if (error == Error::ok) limits.inflater->trim();
  return error;
}

// A frame that is a whole message or control frame and lies whole in `in`: taken in place.
// need_more if the next frame is not of that kind; nothing was then consumed or changed.
Error take_whole_frame(MutableBytes& in, const ReaderLimits& limits, MessageSink& sink) {
  FrameHeader frame;
  const Error error = parse_frame_header(in, limits.source, limits.inflater != nullptr, frame);
  if (error != Error::ok) return error;
  if (frame.opcode == Opcode::continuation) return Error::unexpected_continuation;
  const bool control = is_control(frame.opcode);
  if (!control && frame.payload_bytes > wire_bytes_max(limits, frame.rsv1)) {
    return Error::message_too_big;
  }
  if (!frame.final || frame.payload_bytes > in.size() - frame.header_bytes) return Error::need_more;
  const MutableBytes payload = in.subspan(frame.header_bytes, frame.payload_bytes);
  in = in.subspan(frame.header_bytes + payload.size());
  if (frame.masked) unmask(payload, frame.mask);
  if (control) return deliver_control(frame.opcode, payload, sink);
  if (frame.rsv1) return deliver_compressed(frame.opcode, payload, limits, sink);
  if (frame.opcode == Opcode::text && !is_utf8(payload)) return Error::bad_utf8;
  return sink.on_message(frame.opcode, payload);
}

}  // namespace

struct PartialMessage {
  enum class Step : u8 { more, control_done, fragment_done, message_done };

  Error feed(MutableBytes& in, const ReaderLimits& limits, Step& step);
  Error take_header(MutableBytes& in, const ReaderLimits& limits);
  Error begin_frame(const ReaderLimits& limits);
  Error take_payload(MutableBytes& in, const ReaderLimits& limits);
  Error deliver_message(const ReaderLimits& limits, MessageSink& sink);
  Bytes control() const { return {control_.data(), control_bytes_}; }
  void clear();
  std::size_t held_bytes() const { return sizeof *this + buffer_.held_bytes(); }

  FrameHeader frame_;
  u64 frame_left_ = 0;
  MessageBuffer buffer_;
  u32 mask_phase_ = 0;
  u8 header_bytes_ = 0;
  u8 control_bytes_ = 0;
  bool in_frame_ = false;
  bool in_message_ = false;
  bool compressed_ = false;
  Opcode opcode_ = Opcode::text;
  Utf8Stream utf8_;
  std::array<u8, kFrameHeaderBytesMax> header_;
  std::array<u8, kControlPayloadBytesMax> control_;
};

// Takes what it can of one frame.
Error PartialMessage::feed(MutableBytes& in, const ReaderLimits& limits, Step& step) {
  step = Step::more;
  if (!in_frame_) {
    const Error error = take_header(in, limits);
    if (error == Error::need_more) return Error::ok;
    if (error != Error::ok) return error;
  }
  if (const Error error = take_payload(in, limits); error != Error::ok) return error;
  if (frame_left_ > 0) return Error::ok;
  in_frame_ = false;
  if (is_control(frame_.opcode)) {
    step = Step::control_done;
  } else {
    step = frame_.final ? Step::message_done : Step::fragment_done;
  }
  return Error::ok;
}

Error PartialMessage::take_header(MutableBytes& in, const ReaderLimits& limits) {
  const bool allow_rsv1 = limits.inflater != nullptr;
  Error error = Error::need_more;
  if (header_bytes_ == 0) {
    error = parse_frame_header(in, limits.source, allow_rsv1, frame_);
    if (error == Error::ok) in = in.subspan(frame_.header_bytes);
  }
  while (error == Error::need_more && !in.empty()) {
    header_[header_bytes_++] = in[0];
    in = in.subspan(1);
    error = parse_frame_header({header_.data(), header_bytes_}, limits.source, allow_rsv1, frame_);
  }
  if (error != Error::ok) return error;
  header_bytes_ = 0;
  return begin_frame(limits);
}

Error PartialMessage::begin_frame(const ReaderLimits& limits) {
  in_frame_ = true;
  frame_left_ = frame_.payload_bytes;
  mask_phase_ = 0;
  control_bytes_ = 0;
  if (is_control(frame_.opcode)) return Error::ok;
  const bool continues = frame_.opcode == Opcode::continuation;
  if (continues && !in_message_) return Error::unexpected_continuation;
  if (!continues) {
    if (in_message_) return Error::expected_continuation;
    in_message_ = true;
    opcode_ = frame_.opcode;
    compressed_ = frame_.rsv1;
  }
  const u64 most = wire_bytes_max(limits, compressed_);
  PSD_ASSERT(buffer_.size() <= most);
  return frame_left_ > most - buffer_.size() ? Error::message_too_big : Error::ok;
}

Error PartialMessage::take_payload(MutableBytes& in, const ReaderLimits& limits) {
  const std::size_t taken = static_cast<std::size_t>(std::min<u64>(frame_left_, in.size()));
  const MutableBytes piece = in.first(taken);
  in = in.subspan(taken);
  frame_left_ -= taken;
  if (frame_.masked) mask_phase_ = unmask(piece, frame_.mask, mask_phase_);
  if (is_control(frame_.opcode)) {
    PSD_ASSERT(control_bytes_ + taken <= control_.size());
    if (taken > 0) std::memcpy(control_.data() + control_bytes_, piece.data(), taken);
    control_bytes_ = static_cast<u8>(control_bytes_ + taken);
    return Error::ok;
  }
  if (opcode_ == Opcode::text && !compressed_ && !utf8_.feed(piece)) return Error::bad_utf8;
  const u64 most =
      frame_.final ? buffer_.size() + taken + frame_left_ : wire_bytes_max(limits, compressed_);
  buffer_.append(piece, most);
  return Error::ok;
}

Error PartialMessage::deliver_message(const ReaderLimits& limits, MessageSink& sink) {
  const MutableBytes payload = buffer_.padded();
  if (compressed_) return deliver_compressed(opcode_, payload, limits, sink);
  if (opcode_ == Opcode::text && !utf8_.finish()) return Error::bad_utf8;
  return sink.on_message(opcode_, payload);
}

// Keeps a small buffer.
void PartialMessage::clear() {
  constexpr std::size_t kKeptBytesMax = 16 * KiB;
  MessageBuffer buffer;
  if (buffer_.held_bytes() <= kKeptBytesMax + kParsePaddingBytes) buffer = std::move(buffer_);
  buffer.clear();
  *this = {};
  buffer_ = std::move(buffer);
}

PartialPool::PartialPool() = default;
PartialPool::~PartialPool() = default;

std::unique_ptr<PartialMessage> PartialPool::take() {
  if (idle_.empty()) return std::make_unique<PartialMessage>();
  std::unique_ptr<PartialMessage> out = std::move(idle_.back());
  idle_.pop_back();
  return out;
}

void PartialPool::give(std::unique_ptr<PartialMessage> done) {
  constexpr std::size_t kIdleMax = 16;
  if (idle_.size() == kIdleMax) return;
  done->clear();
  idle_.push_back(std::move(done));
}

std::size_t PartialPool::held_bytes() const {
  std::size_t bytes = 0;
  for (const auto& partial : idle_) bytes += partial->held_bytes();
  return bytes;
}

MessageReader::MessageReader() = default;
MessageReader::~MessageReader() = default;
MessageReader::MessageReader(MessageReader&&) noexcept = default;
MessageReader& MessageReader::operator=(MessageReader&&) noexcept = default;

Error MessageReader::feed(MutableBytes in, const ReaderLimits& limits, MessageSink& sink) {
  while (!in.empty()) {
    if (partial_ == nullptr) {
      const Error error = take_whole_frame(in, limits, sink);
      if (error == Error::ok) continue;
      if (error != Error::need_more) return error;
      partial_ =
          limits.partials == nullptr ? std::make_unique<PartialMessage>() : limits.partials->take();
    }
    if (const Error error = feed_partial(in, limits, sink); error != Error::ok) return error;
  }
  return Error::ok;
}

Error MessageReader::feed_partial(MutableBytes& in, const ReaderLimits& limits, MessageSink& sink) {
  PartialMessage::Step step;
  const Error error = partial_->feed(in, limits, step);
  if (error != Error::ok || step == PartialMessage::Step::more) return error;
  if (step == PartialMessage::Step::fragment_done) {
    const u64 bytes = partial_->frame_.payload_bytes;
    return bytes < kFragmentBytesMin ? sink.on_waste(kFragmentBytesMin - bytes) : Error::ok;
  }
  if (step == PartialMessage::Step::control_done && partial_->in_message_) {
    return deliver_control(partial_->frame_.opcode, partial_->control(), sink);
  }
  // Let go first: the sink may end the connection, and between messages nothing is held.
  std::unique_ptr<PartialMessage> done = std::move(partial_);
  const Error answer = step == PartialMessage::Step::control_done
                           ? deliver_control(done->frame_.opcode, done->control(), sink)
                           : done->deliver_message(limits, sink);
  if (limits.partials != nullptr) limits.partials->give(std::move(done));
  return answer;
}

std::size_t MessageReader::held_bytes() const {
  return partial_ == nullptr ? 0 : partial_->held_bytes();
}

}  // namespace perseid
