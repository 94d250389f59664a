// Permission: what a session may do. Bits, kept in the session.
// Thread: none; plain values.
#pragma once

#include "codec/envelope.h"

namespace perseid {

enum Permission : u8 {
  kMayChat = 1,
  kMayAct = 2,
  kMaySetState = 4,
  kMayModerate = 8,
};
constexpr u8 kPermissionsDefault = kMayChat | kMayAct | kMaySetState;
constexpr u32 kPermissionBits = 4;

constexpr Permission permission_of(MessageType type) {
  return type == MessageType::player_action ? kMayAct
         : type == MessageType::game_state  ? kMaySetState
                                            : kMayChat;
}

}  // namespace perseid
