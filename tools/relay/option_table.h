// The options as a table that can be walked: what engine/options.h declares, once, for flags,
// environment, file, --help and the reference page. Thread: start-up only. Owns: static data.
// Invariant: one row per option, in the order of the list.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/options.h"

namespace perseid {

enum class OptionKind : u8 { flag, number, text };

struct OptionInfo {
  OptionKind kind = OptionKind::flag;
  std::string_view group;
  std::string_view name;  // snake_case
  std::string initial;    // the default, as text
  u64 min = 0;            // numbers only
  u64 max = 0;
  std::string_view unit;
  std::string_view word;  // numbers only: what may stand in a number's place; empty: nothing may
  std::string_view help;
  std::span<const std::string_view> choices;  // texts only; empty: any text
  // Exactly the one of its kind is set.
  void (*set_flag)(Options&, bool) = nullptr;
  void (*set_number)(Options&, u64) = nullptr;
  void (*set_text)(Options&, std::string) = nullptr;
};

const std::vector<OptionInfo>& option_table();
// The row of that name, null if there is none. kebab-case and snake_case are the same name.
const OptionInfo* find_option(std::string_view name);
// The name that a typing error most likely meant, empty if none is near. In snake_case.
std::string_view nearest_option(std::string_view name);

std::string flag_name(const OptionInfo& option);         // "--state-hz"
std::string environment_name(const OptionInfo& option);  // "PERSEID_STATE_HZ"
std::string bounds_text(const OptionInfo& option);       // "1 to 240 Hz", "text or json", ""
std::string default_text(const OptionInfo& option);      // "20 Hz", "off", "empty"

}  // namespace perseid
