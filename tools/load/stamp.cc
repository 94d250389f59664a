#include "tools/load/stamp.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "codec/assert.h"

namespace perseid::load {
namespace {

constexpr std::string_view kHead = R"({"t":")";
constexpr std::string_view kMiddle = R"(","p":")";
constexpr std::string_view kTail = R"("})";
constexpr u32 kHexBytes = 32;
constexpr char kPad = 'x';
static_assert(kHead.size() + kHexBytes + kMiddle.size() + kTail.size() == kStampedPayloadBytesMin);

constexpr std::array<u8, 256> make_hex_values() {
  std::array<u8, 256> values{};
  values.fill(0xff);
  for (u8 i = 0; i < 10; ++i) values['0' + i] = i;
  for (u8 i = 0; i < 6; ++i) values['a' + i] = static_cast<u8>(10 + i);
  return values;
}
constexpr std::array<u8, 256> kHexValues = make_hex_values();

void write_hex(char* out, u64 value, u32 digits) {
  for (u32 i = digits; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

bool read_hex(const char* in, u32 digits, u64& out) {
  u8 bad = 0;
  out = 0;
  for (u32 i = 0; i < digits; ++i) {
    const u8 value = kHexValues[static_cast<u8>(in[i])];
    bad |= value & 0xf0;
    out = out << 4 | (value & 15);
  }
  return bad == 0;
}

}  // namespace

std::string make_payload(u32 size_bytes) {
  PSD_ASSERT(size_bytes >= kStampedPayloadBytesMin);
  std::string out(kHead);
  out.append(kHexBytes, '0');
  out += kMiddle;
  out.append(size_bytes - kStampedPayloadBytesMin, kPad);
  out += kTail;
  return out;
}

void write_stamp(char* payload, const Stamp& stamp) noexcept {
  char* hex = payload + kHead.size();
  write_hex(hex, stamp.sent_ns, 16);
  write_hex(hex + 16, stamp.sender, 8);
  write_hex(hex + 24, stamp.number, 8);
}

bool read_stamp(std::string_view message, u32 size_bytes, u32 tail_bytes, Stamp& out) noexcept {
  if (message.size() < std::size_t{size_bytes} + tail_bytes) return false;
  const char* payload = message.data() + message.size() - tail_bytes - size_bytes;
  if (std::memcmp(payload, kHead.data(), kHead.size()) != 0) return false;
  const char* hex = payload + kHead.size();
  u64 sender = 0;
  u64 number = 0;
  const bool good = read_hex(hex, 16, out.sent_ns) && read_hex(hex + 16, 8, sender) &&
                    read_hex(hex + 24, 8, number);
  out.sender = static_cast<u32>(sender);
  out.number = static_cast<u32>(number);
  return good;
}

bool padding_is_whole(std::string_view message, u32 size_bytes, u32 tail_bytes) noexcept {
  if (message.size() < std::size_t{size_bytes} + tail_bytes) return false;
  std::string_view rest = message.substr(message.size() - tail_bytes - size_bytes, size_bytes);
  rest.remove_prefix(kHead.size() + kHexBytes);
  if (!rest.starts_with(kMiddle) || !rest.ends_with(kTail)) return false;
  rest.remove_prefix(kMiddle.size());
  rest.remove_suffix(kTail.size());
  return std::all_of(rest.begin(), rest.end(), [](char c) { return c == kPad; });
}

}  // namespace perseid::load
