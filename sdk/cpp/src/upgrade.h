// The client's side of the opening handshake (RFC 6455 section 4.1), and the urls it starts from.
// Thread: none; pure functions.
#pragma once

#include <perseid/transport.h>
#include <perseid/types.h>

#include <string>
#include <string_view>

namespace perseid {
inline namespace sdk {

constexpr std::size_t kUpgradeAnswerBytesMax = 16 * KiB;

struct Url {
  Endpoint endpoint = {};
  std::string host = {};  // as the Host header says it, with a port that is not the scheme's own
  std::string path = {};  // with its query
};
// ws://host[:port][/path], wss:// likewise; the path is /ws if there is none. Else what is wrong
// with it, as a sentence.
std::string_view parse_url(std::string_view text, Url& out);

struct Upgrade {
  std::string key = {};
  Wire wire = Wire::json;
  bool compress = false;
};
std::string upgrade_request(const Url& url, const Upgrade& upgrade);

struct UpgradeAnswer {
  std::string problem = {};  // empty: the WebSocket stands
  int status = 0;
  std::string extensions = {};  // what was agreed on
};
// `head` ends with its empty line.
UpgradeAnswer read_upgrade_answer(std::string_view head, const Upgrade& upgrade);

std::string base64_16(const u8* bytes);  // of 16 bytes

}  // namespace sdk
}  // namespace perseid
