// Facts that a durable room keeps of its chat: kind/user, and a number.
// Thread: none; constants.
#pragma once

#include <string_view>

namespace perseid {

constexpr std::string_view kReadFact = "read";       // up to which seq
constexpr std::string_view kMuteFact = "mute";       // until when, Unix ms
constexpr std::string_view kBanFact = "ban";         // likewise
constexpr std::string_view kSlowFact = "slow_mode";  // of the user *: the interval

}  // namespace perseid
