// The payload of a close frame (RFC 6455 sections 5.5.1 and 7.4): code and reason.
// Thread: none; pure functions.
// Invariant: a reason that is written is whole UTF-8 and fits a control frame.
#pragma once

#include <array>
#include <string_view>

#include "codec/bytes.h"
#include "codec/error.h"
#include "codec/frame.h"

namespace perseid {

// Code when the frame had none (RFC 6455 section 7.1.5); never sent.
constexpr u16 kCloseCodeAbsent = 1005;

// bad_close_payload: one byte, or a code that must not be on the wire. bad_utf8: the reason.
Error check_close_payload(Bytes payload) noexcept;

// The code of a payload that was checked; kCloseCodeAbsent if it is empty.
u16 close_code(Bytes payload) noexcept;

// Writes code and reason, the reason cut at a character's boundary; returns the bytes written.
u32 write_close_payload(std::array<u8, kControlPayloadBytesMax>& out, u16 code,
                        std::string_view reason) noexcept;

}  // namespace perseid
