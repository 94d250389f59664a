#include "codec/client_id.h"

namespace perseid {
namespace {

constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr u8 kNotADigit = 0xff;
constexpr u32 kNumberDigits = 13;  // 65 bits for 64: the first digit is below 16
constexpr u32 kHalfBits = 64;

constexpr std::array<u8, 256> make_values() {
  std::array<u8, 256> values{};
  values.fill(kNotADigit);
  for (u8 i = 0; i < 32; ++i) values[static_cast<u8>(kDigits[i])] = i;
  return values;
}
constexpr std::array<u8, 256> kValues = make_values();

// Big-endian, so that ids sort as their numbers do.
void write_digits(u64 number, char* out) noexcept {
  for (u32 i = kNumberDigits; i-- > 0;) {
    out[i] = kDigits[number & 31];
    number >>= 5;
  }
}

bool read_digits(std::string_view text, u64& number) noexcept {
  if (text.size() != kNumberDigits) return false;
  if (kValues[static_cast<u8>(text[0])] > 15) return false;  // also refuses kNotADigit
  u64 value = 0;
  for (const char c : text) {
    const u8 digit = kValues[static_cast<u8>(c)];
    if (digit == kNotADigit) return false;
    value = value << 5 | digit;
  }
  number = value;
  return true;
}

u64 read_big_endian(const u8* bytes) noexcept {
  u64 value = 0;
  for (u32 i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

void write_big_endian(u64 value, u8* bytes) noexcept {
  for (u32 i = 0; i < 8; ++i) bytes[i] = static_cast<u8>(value >> (kHalfBits - 8 - 8 * i));
}

}  // namespace

static_assert(kClientIdBytes == 1 + kNumberDigits);
static_assert(kSessionSecretBytes == 1 + 3 * kNumberDigits);

void write_client_id(u64 uid, char* out) noexcept {
  out[0] = 'c';
  write_digits(uid, out + 1);
}

bool read_client_id(std::string_view text, u64& uid) noexcept {
  if (text.size() != kClientIdBytes || text[0] != 'c') return false;
  return read_digits(text.substr(1), uid);
}

void write_session_secret(u64 uid, const std::array<u8, 16>& secret, char* out) noexcept {
  out[0] = 's';
  write_digits(uid, out + 1);
  write_digits(read_big_endian(secret.data()), out + 1 + kNumberDigits);
  write_digits(read_big_endian(secret.data() + 8), out + 1 + 2 * kNumberDigits);
}

bool read_session_secret(std::string_view text, u64& uid, std::array<u8, 16>& secret) noexcept {
  if (text.size() != kSessionSecretBytes || text[0] != 's') return false;
  u64 number = 0;
  u64 high = 0;
  u64 low = 0;
  if (!read_digits(text.substr(1, kNumberDigits), number)) return false;
  if (!read_digits(text.substr(1 + kNumberDigits, kNumberDigits), high)) return false;
  if (!read_digits(text.substr(1 + 2 * kNumberDigits), low)) return false;
  uid = number;
  write_big_endian(high, secret.data());
  write_big_endian(low, secret.data() + 8);
  return true;
}

}  // namespace perseid
