#include "engine/room_rule.h"

#include <algorithm>
#include <charconv>

#include "codec/json_text.h"

namespace perseid {
namespace {

// Bytes of the character of UTF-8 at the start of `text`, which is not empty.
std::size_t character_bytes(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<u8>(text[bytes]) & 0xc0) == 0x80) ++bytes;
  return bytes;
}

void append_key(std::string& out, std::string_view key) {
  out += out.ends_with('{') ? "\"" : ",\"";
  out += key;
  out += "\":";
}

void append_double(std::string& out, std::string_view key, double number) {
  append_key(out, key);
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void append_grid(std::string& out, const GridRule& grid, const Schema& schema) {
  append_key(out, "grid");
  out += '{';
  append_double(out, "cell", grid.cell);
  append_double(out, "radius", grid.radius);
  append_double(out, "hysteresis", grid.hysteresis);
  append_text(out, "x", schema.fields()[grid.x].name);
  append_text(out, "y", schema.fields()[grid.y].name);
  if (grid.far_radius > 0) {
    append_double(out, "far_radius", grid.far_radius);
    append_double(out, "far_divisor", grid.far_divisor);
  }
  out += '}';
}

}  // namespace

std::string_view name(Ownership ownership) {
  return ownership == Ownership::anyone ? "anyone" : "first_writer";
}

std::string_view name(Durability durability) {
  constexpr std::string_view kNames[] = {"memory", "async", "commit"};
  return kNames[static_cast<u8>(durability)];
}

Durability durability_named(std::string_view text) {
  for (const Durability each : {Durability::async, Durability::commit}) {
    if (text == name(each)) return each;
  }
  return Durability::memory;
}

const std::shared_ptr<const RoomRule>& RoomRule::ordinary() {
  static const std::shared_ptr<const RoomRule> rule = std::make_shared<RoomRule>();
  return rule;
}

void RoomRule::append_state_json(std::string& out, u32 options_state_hz) const {
  out += "{\"hz\":";
  append_number(out, hz(options_state_hz));
  append_key(out, "schema");
  out += schema->json();
  append_key(out, "checksum_every");
  append_number(out, checksum_every_ticks);
  append_text(out, "ownership", name(ownership));
  if (grid) append_grid(out, *grid, *schema);
  out += '}';
}

// Back to the last star where it fails: for a pattern of p and a name of n bytes, p * n steps.
bool matches(std::string_view pattern, std::string_view room_name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_ends = 0;  // what the star has taken of the name
  while (n < room_name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_ends = n;
    } else if (p < pattern.size() && pattern[p] == '?') {
      n += character_bytes(room_name.substr(n));
      ++p;
    } else if (p < pattern.size() && pattern[p] == room_name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      star_ends += character_bytes(room_name.substr(star_ends));
      n = star_ends;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string RoomRules::add(std::string_view json) {
  std::string problem;
  std::shared_ptr<const RoomRule> rule = RoomRule::parse(json, problem);
  if (rule == nullptr) return problem;
  if (rule->pattern.empty()) return "pattern: missing";
  for (const auto& other : rules_) {
    if (other->pattern == rule->pattern) return "pattern: stands there twice";
  }
  rules_.push_back(std::move(rule));
  return {};
}

std::shared_ptr<const RoomRule> RoomRules::find(std::string_view room_name) const {
  for (const auto& rule : rules_) {
    if (matches(rule->pattern, room_name)) return rule;
  }
  return nullptr;
}

bool RoomRules::any_durable() const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const auto& rule) { return rule->durability != Durability::memory; });
}

}  // namespace perseid
