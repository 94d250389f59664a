// What a proxy says first (PROXY protocol, version 2): every cut means the same, no byte behind the
// header is taken, and an address is told only where all of it has come.
#include "codec/proxy_header.h"

#include "codec/assert.h"
#include "tests/fuzz/split.h"

namespace perseid {
namespace {

struct Outcome {
  ProxyHeader verdict = ProxyHeader::need_more;
  std::size_t taken = 0;
  std::string_view why;
};

bool take(ProxyHeaderReader& reader, Outcome& out, Bytes bytes) {
  std::size_t consumed = 0;
  out.verdict = reader.feed(bytes, consumed);
  PSD_ASSERT(consumed <= bytes.size());
  PSD_ASSERT(consumed == bytes.size() || out.verdict != ProxyHeader::need_more);
  out.taken += consumed;
  out.why = reader.why();
  return out.verdict == ProxyHeader::need_more;
}

}  // namespace
}  // namespace perseid

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perseid;
  if (size < 1) return 0;
  const Bytes in{data + 1, size - 1};
  ProxyHeaderReader once, often;
  Outcome one, many;
  fuzz::whole(in, [&](MutableBytes bytes) { return take(once, one, bytes); });
  fuzz::in_pieces(in, data[0], [&](MutableBytes bytes) { return take(often, many, bytes); });
  PSD_ASSERT(one.verdict == many.verdict && one.taken == many.taken && one.why == many.why);
  PSD_ASSERT(one.taken <= kProxyHeaderBytesMax);
  PSD_ASSERT(one.why.empty() == (one.verdict != ProxyHeader::refused));
  if (one.verdict != ProxyHeader::v4 && one.verdict != ProxyHeader::v6) return 0;
  const std::size_t bytes = one.verdict == ProxyHeader::v4 ? 4 : 16;
  PSD_ASSERT(once.address().size() == bytes && one.taken >= 16 + 2 * bytes + 4);
  PSD_ASSERT(std::equal(in.begin() + 16, in.begin() + 16 + static_cast<long>(bytes),
                        once.address().begin()));
  PSD_ASSERT(once.port() == often.port());
  return 0;
}
