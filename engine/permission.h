// Permission: what somebody may do, in a room or everywhere. Declared once: the names are those of
// a token's claims (engine/grant.h). Thread: none; plain values.
#pragma once

#include <string_view>

#include "codec/envelope.h"

namespace perseid {

// name in tokens, bit, what it allows
#define PERSEID_PERMISSIONS(X)                                                                  \
  X(join, kMayJoin, "Join the room.")                                                           \
  X(chat, kMayChat, "Send it chat messages, edits and reactions.")                              \
  X(action, kMayAct, "Send it player actions.")                                                 \
  X(state, kMaySetState, "Change its state.")                                                   \
  X(presence, kMaySeePresence, "Hear who comes and goes, and list the members.")                \
  X(history, kMayReadHistory, "Read what was said before, after a lost session as well.")       \
  X(direct, kMaySendDirect, "Send and read private messages; holds for no room in particular.") \
  X(moderate, kMayModerate, "Mute, kick, ban, slow the room, and change others' messages.")     \
  X(admin, kMayAdminister, "All of these.")

enum PermissionBit : u8 {
#define X(name, constant, text) k_##name##_bit,
  PERSEID_PERMISSIONS(X)
#undef X
};

using Permissions = u16;
enum Permission : Permissions {
#define X(name, constant, text) constant = 1u << k_##name##_bit,
  PERSEID_PERMISSIONS(X)
#undef X
};
constexpr Permissions kPermissionsAll = (u32{kMayAdminister} << 1) - 1;
// Of a token that says nothing of rooms, and of everybody where the relay asks for no tokens.
constexpr Permissions kPermissionsDefault = kPermissionsAll & ~(kMayModerate | kMayAdminister);
// Of who shows no token, in the rooms of --anonymous-rooms.
constexpr Permissions kPermissionsAnonymous = kPermissionsDefault & ~kMaySendDirect;

// 0 if nothing is called so.
constexpr Permissions permission_named(std::string_view name) {
#define X(permission, constant, text) \
  if (name == #permission) return constant;
  PERSEID_PERMISSIONS(X)
#undef X
  return 0;
}

constexpr Permission permission_of(MessageType type) {
  return type == MessageType::player_action ? kMayAct
         : type == MessageType::game_state  ? kMaySetState
                                            : kMayChat;
}

}  // namespace perseid
