// Byte views used on every floor.
// Thread: none; plain values.
// Invariant: a view never owns; whoever hands one out keeps the bytes alive for the length of the
// call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace perseid {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

using Bytes = std::span<const u8>;
using MutableBytes = std::span<u8>;

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;

// Every buffer that may be handed to a parser has this many readable bytes behind its end, so that
// simdjson (SIMDJSON_PADDING, 32 to 64 by version) reads in place and nothing is copied to pad it.
constexpr std::size_t kParsePaddingBytes = 64;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

}  // namespace perseid
