// Deflater and Inflater: the one place that speaks to zlib.
#include "codec/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "codec/assert.h"

namespace perseid {
namespace {

// What a flushed message ends with and what is cut off on the wire (RFC 7692 section 7.2.1).
constexpr std::array<u8, 4> kTail = {0x00, 0x00, 0xff, 0xff};
constexpr std::array<u8, 1> kEmptyMessage = {0x00};
// Most messages are small: higher levels cost time and gain little on them.
constexpr int kLevel = 4;
constexpr std::size_t kScratchFirstBytes = 4 * KiB;
// One large message may not hold its size for ever.
constexpr std::size_t kScratchKeptBytesMax = 64 * KiB;
// zlib counts in 32 bits.
constexpr std::size_t kStepBytesMax = 1u << 30;

// A growing output buffer; contents survive growth.
class Scratch {
 public:
  ~Scratch() { std::free(data_); }
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  u8* data() { return data_; }
  std::size_t capacity() const { return capacity_; }
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    u8* grown = static_cast<u8*>(std::realloc(data_, capacity));
    PSD_ASSERT(grown != nullptr);
    data_ = grown;
    capacity_ = capacity;
  }
  void release_if_large() {
    if (capacity_ <= kScratchKeptBytesMax) return;
    std::free(data_);
    data_ = nullptr;
    capacity_ = 0;
  }

 private:
  u8* data_ = nullptr;
  std::size_t capacity_ = 0;
};

uInt step(std::size_t bytes) {
  return static_cast<uInt>(std::min(bytes, kStepBytesMax));
}

}  // namespace

struct Deflater::State {
  z_stream stream{};
  Scratch scratch;
  u8 window_bits = 15;
  bool begun = false;
  bool context_takeover = false;

  void begin();
};

Deflater::Deflater(u8 window_bits, bool context_takeover) : state_(std::make_unique<State>()) {
  PSD_ASSERT(window_bits >= 8 && window_bits <= 15);
  state_->window_bits = window_bits;
  state_->context_takeover = context_takeover;
}

void Deflater::State::begin() {
  if (std::exchange(begun, true)) return;
  // Raw windows begin at 9; with Z_RLE every distance is 1, which any window holds.
  const int bits = std::max<int>(window_bits, 9);
  const int memory = std::min<int>(8, bits - 6);
  const int strategy = window_bits == 8 ? Z_RLE : Z_DEFAULT_STRATEGY;
  const int result = deflateInit2(&stream, kLevel, Z_DEFLATED, -bits, memory, strategy);
  PSD_ASSERT(result == Z_OK);
}

Deflater::~Deflater() {
  if (state_->begun) deflateEnd(&state_->stream);
}

Bytes Deflater::deflate(Bytes message) {
  if (message.empty()) return kEmptyMessage;
  state_->begin();
  z_stream& stream = state_->stream;
  Scratch& scratch = state_->scratch;
  scratch.release_if_large();
  if (!state_->context_takeover) deflateReset(&stream);
  // deflateBound leaves out the flush's empty block.
  scratch.reserve(deflateBound(&stream, message.size()) + 16);
  std::size_t taken = 0, written = 0;
  do {
    stream.next_in = const_cast<u8*>(message.data()) + taken;
    stream.avail_in = step(message.size() - taken);
    taken += stream.avail_in;
    do {
      if (written == scratch.capacity()) scratch.reserve(2 * scratch.capacity());
      stream.next_out = scratch.data() + written;
      stream.avail_out = step(scratch.capacity() - written);
      const std::size_t room = stream.avail_out;
      const int result = ::deflate(&stream, taken == message.size() ? Z_SYNC_FLUSH : Z_NO_FLUSH);
      PSD_ASSERT(result == Z_OK || result == Z_BUF_ERROR);
      written += room - stream.avail_out;
    } while (stream.avail_out == 0);
    PSD_ASSERT(stream.avail_in == 0);
  } while (taken < message.size());
  PSD_ASSERT(written > kTail.size() &&
             std::memcmp(scratch.data() + written - kTail.size(), kTail.data(), kTail.size()) == 0);
  return {scratch.data(), written - kTail.size()};
}

struct Inflater::State {
  z_stream stream{};
  Scratch scratch;
  std::size_t written = 0;
  u64 read = 0;  // of the message
  u64 ratio_max = 0;
  u8 window_bits = 15;
  bool begun = false;
  bool ended = false;  // behind a final block, before anything else
  bool context_takeover = false;

