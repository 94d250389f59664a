#include "tools/relay/option_value.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "codec/origin.h"

namespace perseid {
namespace {

// What the person wrote, in quotes, cut short, and without what could move a terminal's cursor.
std::string quoted(std::string_view value) {
  constexpr std::size_t kShownBytesMax = 60;
  std::string out = "\"";
  for (const char c : value.substr(0, kShownBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return out + (value.size() > kShownBytesMax ? "...\"" : "\"");
}

std::string it_takes(const OptionInfo& option) {
  return "; it takes " + bounds_text(option) + ", by default " + default_text(option);
}

OptionError set_flag(const OptionInfo& option, std::string_view where, std::string_view value,
                     Options& options) {
  const bool on = value == "true" || value == "1" || value == "on" || value == "yes";
  const bool off = value == "false" || value == "0" || value == "off" || value == "no";
  if (!on && !off) {
    return std::string(where) + ": " + quoted(value) + " is neither true nor false";
  }
  option.set_flag(options, on);
  return {};
}

OptionError set_number(const OptionInfo& option, std::string_view where, std::string_view value,
                       Options& options) {
  if (!option.word.empty() && value == option.word) {
    option.set_number(options, kAuto);
    return {};
  }
  u64 number = 0;
  const char* end = value.data() + value.size();
  const auto result = std::from_chars(value.data(), end, number);
  const bool too_long = result.ec == std::errc::result_out_of_range && result.ptr == end;
  if (!too_long && (result.ec != std::errc{} || result.ptr != end)) {
    const std::string what = option.word.empty()
                                 ? " is not a whole number"
                                 : " is neither a whole number nor " + std::string(option.word);
    return std::string(where) + ": " + quoted(value) + what + it_takes(option);
  }
  if (too_long || number < option.min || number > option.max) {
    return std::string(where) + ": " + std::string(value.substr(0, 40)) + " is out of range" +
           it_takes(option);
  }
  option.set_number(options, number);
  return {};
}

OptionError set_text(const OptionInfo& option, std::string_view where, std::string_view value,
                     Options& options) {
  const auto& choices = option.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), value) == choices.end()) {
    return std::string(where) + ": it takes " + bounds_text(option) + ", not " + quoted(value);
  }
  if (value.find('\0') != std::string_view::npos) {
    return std::string(where) + ": it must not hold a NUL byte";
  }
  option.set_text(options, std::string(value));
  return {};
}

// An entry of --allow-origin that no browser would send, and what was most likely meant.
OptionError no_origin(std::string_view text) {
  const std::size_t scheme = text.find("://");
  const std::size_t host_at = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::string meant =
      std::string(scheme == std::string_view::npos ? "https" : text.substr(0, scheme)) + "://" +
      std::string(text.substr(host_at, text.find_first_of("/?#", host_at) - host_at));
  return "--allow-origin: " + quoted(text) + " is not an origin; write " +
         (is_origin(meant) ? meant : "https://game.example") + ", without a path";
}

}  // namespace

OptionError set_option(const OptionInfo& option, std::string_view where, std::string_view value,
                       Options& options) {
  switch (option.kind) {
    case OptionKind::flag:
      return set_flag(option, where, value, options);
    case OptionKind::number:
      return set_number(option, where, value, options);
    case OptionKind::text:
      return set_text(option, where, value, options);
  }
  return {};
}

std::string unknown_name(std::string_view where, std::string_view spelled_right) {
  const std::string what = "unknown " + std::string(where);
  if (spelled_right.empty()) return what + "; perseid --help lists them all";
  return what + "; did you mean " + std::string(spelled_right) + "?";
}

OptionError check_together(const Options& options) {
  if (options.host.empty()) return "--host: it must not be empty; 0.0.0.0 listens everywhere";
  for (const std::string& origin : split_origins(options.allow_origin)) {
    if (!is_origin(origin)) return no_origin(origin);
  }
  if (!std::has_single_bit(options.recv_buffers)) {
    return "--recv-buffers: " + std::to_string(options.recv_buffers) +
           " is not a power of two; the nearest are " +
           std::to_string(std::bit_floor(options.recv_buffers)) + " and " +
           std::to_string(std::bit_ceil(options.recv_buffers));
  }
  if (options.completion_entries < options.ring_entries) {
    return "--completion-entries: " + std::to_string(options.completion_entries) +
           " is fewer than --ring-entries, " + std::to_string(options.ring_entries);
  }
  return {};
}

std::vector<Warning> option_warnings(const Options& options) {
  std::vector<Warning> out;
  if (options.heartbeat_interval_ms >= options.timeout_ms) {
    out.push_back({"options_disagree",
                   "--heartbeat-interval-ms (" + std::to_string(options.heartbeat_interval_ms) +
                       ") is not below --timeout-ms (" + std::to_string(options.timeout_ms) +
                       "): a client that is merely quiet is cut off before it is asked"});
  }
  if (options.max_message_bytes > options.session_bytes_per_second * u64{2}) {
    out.push_back(
        {"options_disagree", "--max-message-bytes (" + std::to_string(options.max_message_bytes) +
                                 ") is above two seconds of --session-bytes-per-second (" +
                                 std::to_string(options.session_bytes_per_second) +
                                 "): the largest messages will be refused as rate_limited"});
  }
  // `since` names each room, and where its reader stopped in it.
  const u64 since_bytes_max = u64{options.session_rooms_max} * (options.room_name_bytes_max + 48);
  const u64 hello_bytes_max =
      options.token_bytes_max + options.meta_bytes_max + std::min<u64>(since_bytes_max, 32 * KiB);
  if (hello_bytes_max > options.unauthenticated_bytes_max &&
      !(options.token_keys.empty() && options.token_secret.empty())) {
    out.push_back({"options_disagree",
                   "--unauthenticated-bytes-max (" +
                       std::to_string(options.unauthenticated_bytes_max) +
                       ") holds not every hello: the longest token, meta and since come to " +
                       std::to_string(hello_bytes_max)});
  }
  return out;
}

}  // namespace perseid
