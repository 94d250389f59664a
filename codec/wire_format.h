// WireFormat: how one connection wants its messages written. A lane keeps one log per format in
// use. Thread: none; plain values.
#pragma once

#include <string_view>

#include "codec/bytes.h"

namespace perseid {

enum class Flavour : u8 { json, bin };

constexpr std::string_view kSubprotocolJson = "perseid.json.v1";
constexpr std::string_view kSubprotocolBin = "perseid.bin.v1";

struct WireFormat {
  Flavour flavour = Flavour::json;
  bool deflate = false;  // permessage-deflate without context takeover: frames are shared
  constexpr u8 index() const {
    return static_cast<u8>(static_cast<u8>(flavour) << 1 | static_cast<u8>(deflate));
  }
  static constexpr WireFormat at(u8 index) {
    return {static_cast<Flavour>(index >> 1), (index & 1) != 0};
  }
};
constexpr u8 kWireFormats = 4;

}  // namespace perseid
