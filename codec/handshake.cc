#include "codec/handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

#include "codec/http_text.h"
#include "codec/origin.h"

namespace perseid {
namespace {

constexpr std::string_view kAcceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// 16 bytes in base64: 22 digits and two signs of padding (RFC 6455 section 4.1).
bool is_key(std::string_view key) {
  if (key.size() != 24 || key.substr(22) != "==") return false;
  for (const char c : key.substr(0, 22)) {
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!digit && c != '+' && c != '/') return false;
  }
  return true;
}

UpgradeDecision refuse(Error error, std::string_view advice) {
  UpgradeDecision decision;
  decision.error = error;
  decision.response = http_error(error, advice);
  return decision;
}

// What is wrong with the request apart from its subprotocols; ok and no advice if nothing is.
Error check_request(const HttpRequest& request, const UpgradePolicy& policy,
                    std::string_view& advice) {
  if (request.method != "GET") return Error::method_not_allowed;
  if (!request.upgrade_websocket || !request.connection_upgrade) {
    advice = "Connect with a WebSocket client, for example new WebSocket(url) in a browser.";
    return Error::upgrade_required;
  }
  if (!request.http_1_1) {
    advice = "WebSocket needs HTTP/1.1; if a proxy is in between, set it to that version.";
    return Error::bad_request;
  }
  if (request.ws_version != "13") return Error::upgrade_required;
  if (!is_key(request.ws_key)) {
    advice = "Sec-WebSocket-Key must be 16 bytes in base64, once.";
    return Error::bad_request;
  }
  const bool allowed =
      !request.origin || is_origin_allowed(*request.origin, request.host, policy.allow_origin,
                                           policy.listening_on_loopback);
  if (allowed) return Error::ok;
  advice = "Start the relay with --allow-origin and the origin of the page (scheme://host:port).";
  return Error::bad_origin;
}

// Picks the first offered subprotocol that is known. False if there are only unknown ones.
bool pick_subprotocol(std::string_view offered, UpgradeDecision& decision) {
  bool any = false;
  std::string_view element;
  while (next_list_element(offered, element)) {
    any |= !element.empty();
    if (element != kSubprotocolJson && element != kSubprotocolBin) continue;
    const bool json = element == kSubprotocolJson;
    decision.flavour = json ? Flavour::json : Flavour::bin;
    decision.subprotocol = json ? kSubprotocolJson : kSubprotocolBin;
    return true;
  }
  return !any;
}

void write_switch(const HttpRequest& request, UpgradeDecision& decision) {
  std::string& out = decision.response;
  out.reserve(256);
  out.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  out.append("Sec-WebSocket-Accept: ").append(websocket_accept(request.ws_key)).append("\r\n");
  if (!decision.subprotocol.empty()) {
    out.append("Sec-WebSocket-Protocol: ").append(decision.subprotocol).append("\r\n");
  }
  if (decision.deflate) {
    out.append("Sec-WebSocket-Extensions: ").append(decision.deflate->response).append("\r\n");
  }
  out.append("\r\n");
}

}  // namespace

UpgradeDecision decide_upgrade(const HttpRequest& request, const UpgradePolicy& policy) {
  std::string_view advice;
  const Error error = check_request(request, policy, advice);
  if (error != Error::ok) return refuse(error, advice);
  UpgradeDecision decision;
  if (policy.check_subprotocol && !pick_subprotocol(request.subprotocols, decision)) {
    return refuse(Error::unknown_subprotocol, {});
  }
  if (policy.compression) decision.deflate = negotiate_deflate(request.extensions, policy.deflate);
  write_switch(request, decision);
  return decision;
}

std::string websocket_accept(std::string_view key) {
  std::string salted(key);
  salted += kAcceptSalt;
  std::array<u8, SHA_DIGEST_LENGTH> digest{};
  SHA1(as_bytes(salted).data(), salted.size(), digest.data());
  std::array<u8, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> text{};
  const int bytes = EVP_EncodeBlock(text.data(), digest.data(), SHA_DIGEST_LENGTH);
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(bytes)};
}

}  // namespace perseid