  void begin();
  Error run(Bytes input, u64 limit_bytes);
  Error run_message(Bytes message, u64 limit_bytes);
  void make_room(u64 limit_bytes);
  u64 allowed(u64 limit_bytes) const;
};

Inflater::Inflater(u8 window_bits, bool context_takeover) : state_(std::make_unique<State>()) {
  PSD_ASSERT(window_bits >= 8 && window_bits <= 15);
  state_->window_bits = window_bits;
  state_->context_takeover = context_takeover;
}

void Inflater::State::begin() {
  if (std::exchange(begun, true)) return;
  // A larger window than agreed reads the same; some senders mean 9 when they say 8.
  const int result = inflateInit2(&stream, -std::max<int>(window_bits, 9));
  PSD_ASSERT(result == Z_OK);
}

Inflater::~Inflater() {
  if (state_->begun) inflateEnd(&state_->stream);
}

void Inflater::trim() {
  state_->scratch.release_if_large();
}

// Room for more output, up to one byte past the limit, which tells "full" from "too much".
void Inflater::State::make_room(u64 limit_bytes) {
  const std::size_t capacity = scratch.capacity();
  const std::size_t used = written + kParsePaddingBytes;
  if (used < capacity) return;
  const u64 most = limit_bytes + 1 + kParsePaddingBytes;
  scratch.reserve(static_cast<std::size_t>(
      std::min<u64>(most, std::max<std::size_t>(2 * capacity, kScratchFirstBytes))));
}

// What a message may have come to when so much of it has been read: inflating a few bytes to a
// megabyte costs a thousand times what receiving them does, and more than all else that a message
// can ask for.
u64 Inflater::State::allowed(u64 limit_bytes) const {
  return std::min(limit_bytes, inflated_bytes_max(read, ratio_max));
}

// Inflates `input` behind what is written. A final block (RFC 7692 section 7.2.3.4) is not the
// message's end: what follows it goes on with the same window.
Error Inflater::State::run(Bytes input, u64 limit_bytes) {
  std::size_t taken = 0;
  for (;;) {
    make_room(limit_bytes);
    stream.next_in = const_cast<u8*>(input.data()) + taken;
    stream.avail_in = step(input.size() - taken);
    stream.next_out = scratch.data() + written;
    // zlib may read on to the end before it has written what it read: so in steps.
    const u64 ahead = ratio_max == 0 ? ~u64{0} : kInflateFreeBytes;
    stream.avail_out = step(static_cast<std::size_t>(std::min<u64>(
        {scratch.capacity() - kParsePaddingBytes - written, limit_bytes + 1 - written, ahead})));
    const std::size_t offered = stream.avail_in, room = stream.avail_out;
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    taken += offered - stream.avail_in;
    read += offered - stream.avail_in;
    written += room - stream.avail_out;
    if (written > allowed(limit_bytes)) return Error::message_too_big;
    ended = result == Z_STREAM_END;
    if (ended) {
      inflateResetKeep(&stream);
      if (taken == input.size()) return Error::ok;
      continue;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) return Error::bad_deflate;
    // Output room left over means that zlib wants input, and there is none.
    if (stream.avail_out > 0 && taken == input.size()) return Error::ok;
  }
}

Error Inflater::State::run_message(Bytes message, u64 limit_bytes) {
  if (message.empty()) return Error::ok;
  if (const Error error = run(message, limit_bytes); error != Error::ok) return error;
  if (ended) return Error::ok;
  if (const Error error = run(kTail, limit_bytes); error != Error::ok) return error;
  // zlib says in data_type whether it stands between blocks (128), and unread bits (low six).
  const bool between_blocks = (stream.data_type & 128) != 0 && (stream.data_type & 63) == 0;
  return ended || between_blocks ? Error::ok : Error::bad_deflate;
}

Error Inflater::inflate(Bytes message, u64 limit_bytes, MutableBytes& out, u64 ratio_max) {
  State& state = *state_;
  state.ratio_max = ratio_max;
  state.begin();
  // One more than the limit and the padding must be countable.
  limit_bytes = std::min<u64>(limit_bytes, u64{1} << 48);
  state.written = 0;
  state.read = 0;
  state.ended = false;
  state.make_room(limit_bytes);
  const Error error = state.run_message(message, limit_bytes);
  if (error != Error::ok || !state.context_takeover) inflateReset(&state.stream);
  if (error != Error::ok) return error;
  std::memset(state.scratch.data() + state.written, 0, kParsePaddingBytes);
  out = {state.scratch.data(), state.written};
  return Error::ok;
}

}  // namespace perseid
