// Any bytes as a JSON message: no crash, no read beyond, and whatever is accepted is JSON by
// itself.
#include <cstdlib>
#include <string>

#include "codec/envelope.h"
#include "codec/json_document.h"

namespace {

using namespace perseid;

std::string padded(Bytes bytes) {
  std::string text(as_text(bytes));
  text.append(kParsePaddingBytes, '"');
  return text;
}

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json(std::string_view text) {
  static JsonDocument document;
  const std::string copy = padded(as_bytes(text));
  return document.open(std::string_view(copy).substr(0, text.size())) == Error::ok;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  static EnvelopeReader reader{EnvelopeLimits{}};
  std::string text = padded({data, size});
  if (reader.begin({reinterpret_cast<u8*>(text.data()), size}).error != Error::ok) return 0;
  Request request;
  Problem problem;
  for (u32 count = 0; reader.next(request, problem); ++count) {
    require(count < EnvelopeLimits{}.messages_per_frame_max);
    require(problem.id.empty() || is_json(problem.id));
    if (problem.error != Error::ok) continue;
    require(request.room.size() <= EnvelopeLimits{}.room_name_bytes_max);
    require(request.payload.empty() || is_json(request.payload));
    require(request.meta.empty() || is_json(request.meta));
    require(request.id == problem.id);
  }
  return 0;
}
