#include "net/echo.h"

#include "net/closer.h"
#include "net/receiver.h"

namespace perseid {

// One message must always fit, and some more keeps a quick client's pipe full.
u64 Echo::pending_bytes_max() const {
  return core_.options.echo_message_bytes_max + 1 * MiB;
}

void Echo::begin(Slot slot, Connection& connection) {
  heard(connection);
  core_.set_timer(slot, connection, core_.options.timeout_ms);
}

void Echo::heard(Connection& connection) {
  echo_of(connection).alive_at_ms = static_cast<u32>(core_.now.mono_ms);
}

// One timer for as long as it is open: set anew when it is due, not whenever something comes.
void Echo::on_timer(Slot slot, Connection& connection) {
  const u32 silent_ms = static_cast<u32>(core_.now.mono_ms) - echo_of(connection).alive_at_ms;
  if (silent_ms < core_.options.timeout_ms) {
    core_.set_timer(slot, connection, core_.options.timeout_ms - silent_ms);
    return;
  }
  core_.closer->end(slot, connection, CloseCode::heartbeat_timeout,
                    info(Error::heartbeat_timeout).text);
}

void Echo::message(Slot slot, Connection& connection, Opcode opcode, Bytes payload) {
  EchoState& echo = echo_of(connection);
  const bool deflate = echo.deflater != nullptr;
  const Bytes body = deflate ? echo.deflater->deflate(payload) : payload;
  std::array<u8, kServerFrameHeaderBytesMax> header;
  const u32 size = write_frame_header(header.data(), opcode, body.size(), deflate);
  append(slot, connection, {header.data(), size});
  append(slot, connection, body);
}

void Echo::append(Slot slot, Connection& connection, Bytes bytes) {
  std::vector<u8>& pending = echo_of(connection).pending;
  pending.insert(pending.end(), bytes.begin(), bytes.end());
  core_.queue_flush(slot, connection);
}

void Echo::after_feed(Slot slot, Connection& connection) {
  const EchoState& echo = echo_of(connection);
  if (connection.phase != Phase::open || connection.listening == Listening::paused) return;
  if (echo.pending.size() + echo.sending_bytes <= pending_bytes_max()) return;
  core_.stats.recv_paused.add();
  core_.receiver->want(slot, connection, Listening::paused);
}

bool Echo::take_pending(Connection& connection, std::vector<u8>& out) {
  EchoState& echo = echo_of(connection);
  if (echo.pending.empty()) return false;
  out.swap(echo.pending);
  echo.pending.clear();
  echo.sending_bytes = out.size();
  return true;
}

void Echo::on_sent(Slot slot, Connection& connection) {
  echo_of(connection).sending_bytes = 0;
  heard(connection);
  if (connection.listening != Listening::paused) return;
  if (echo_of(connection).pending.size() > pending_bytes_max() / 2) return;
  core_.receiver->want(slot, connection, Listening::receive);
}

}  // namespace perseid
