// Any bytes as a payload: what is read as a signed one is of the one form that there is.
#include <cstdlib>
#include <string>

#include "codec/signed_payload.h"

namespace {

using namespace perseid;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const std::string payload(as_text({data, size}));
  SignedPayload read;
  if (!read_signed_payload(payload, read)) return 0;
  require(read.by.count >= 1 && read.by.count <= kSignatureCountMax);
  // From its parts comes the same text.
  std::string tail;
  append_signed_head(tail, "{}", read.by);
  require(read.head.ends_with(tail.substr(1)));
  std::string again(read.head);
  append_signature(again, {read.signature.data(), signature_bytes(read.by.kind)});
  require(again == payload);
  return 0;
}
