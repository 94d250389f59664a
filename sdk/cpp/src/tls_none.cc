// Instead of tls_transport.cc where the SDK is built without TLS (PERSEID_SDK_TLS=OFF).
#include <perseid/tls.h>

namespace perseid {
inline namespace sdk {

class TlsContext {};

std::shared_ptr<TlsContext> make_tls_context(const TlsConfig& /*config*/, LinkFailure& failure) {
  failure = {LinkFault::no_tls, "this SDK was built without TLS (PERSEID_SDK_TLS): no wss://"};
  return nullptr;
}

std::unique_ptr<Transport> make_tls_transport(std::shared_ptr<TlsContext> /*context*/,
                                              const std::string& /*host*/,
                                              std::unique_ptr<Transport> /*stream*/) {
  return nullptr;
}

}  // namespace sdk
}  // namespace perseid
