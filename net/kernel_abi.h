// Constants of the kernel's io_uring interface that liburing 2.3's headers are too old to name.
// Thread: none; plain values. Source: include/uapi/linux/io_uring.h of Linux 6.8.
#pragma once

#include "codec/bytes.h"

namespace perseid::kernel {

// Gives a direct descriptor an ordinary number as well (Linux 6.8); only that can be asked for its
// peer's address.
constexpr u8 kOpFixedFdInstall = 54;

}  // namespace perseid::kernel
