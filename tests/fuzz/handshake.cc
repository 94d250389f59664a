// Request heads and the upgrade: the same answer for every cut, and a whole answer for every
// request.
#include <string>

#include "codec/assert.h"
#include "codec/handshake.h"
#include "tests/fuzz/split.h"

namespace perseid {
namespace {

struct Run {
  HttpHeadReader reader{4096};
  Error error = Error::need_more;
  std::size_t consumed = 0;

  bool take(MutableBytes bytes) {
    std::size_t used = 0;
    error = reader.feed(bytes, used);
    PSD_ASSERT(used <= bytes.size());
    consumed += used;
    return error == Error::need_more;
  }
};

void check_response(const UpgradeDecision& decision) {
  const std::string& response = decision.response;
  const std::size_t end = response.find("\r\n\r\n");
  PSD_ASSERT(end != std::string::npos);
  PSD_ASSERT(response.substr(0, 9) == "HTTP/1.1 ");
  // Nothing of the request may add a line.
  for (std::size_t at = 0; at < end; ++at) {
    if (response[at] == '\n') PSD_ASSERT(at > 0 && response[at - 1] == '\r');
  }
  if (decision.error == Error::ok) PSD_ASSERT(end + 4 == response.size());
}

}  // namespace
}  // namespace perseid

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perseid;
  if (size < 2) return 0;
  const Bytes in{data + 2, size - 2};
  Run once, often;
  fuzz::whole(in, [&](MutableBytes bytes) { return once.take(bytes); });
  fuzz::in_pieces(in, data[1], [&](MutableBytes bytes) { return often.take(bytes); });
  PSD_ASSERT(once.error == often.error);
  PSD_ASSERT(once.consumed == often.consumed);
  if (once.error != Error::ok) return 0;
  UpgradePolicy policy;
  policy.check_subprotocol = (data[0] & 1) != 0;
  policy.deflate = {.server_context_takeover = (data[0] & 2) != 0,
                    .client_context_takeover = (data[0] & 4) != 0};
  policy.listening_on_loopback = (data[0] & 8) != 0;
  if ((data[0] & 16) != 0) policy.allow_origin = {"https://game.example", "null"};
  const UpgradeDecision decision = decide_upgrade(once.reader.request(), policy);
  check_response(decision);
  if (decision.deflate) {
    const DeflateParams& params = decision.deflate->params;
    PSD_ASSERT(params.server_window_bits >= 8 && params.server_window_bits <= 15);
    PSD_ASSERT(params.client_window_bits >= 8 && params.client_window_bits <= 15);
  }
  return 0;
}
