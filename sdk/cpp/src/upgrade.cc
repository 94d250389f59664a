#include "sdk/cpp/src/upgrade.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "codec/handshake.h"
#include "codec/http_text.h"
#include "codec/wire_format.h"

namespace perseid {
inline namespace sdk {
namespace {

constexpr std::string_view kServerNoContext = "server_no_context_takeover";

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool read_port(std::string_view text, u16& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out != 0;
}

// host, host:port, [v6] or [v6]:port; else what is wrong with it.
std::string_view read_authority(std::string_view text, Endpoint& out) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return "the host's bracket is not closed";
  if (text.find('@') != std::string_view::npos)
    return "a user in the url is not taken; use a token";
  const std::size_t colon = text.find(':', bracket);
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  out.host = host;
  if (host.empty()) return "it names no host";
  const bool has_port = colon != std::string_view::npos;
  if (has_port && !read_port(text.substr(colon + 1), out.port))
    return "its port is no number from 1 to 65535";
  return {};
}

std::string_view subprotocol(Wire wire) {
  return wire == Wire::json ? kSubprotocolJson : kSubprotocolBin;
}

// The value of a header, its lines joined by commas.
std::string header(std::string_view head, std::string_view name) {
  std::string out;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!equals_ignoring_case(line.substr(0, colon), name)) continue;
    if (!out.empty()) out += ", ";
    out += trim_space(line.substr(colon + 1));
  }
  return out;
}

// One parameter of permessage-deflate that may answer our offer (RFC 7692 section 7.1). Each may
// stand there once, which `seen` remembers.
bool is_deflate_parameter(std::string_view text, std::vector<std::string_view>& seen) {
  const std::size_t equals = text.find('=');
  const std::string_view name = trim_space(text.substr(0, equals));
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) return false;
  seen.push_back(name);
  if (equals == std::string_view::npos) {
    return name == kServerNoContext || name == "client_no_context_takeover";
  }
  std::string_view value = trim_space(text.substr(equals + 1));
  if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  const bool in_range =
      value == "8" || value == "9" ||
      (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5');
  return name == "server_max_window_bits" && in_range;
}

// We keep no window between messages, so a relay that does would not be understood.
bool is_our_deflate(std::string_view text) {
  const std::size_t name_end = text.find(';');
  if (trim_space(text.substr(0, name_end)) != "permessage-deflate") return false;
  std::vector<std::string_view> seen;
  for (std::size_t at = name_end; at != std::string_view::npos;) {
    const std::size_t end = text.find(';', at + 1);
    if (!is_deflate_parameter(trim_space(text.substr(at + 1, end - at - 1)), seen)) return false;
    at = end;
  }
  return std::find(seen.begin(), seen.end(), kServerNoContext) != seen.end();
}

}  // namespace

std::string_view parse_url(std::string_view text, Url& out) {
  out = {};
  out.endpoint.tls = take_prefix(text, "wss://");
  if (!out.endpoint.tls && !take_prefix(text, "ws://")) {
    return "it begins neither with ws:// nor with wss://";
  }
  const u16 own_port = out.endpoint.tls ? 443 : 80;
  out.endpoint.port = own_port;
  const std::size_t slash = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view problem = read_authority(text.substr(0, slash), out.endpoint);
  if (!problem.empty()) return problem;
  out.host = text.substr(0, slash);
  out.path = text.substr(slash, text.find('#') - slash);
  if (out.path.empty() || out.path == "/") out.path = "/ws";
  if (out.path[0] != '/') out.path.insert(0, "/ws");
  if (!is_host(out.host)) return "its host has a letter that no host has";
  // Nothing that would end the request's line.
  const bool has_space = out.path.find_first_of(" \r\n") != std::string::npos;
  return has_space ? "its path has a space or a new line" : std::string_view();
}

std::string upgrade_request(const Url& url, const Upgrade& upgrade) {
  std::string out =
      "GET " + url.path + " HTTP/1.1\r\nHost: " + url.host +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + upgrade.key +
      "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ";
  out += subprotocol(upgrade.wire);
  if (upgrade.compress) {
    out +=
        "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
        "client_no_context_takeover";
  }
  return out + "\r\n\r\n";
}

UpgradeAnswer read_upgrade_answer(std::string_view head, const Upgrade& upgrade) {
  UpgradeAnswer out;
  const std::string_view line = head.substr(0, head.find("\r\n"));
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 12) {
    out.problem = "the answer is no HTTP/1.1";
    return out;
  }
  std::from_chars(line.data() + 9, line.data() + 12, out.status);
  if (out.status != 101) {
    out.problem = "the relay answered " + std::string(line.substr(9));
  } else if (!equals_ignoring_case(header(head, "Upgrade"), "websocket") ||
             !list_has_token(header(head, "Connection"), "upgrade")) {
    out.problem = "the answer upgrades to no WebSocket";
  } else if (header(head, "Sec-WebSocket-Accept") != websocket_accept(upgrade.key)) {
    out.problem = "the answer is not to our handshake";
  } else if (header(head, "Sec-WebSocket-Protocol") != subprotocol(upgrade.wire)) {
    out.problem = "the relay does not speak " + std::string(subprotocol(upgrade.wire));
  }
  out.extensions = header(head, "Sec-WebSocket-Extensions");
  const bool offered = upgrade.compress && is_our_deflate(out.extensions);
  if (out.problem.empty() && !out.extensions.empty() && !offered) {
    out.problem = "the relay uses an extension that was not offered";
  }
  return out;
}

std::string base64_16(const u8* bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (u32 at = 0; at < 16; at += 3) {
    u32 group = u32{bytes[at]} << 16;
    if (at + 1 < 16) group |= u32{bytes[at + 1]} << 8;
    if (at + 2 < 16) group |= bytes[at + 2];
    for (u32 i = 0; i < 4; ++i) out += kDigits[group >> (18 - 6 * i) & 63];
  }
  out.replace(22, 2, "==");
  return out;
}

}  // namespace sdk
}  // namespace perseid
