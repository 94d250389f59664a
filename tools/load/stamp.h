// Stamp: what every payload of the load carries, so that whoever receives it knows when it was
// sent, by whom, and which of that sender's messages it is. A payload is JSON of an exact size:
//   {"t":"<16 hex: send time, ns><8 hex: sender><8 hex: number>","p":"xxxx"}
// Thread: none; pure functions. Invariant: the payload is the tail of the message that bears it,
// so a reader finds it without parsing what stands before.
#pragma once

#include <string>
#include <string_view>

#include "codec/bytes.h"

namespace perseid::load {

struct Stamp {
  u64 sent_ns = 0;  // CLOCK_MONOTONIC; both ends are one machine
  u32 sender = 0;   // within its room
  u32 number = 0;   // of this sender, from 1
};

constexpr u32 kStampedPayloadBytesMin = 47;

// A payload of exactly `size_bytes` (at least kStampedPayloadBytesMin).
std::string make_payload(u32 size_bytes);
// Writes the stamp into a payload that make_payload() made.
void write_stamp(char* payload, const Stamp& stamp) noexcept;
// Reads the payload of `size_bytes` that ends `tail_bytes` before the end of `message` (1 in an
// envelope, for its brace). False if there is none.
bool read_stamp(std::string_view message, u32 size_bytes, u32 tail_bytes, Stamp& out) noexcept;
// Whether the padding is as make_payload() wrote it.
bool padding_is_whole(std::string_view message, u32 size_bytes, u32 tail_bytes) noexcept;

}  // namespace perseid::load
