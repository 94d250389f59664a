#include "net/frames.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "net/closer.h"
#include "net/echo.h"
#include "net/mover.h"
#include "net/receiver.h"

namespace perseid {
namespace {

// Tells the reader to stop where nothing is wrong: behind the peer's close frame (section 1.4).
constexpr Error kStopReading = Error::need_more;

}  // namespace

void Frames::feed(Slot slot, Connection& connection, MutableBytes bytes) {
  if (connection.session != kNoSlot) core_.relay->heard(connection.session);
  if (connection.is_echo) core_.echo->heard(connection);
  if (connection.deaf || bytes.empty()) return;
  slot_ = slot;
  connection_ = &connection;
  limits_ = limits(connection);
  const Error error = connection.reader.feed(bytes, limits_, *this);
  if (error == Error::message_too_big && is_stranger(connection)) {
    core_.stats.unauthenticated_too_big.add();
  }
  if (error != Error::ok && connection.phase == Phase::moving) {
    connection.deaf = true;
    if (error != kStopReading) core_.mover->keep_error(slot, error);
  } else if (error != Error::ok && error != kStopReading) {
    core_.closer->on_bad_input(slot, connection, error);
  }
  if (connection.is_echo) core_.echo->after_feed(slot, connection);
}

void Frames::take(Slot slot, Connection& connection, Opcode opcode, Error error,
                  MutableBytes payload) {
  slot_ = slot;
  connection_ = &connection;
  if (error == Error::ok) {
    error = is_control(opcode) ? on_control(opcode, payload) : on_message(opcode, payload);
  }
  if (error != Error::ok && error != kStopReading) {
    core_.closer->on_bad_input(slot, connection, error);
  }
}

ReaderLimits Frames::limits(const Connection& connection) const {
  const bool echo = connection.is_echo;
  Inflater* inflater = nullptr;
  if (connection.inflates) inflater = echo ? echo_of(connection).inflater.get() : &core_.inflater;
  return {.message_bytes_max = message_bytes_max(connection),
          .source = FrameSource::client,
          .inflater = inflater,
          .inflate_ratio_max = echo ? 0 : inflate_ratio_max(),
          .partials = &core_.partials,
          .skips_compressed = connection.phase != Phase::open && connection.phase != Phase::moving};
}

u64 Frames::message_bytes_max(const Connection& connection) const {
  const Options& options = core_.options;
  if (connection.is_echo) return options.echo_message_bytes_max;
  if (!is_stranger(connection)) return options.max_message_bytes;
  return std::min(options.max_message_bytes, options.unauthenticated_bytes_max);
}

// Now and then somebody really has that much of the same to say.
u64 Frames::inflate_ratio_max() const {
  const u64 rate = core_.options.inflate_bombs_bytes_per_second;
  return bombs_.wait(1, rate, core_.now.mono_ms) == 0 ? 0 : core_.options.inflate_ratio_max;
}

void Frames::on_inflated(u64 from_bytes, u64 to_bytes) {
  const Options& options = core_.options;
  const u64 ratio_max = options.inflate_ratio_max;
  if (connection_->is_echo || to_bytes <= inflated_bytes_max(from_bytes, ratio_max)) return;
  if (limits_.inflate_ratio_max > 0) return core_.stats.inflate_bombs_refused.add();
  bombs_.charge(to_bytes, options.inflate_bombs_bytes_per_second, core_.now.mono_ms);
  limits_.inflate_ratio_max = inflate_ratio_max();
}

bool Frames::is_stranger(const Connection& connection) const {
  return connection.session != kNoSlot && !core_.relay->is_admitted(connection.session);
}

Error Frames::on_message(Opcode opcode, MutableBytes payload) {
  Connection& connection = *connection_;
  connection.last_message_ms = static_cast<u32>(core_.now.mono_ms);
  if (connection.phase == Phase::moving) return core_.mover->keep(slot_, opcode, payload);
  // A closing connection is read for the peer's close frame alone.
  if (connection.phase != Phase::open) return Error::ok;
  if (connection.listening == Listening::rest) {
    core_.receiver->want(slot_, connection, Listening::receive);
  }
  if (connection.is_echo) {
    core_.echo->message(slot_, connection, opcode, payload);
  } else if (connection.session != kNoSlot) {
    core_.relay->receive(connection.session, opcode, payload);
    limits_.message_bytes_max = message_bytes_max(connection);
  }
  return Error::ok;
}

Error Frames::on_control(Opcode opcode, Bytes payload) {
  if (connection_->phase == Phase::moving) {
    const Error error = core_.mover->keep(slot_, opcode, payload);
    return error == Error::ok && opcode == Opcode::close ? kStopReading : error;
  }
  if (opcode == Opcode::close) {
    core_.closer->on_peer_close(slot_, *connection_, payload);
    return kStopReading;
  }
  if (connection_->phase != Phase::open) return Error::ok;
  if (connection_->session != kNoSlot) {
    if (opcode == Opcode::pong && core_.relay->ponged(connection_->session, payload)) {
      return Error::ok;
    }
    const u32 size = static_cast<u32>(payload.size());
    const Error error = core_.relay->charge_control(connection_->session, size);
    if (error != Error::ok) return error;
  }
  if (opcode == Opcode::ping) pong(payload);
  return Error::ok;
}

// A connection that is closing has no session to pay any more: it is not read on.
Error Frames::on_waste(u64 bytes) {
  if (connection_->is_echo || connection_->phase == Phase::moving) return Error::ok;
  if (connection_->phase != Phase::open || connection_->session == kNoSlot) {
    return Error::too_many_messages;
  }
  return core_.relay->charge_waste(connection_->session, bytes);
}

void Frames::pong(Bytes payload) {
  std::array<u8, 2 + kControlPayloadBytesMax> frame;
  const u32 header = write_frame_header(frame.data(), Opcode::pong, payload.size());
  if (!payload.empty()) std::memcpy(frame.data() + header, payload.data(), payload.size());
  const Bytes whole{frame.data(), header + payload.size()};
  if (connection_->is_echo) {
    core_.echo->append(slot_, *connection_, whole);
  } else if (connection_->session != kNoSlot) {
    const Error error = core_.relay->push_frame(connection_->session, whole);
    if (error != Error::ok) {
      core_.closer->end(slot_, *connection_, CloseCode::too_slow, info(error).text);
    }
    core_.queue_flush(slot_, *connection_);
  }
}

}  // namespace perseid
