// What the envelope tests share: a message with hostile bytes behind it, and a reader's answers as
// one line of text, so that a table's row is input and expected line.
#pragma once

#include <string>
#include <string_view>

#include "codec/binary.h"
#include "codec/envelope.h"

namespace perseid {

// A message as the relay holds it: padded, and what stands behind it is bait for a parser that runs
// over the end.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text) : bytes_(text), size_(text.size()) {
    bytes_.append(kParsePaddingBytes, '"');
  }
  MutableBytes bytes() { return {reinterpret_cast<u8*>(bytes_.data()), size_}; }

 private:
  std::string bytes_;
  std::size_t size_;
};

std::string describe(const Request& request);
std::string describe(const Problem& problem);

// Everything that a reader says about one message, joined by " | "; "frame: invalid_json" if begin
// refuses.
template <typename Reader>
std::string read_all(Reader& reader, std::string_view text) {
  PaddedText message(text);
  if (const Problem problem = reader.begin(message.bytes()); problem.error != Error::ok) {
    return "frame: " + describe(problem);
  }
  std::string lines;
  Request request;
  Problem problem;
  while (reader.next(request, problem)) {
    if (!lines.empty()) lines += " | ";
    lines += problem.error == Error::ok ? describe(request) : describe(problem);
  }
  return lines;
}

std::string read_json(std::string_view text);
std::string read_binary(std::string_view bytes);

// A number that fails a test is worth nothing without its seed: printed by every property test.
u64 property_seed(const char* test);

}  // namespace perseid
