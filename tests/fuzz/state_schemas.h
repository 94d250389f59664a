// The schemas that the fuzzers of the state coder choose from: every field type, the narrowest and
// the widest of each. Only ever added to, or the corpora lose their sense.
#pragma once

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "codec/schema.h"

namespace perseid::test {

constexpr std::array<std::string_view, 5> kFuzzedSchemas = {
    R"({"x":{"type":"float","min":-512,"max":512,"resolution":0.01},)"
    R"("y":{"type":"float","min":-512,"max":512,"resolution":0.01},)"
    R"("hp":{"type":"int","min":0,"max":100},"up":"bool","pose":{"type":"quat","bits":9},)"
    R"("act":{"type":"enum","values":["idle","run","jump","fall","die"]},)"
    R"("team":{"type":"string","max_bytes":16},"bag":{"type":"json","max_bytes":64}})",
    R"({"n":{"type":"int","min":0,"max":1073741823}})",
    R"({"only":{"type":"enum","values":["it"]},"bit":{"type":"int","min":0,"max":1}})",
    R"({"a":{"type":"quat","bits":2},"b":{"type":"quat","bits":15}})",
    R"({"t":{"type":"string","max_bytes":4096},"j":{"type":"json","max_bytes":1}})"};

inline std::shared_ptr<const Schema> fuzzed_schema(u8 at) {
  static const auto schemas = [] {
    std::array<std::shared_ptr<const Schema>, kFuzzedSchemas.size()> out;
    std::string problem;
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = Schema::parse(kFuzzedSchemas[i], problem);
      if (out[i] == nullptr) std::abort();
    }
    return out;
  }();
  return schemas[at % schemas.size()];
}

}  // namespace perseid::test
