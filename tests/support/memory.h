// What a test's process takes of memory now. Thread: any.
#pragma once

#include <unistd.h>

#include <fstream>

#include "codec/bytes.h"

namespace perseid::test {

// Resident; proc(5), statm.
inline u64 resident_bytes() {
  std::ifstream file("/proc/self/statm");
  u64 size_pages = 0;
  u64 resident_pages = 0;
  file >> size_pages >> resident_pages;
  return resident_pages * static_cast<u64>(::sysconf(_SC_PAGESIZE));
}

}  // namespace perseid::test
