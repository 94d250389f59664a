#include "codec/utf8.h"

#include <simdjson.h>

#include <cstring>

namespace perseid {
namespace {

// Below this many bytes the call through simdjson's dispatch costs more than the work.
constexpr std::size_t kShortTextBytes = 64;

bool is_ascii(const u8* at, std::size_t size) noexcept {
  u64 seen = 0;
  for (; size >= 8; at += 8, size -= 8) {
    u64 word;
    std::memcpy(&word, at, 8);
    seen |= word;
  }
  u8 rest = 0;
  for (std::size_t i = 0; i < size; ++i) rest |= at[i];
  return ((seen & 0x8080808080808080u) | (rest & 0x80u)) == 0;
}

// Bytes of the sequence that `lead` begins; 0 if nothing may begin with it (RFC 3629 section 4).
constexpr u32 sequence_bytes(u8 lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

// The second byte has a narrower range after some leads: overlong forms, surrogates, past U+10FFFF.
constexpr bool second_fits(u8 lead, u8 second) {
  const u8 low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const u8 high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

// Whether `size` bytes (1..4) are the beginning, or the whole, of one sequence.
bool may_begin_sequence(const u8* at, std::size_t size) noexcept {
  const u32 whole = sequence_bytes(at[0]);
  if (whole == 0 || size > whole) return false;
  if (size > 1 && !second_fits(at[0], at[1])) return false;
  for (std::size_t i = 2; i < size; ++i) {
    if ((at[i] & 0xc0) != 0x80) return false;
  }
  return true;
}

// How many of the last bytes belong to a sequence that goes on behind the end.
std::size_t unfinished_bytes(Bytes bytes) noexcept {
  const std::size_t most = bytes.size() < 3 ? bytes.size() : 3;
  for (std::size_t back = 1; back <= most; ++back) {
    const u8 byte = bytes[bytes.size() - back];
    if ((byte & 0xc0) == 0x80) continue;
    return sequence_bytes(byte) > back ? back : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(Bytes text) noexcept {
  if (text.size() < kShortTextBytes && is_ascii(text.data(), text.size())) return true;
  return simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()), text.size());
}

bool Utf8Stream::feed(Bytes bytes) noexcept {
  while (carried_bytes_ > 0 && !bytes.empty()) {
    std::array<u8, 4> sequence{};
    std::memcpy(sequence.data(), carried_.data(), carried_bytes_);
    sequence[carried_bytes_] = bytes[0];
    if (!may_begin_sequence(sequence.data(), carried_bytes_ + 1u)) return false;
    bytes = bytes.subspan(1);
    if (sequence_bytes(sequence[0]) == carried_bytes_ + 1u) {
      carried_bytes_ = 0;
    } else {
      carried_[carried_bytes_] = sequence[carried_bytes_];
      ++carried_bytes_;
    }
  }
  if (bytes.empty()) return true;
  const std::size_t tail = unfinished_bytes(bytes);
  const Bytes whole = bytes.first(bytes.size() - tail);
  if (!whole.empty() && !is_utf8(whole)) return false;
  if (tail == 0) return true;
  if (!may_begin_sequence(bytes.data() + whole.size(), tail)) return false;
  std::memcpy(carried_.data(), bytes.data() + whole.size(), tail);
  carried_bytes_ = static_cast<u8>(tail);
  return true;
}

bool Utf8Stream::finish() noexcept {
  const bool complete = carried_bytes_ == 0;
  carried_bytes_ = 0;
  return complete;
}

}  // namespace perseid
