#include "sdk/cpp/src/websocket.h"

#include <algorithm>
#include <cstring>

#include "codec/close_payload.h"

namespace perseid {
inline namespace sdk {
namespace {

constexpr std::size_t kReadBytes = 64 * KiB;
constexpr u32 kReadsPerStep = 16;  // one connection must not have a frame of the game for itself
constexpr std::size_t kOutKeptBytes = 256 * KiB;

}  // namespace

WebSocket::WebSocket(WebSocketSetup setup, Random& random, Handler& handler)
    : setup_(std::move(setup)),
      random_(random),
      handler_(handler),
      buffer_(std::make_unique<u8[]>(kReadBytes + kParsePaddingBytes)) {
  std::array<u8, 16> key;
  for (u8& byte : key) byte = static_cast<u8>(random_.next() >> 56);
  upgrade_ = {.key = base64_16(key.data()), .wire = setup_.wire, .compress = setup_.compress};
}

WebSocket::~WebSocket() = default;

bool WebSocket::wants_write() const {
  return setup_.transport->wants_write() || (phase_ != Phase::connecting && unsent_bytes() != 0);
}

void WebSocket::step() {
  if (phase_ == Phase::connecting) connect();
  if (phase_ == Phase::connecting || ended()) return;
  flush();
  read();
  flush();
}

void WebSocket::connect() {
  const Transport::Status status = setup_.transport->connect();
  if (status == Transport::Status::failed) {
    stream_failed();
  } else if (status == Transport::Status::ok) {
    phase_ = Phase::upgrading;
    out_ = upgrade_request(setup_.url, upgrade_);
  }
}

void WebSocket::stream_failed() {
  drop(kCloseAbnormal, setup_.transport->error(), setup_.transport->fault());
}

void WebSocket::read() {
  for (u32 i = 0; i < kReadsPerStep && !ended(); ++i) {
    const Transport::Moved got = setup_.transport->read({buffer_.get(), kReadBytes});
    if (got.status == Transport::Status::again) return;
    if (got.status == Transport::Status::failed) return stream_failed();
    counters_.bytes_in += got.bytes;
    if (phase_ == Phase::upgrading) {
      answer_.append(reinterpret_cast<const char*>(buffer_.get()), got.bytes);
      if (!take_answer()) continue;
    } else {
      feed({buffer_.get(), got.bytes});
    }
  }
}

// True once there is a WebSocket; what came behind the answer has been read then.
bool WebSocket::take_answer() {
  const std::size_t end = answer_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (answer_.size() > kUpgradeAnswerBytesMax) {
      drop(kCloseAbnormal, "the answer has no end", LinkFault::not_a_relay);
    }
    return false;
  }
  const UpgradeAnswer answer =
      read_upgrade_answer(std::string_view(answer_).substr(0, end + 4), upgrade_);
  http_status_ = answer.status;
  if (!answer.problem.empty()) {
    const bool said_no = http_status_ == 401 || http_status_ == 403 || http_status_ >= 429;
    drop(kCloseAbnormal, answer.problem, said_no ? LinkFault::rejected : LinkFault::not_a_relay);
    return false;
  }
  if (!answer.extensions.empty()) inflater_ = std::make_unique<Inflater>(u8{15}, false);
  std::string rest = answer_.substr(end + 4);
  answer_.clear();
  phase_ = Phase::open;
  handler_.on_open();
  const std::size_t bytes = rest.size();
  rest.append(kParsePaddingBytes, '\0');
  if (bytes != 0) feed({reinterpret_cast<u8*>(rest.data()), bytes});
  return true;
}

void WebSocket::feed(MutableBytes bytes) {
  const ReaderLimits limits{.message_bytes_max = setup_.message_bytes_max,
                            .source = FrameSource::server,
                            .inflater = inflater_.get()};
  const Error error = reader_.feed(bytes, limits, *this);
  if (error == Error::ok || ended()) return;
  close(static_cast<u16>(info(error).close), info(error).text);
  drop(static_cast<u16>(info(error).close), std::string(info(error).text));
}

Error WebSocket::on_message(Opcode opcode, MutableBytes payload) {
  if (phase_ == Phase::open) handler_.on_message(opcode, as_text(payload));
  return ended() ? Error::unsupported_data : Error::ok;  // any error: reading stops
}

Error WebSocket::on_control(Opcode opcode, Bytes payload) {
  if (opcode == Opcode::ping) {
    ++counters_.pings;
    // Who asks and asks and does not read gets no answer to each (RFC 6455 section 5.5.3).
    if (unsent_bytes() < kOutKeptBytes) send_frame(Opcode::pong, as_text(payload));
  } else if (opcode == Opcode::close) {
    const std::string_view text = as_text(payload);
    if (phase_ == Phase::open) send_frame(Opcode::close, text);
    flush();
    drop(perseid::close_code(payload),
         std::string(text.substr(std::min<std::size_t>(text.size(), 2))));
    return Error::unsupported_data;
  }
  return Error::ok;
}

void WebSocket::send(Opcode opcode, std::string_view message) {
  if (phase_ == Phase::open) send_frame(opcode, message);
}

void WebSocket::send_frame(Opcode opcode, std::string_view payload) {
  const u64 dice = random_.next();
  std::array<u8, 4> mask;
  std::memcpy(mask.data(), &dice, mask.size());
  u8 header[kFrameHeaderBytesMax];
  const u32 header_bytes = write_client_frame_header(header, opcode, payload.size(), mask);
  out_.append(reinterpret_cast<const char*>(header), header_bytes);
  const std::size_t at = out_.size();
  out_ += payload;
  unmask({reinterpret_cast<u8*>(out_.data()) + at, payload.size()}, mask);
}

void WebSocket::flush() {
  if (phase_ == Phase::connecting || ended()) return;
  while (unsent_bytes() != 0) {
    const Transport::Moved sent = setup_.transport->write(as_bytes(out_).subspan(out_begin_));
    if (sent.status == Transport::Status::again) return forget_sent();
    if (sent.status == Transport::Status::failed) return stream_failed();
    counters_.bytes_out += sent.bytes;
    out_begin_ += sent.bytes;
  }
  out_begin_ = 0;
  out_.clear();
  if (out_.capacity() > kOutKeptBytes) out_.shrink_to_fit();
}

// A socket that is never quite empty would let them grow. What is moved is no more than is freed.
void WebSocket::forget_sent() {
  if (out_begin_ < kOutKeptBytes || out_begin_ < unsent_bytes()) return;
  out_.erase(0, out_begin_);
  out_begin_ = 0;
}

void WebSocket::close(u16 code, std::string_view reason) {
  if (phase_ == Phase::open) {
    std::array<u8, kControlPayloadBytesMax> payload;
    const u32 bytes = write_close_payload(payload, code, reason);
    send_frame(Opcode::close, as_text(Bytes(payload).first(bytes)));
    phase_ = Phase::closing;
    flush();
  } else if (phase_ != Phase::closing) {
    drop(code, std::string(reason));
  }
}

void WebSocket::drop(u16 code, std::string reason, LinkFault fault) {
  if (ended()) return;
  fault_ = fault;
  phase_ = Phase::ended;
  close_code_ = code;
  close_reason_ = std::move(reason);
}

}  // namespace sdk
}  // namespace perseid
