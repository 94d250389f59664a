// What this kernel can do for us: probed at start and reported, never half-used in silence.
// Thread: any; nothing is kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"

namespace perseid {

struct RingFeature {
  std::string_view name;
  bool present = false;
  std::string_view absence;  // what it costs not to have it
};

struct RingProbe {
  std::string kernel;  // release, as uname says
  bool msg_ring = false;
  bool fixed_fd_install = false;
  std::vector<RingFeature> features;
};

// Asks the kernel. On a kernel without io_uring every feature is absent.
RingProbe probe_ring();

// Sentences for a person: what was found, and how to allow it.
std::string explain_ring_failure(int error);
std::string explain_file_table_failure(int error, u32 files);

}  // namespace perseid
