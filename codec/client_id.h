// ClientId: the public text form of a session's number: "c" and 13 digits of Crockford's base32,
// lower case. Session secret: "s", the number (13 digits), then 128 random bits (26 digits).
// Thread: none; pure functions.
#pragma once

#include <array>
#include <string_view>

#include "codec/bytes.h"

namespace perseid {

constexpr u32 kClientIdBytes = 14;
constexpr u32 kSessionSecretBytes = 40;

void write_client_id(u64 uid, char* out) noexcept;  // exactly kClientIdBytes
bool read_client_id(std::string_view text, u64& uid) noexcept;
void write_session_secret(u64 uid, const std::array<u8, 16>& secret, char* out) noexcept;
bool read_session_secret(std::string_view text, u64& uid, std::array<u8, 16>& secret) noexcept;

}  // namespace perseid
