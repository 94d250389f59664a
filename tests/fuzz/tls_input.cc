// What a stranger says to the port with TLS: the look at its first bytes, then OpenSSL through
// TlsSession, as net/tls does. Every cut means the same to the former; the latter says nothing as
// plaintext before its handshake is done, and owes no more than it may.
#include <array>
#include <memory>

#include "codec/assert.h"
#include "codec/tls_hello.h"
#include "net/tls_context.h"
#include "tests/fuzz/split.h"
#include "tests/support/tls_files.h"

namespace perseid {
namespace {

constexpr u32 kHelloBytesMax = 4096;

const TlsContext& context() {
  static TlsTickets tickets(3600);
  static const TlsLoaded loaded = [] {
    Options options;
    options.tls_cert = test::default_cert().cert;
    options.tls_key = test::default_cert().key;
    return TlsContext::load(options, tickets);
  }();
  PSD_ASSERT(loaded.context != nullptr);
  return *loaded.context;
}

bool take(TlsSession& session, Bytes bytes) {
  session.lend(bytes);
  std::array<u8, 1000> plain;
  for (;;) {
    std::size_t got = 0;
    const TlsRead what = session.read(plain, got);
    PSD_ASSERT(got == 0 || session.is_ready());
    PSD_ASSERT(session.owed().size() <= kTlsOwedBytesMax + KiB);
    if (what == TlsRead::failed) {
      PSD_ASSERT(!session.failure().empty());
      return false;
    }
    if (what != TlsRead::bytes) return what == TlsRead::want_more;
  }
}

}  // namespace
}  // namespace perseid

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perseid;
  if (size < 1) return 0;
  const Bytes in{data + 1, size - 1};
  TlsHelloReader once(kHelloBytesMax), often(kHelloBytesMax);
  fuzz::whole(in, [&](MutableBytes bytes) { return once.feed(bytes), true; });
  fuzz::in_pieces(in, data[0], [&](MutableBytes bytes) { return often.feed(bytes), true; });
  const TlsHello verdict = once.feed({});
  PSD_ASSERT(verdict == often.feed({}));
  if (verdict != TlsHello::begins && verdict != TlsHello::need_more) return 0;
  const std::unique_ptr<TlsSession> session = context().begin();
  fuzz::in_pieces(in, data[0], [&](MutableBytes bytes) { return take(*session, bytes); });
  return 0;
}
