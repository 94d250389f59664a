// Reading our own JSON deliveries back (history answers, transcoding): only ever our exact
// template.
#include <charconv>

#include "codec/client_id.h"
#include "codec/delivery.h"

namespace perseid {
namespace {

struct Scanner {
  std::string_view rest;

  bool take(std::string_view expected) noexcept {
    if (!rest.starts_with(expected)) return false;
    rest.remove_prefix(expected.size());
    return true;
  }

  // Up to the closing quote, which is taken too; escapes stay as they are.
  bool take_string(std::string_view& out) noexcept {
    std::size_t i = 0;
    while (i < rest.size() && rest[i] != '"') i += rest[i] == '\\' ? 2 : 1;
    if (i >= rest.size()) return false;
    out = rest.substr(0, i);
    rest.remove_prefix(i + 1);
    return true;
  }

  template <typename Number>
  bool take_number(Number& out) noexcept {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out);
    if (error != std::errc{}) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return true;
  }

  bool take_client(u64& out) noexcept {
    std::string_view text;
    if (!take_string(text)) return false;
    if (text != kRelaySender) return read_client_id(text, out);
    out = 0;
    return true;
  }
};

bool take_type(Scanner& in, MessageType& out) noexcept {
  std::string_view name;
  if (!in.take(R"({"type":")") || !in.take_string(name)) return false;
  if (name != "chat" && name != "player_action") return false;
  out = name == "chat" ? MessageType::chat : MessageType::player_action;
  return true;
}

bool take_address(Scanner& in, Delivery& out) noexcept {
  if (in.take(R"(,"to":")")) return in.take_client(out.to);
  if (!in.take(R"(,"room":")") || !in.take_string(out.room_escaped)) return false;
  return !in.take(R"(,"seq":)") || in.take_number(out.seq);
}

}  // namespace

std::string_view delivery_json(Bytes frame) noexcept {
  const u8 length_code = frame[1] & 0x7f;
  const std::size_t header = length_code == 127 ? 10 : length_code == 126 ? 4 : 2;
  return as_text(frame.subspan(header));
}

bool read_delivery_json(std::string_view json, Delivery& out) noexcept {
  Scanner in{json};
  Delivery read;
  if (!take_type(in, read.type) || !take_address(in, read)) return false;
  if (!in.take(R"(,"sender":")") || !in.take_client(read.sender)) return false;
  if (!in.take(R"(,"timestamp":)") || !in.take_number(read.timestamp_unix_ms)) return false;
  if (!in.take(R"(,"payload":)") || in.rest.size() < 2 || in.rest.back() != '}') return false;
  read.payload = in.rest.substr(0, in.rest.size() - 1);
  out = read;
  return true;
}

}  // namespace perseid
