// Counts every malloc and new of a program. Included by one source of it, for it defines malloc.
// Thread: any; the count is atomic. Invariant: only threads whose counts_my_allocations is true
// (as it is at first) are counted.
#pragma once

#include <atomic>
#include <cstdlib>

#include "codec/bytes.h"
#include "tests/support/slow_build.h"

namespace perseid::test {

inline std::atomic<u64> allocations{0};
inline thread_local bool counts_my_allocations = true;

// Sanitizers bring their own malloc, which must not be replaced.
constexpr bool kCountsAllocations = !kSanitized;

inline void count_allocation() {
  if (counts_my_allocations) allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace perseid::test

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define PSD_DEFINES_MALLOC 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define PSD_DEFINES_MALLOC 1
#endif
#endif

#ifdef PSD_DEFINES_MALLOC
// operator new ends here as well. glibc keeps its own functions under these names.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  perseid::test::count_allocation();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  perseid::test::count_allocation();
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  perseid::test::count_allocation();
  return __libc_realloc(block, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  perseid::test::count_allocation();
  return __libc_memalign(alignment, size);
}
}
#endif
