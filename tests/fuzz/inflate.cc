// Inflate: any bytes, within the limit; and what the deflater makes always comes back.
#include <array>
#include <string>

#include "codec/assert.h"
#include "codec/deflate.h"
#include "tests/fuzz/split.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perseid;
  if (size < 2) return 0;
  const u8 bits = static_cast<u8>(8 + (data[0] & 7));
  const bool takeover = (data[0] & 8) != 0;
  const u64 limit = u64{16} << (data[1] & 15);
  Bytes in{data + 2, size - 2};

  // Two messages, so that the second may refer to the first; the inflater survives its errors.
  Inflater inflater(bits, takeover);
  const std::size_t cut = in.size() * data[1] / 256;
  for (const Bytes message : {in.first(cut), in.subspan(cut)}) {
    fuzz::whole(message, [&](MutableBytes exact) {
      MutableBytes out;
      const Error error = inflater.inflate(exact, limit, out);
      PSD_ASSERT(error == Error::ok || error == Error::bad_deflate ||
                 error == Error::message_too_big);
      if (error == Error::ok) {
        PSD_ASSERT(out.size() <= limit);
        std::memset(out.data(), 0, out.size() + kParsePaddingBytes);
      }
      return true;
    });
  }

  Deflater deflater(bits, takeover);
  Inflater reader(bits, takeover);
  for (int round = 0; round < 2; ++round) {
    MutableBytes out;
    const Error error = reader.inflate(deflater.deflate(in), in.size(), out);
    PSD_ASSERT(error == Error::ok && as_text(out) == as_text(in));
  }
  return 0;
}
