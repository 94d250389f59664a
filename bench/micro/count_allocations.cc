// Counts operator new of the whole program. In a file of its own: where the compiler could see both
// the calls and these bodies it would warn of a mismatch that is none.
#include <cstdlib>
#include <new>

#include "codec/bytes.h"

namespace perseid::bench {

u64 allocations();

namespace {
u64 allocation_count = 0;
}

u64 allocations() {
  return allocation_count;
}

}  // namespace perseid::bench

// Sanitizers bring operators of their own, and then nothing is counted.
#ifndef PERSEID_SANITIZED
// The suite is one thread, so a plain count will do.
void* operator new(std::size_t size) {
  ++perseid::bench::allocation_count;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++perseid::bench::allocation_count;
  const auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
#endif
