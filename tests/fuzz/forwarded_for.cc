// X-Forwarded-For, whatever stands in it: who is found is known; he is the peer himself, or is
// written there; and what stands left of the first who is not trusted changes nothing.
#include "net/forwarded_for.h"

#include <string>

#include "codec/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perseid;
  static const IpNetworks trusted = parse_networks("10.0.0.0/8,2001:db8::/32").value();
  static const IpAddress peer = IpAddress::parse("10.0.0.1").value();
  const std::string list = std::string(as_text({data, size}));
  const IpAddress who = forwarded_for(list, peer, trusted);
  PSD_ASSERT(who.known());
  if (!contains(trusted, who)) {
    PSD_ASSERT(forwarded_for("6.6.6.6," + list, peer, trusted) == who);
  }
  const AddressText text(who);
  PSD_ASSERT(IpAddress::parse(text.view()) == who);
  PSD_ASSERT(forwarded_for(text.view(), peer, trusted) == who);
  PSD_ASSERT(PeerAddress(who).known());
  (void)parse_networks(list);
  return 0;
}
