// Held: what OpenSSL makes, and has freed by a function of its own.
// Thread: its owner's.
#pragma once

#include <memory>

namespace perseid {
inline namespace sdk {

template <auto Free>
struct Freed {
  template <class Type>
  void operator()(Type* held) const {
    Free(held);
  }
};
template <class Type, auto Free>
using Held = std::unique_ptr<Type, Freed<Free>>;

}  // namespace sdk
}  // namespace perseid
