// Name: a short immutable string in eight bytes, empty for nothing. Rosters hold one per member.
// Thread: the owner's. Owns: its bytes.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "codec/assert.h"
#include "codec/bytes.h"

namespace perseid {

class Name {
 public:
  Name() = default;
  explicit Name(std::string_view text) {
    if (text.empty()) return;
    PSD_ASSERT(text.size() <= 0xffff);
    const u16 size_bytes = static_cast<u16>(text.size());
    bytes_ = std::make_unique<char[]>(sizeof size_bytes + size_bytes);
    std::memcpy(bytes_.get(), &size_bytes, sizeof size_bytes);
    std::memcpy(bytes_.get() + sizeof size_bytes, text.data(), size_bytes);
  }
  std::string_view view() const {
    if (bytes_ == nullptr) return {};
    u16 size_bytes = 0;
    std::memcpy(&size_bytes, bytes_.get(), sizeof size_bytes);
    return {bytes_.get() + sizeof size_bytes, size_bytes};
  }

 private:
  std::unique_ptr<char[]> bytes_;
};
static_assert(sizeof(Name) == 8);

}  // namespace perseid
