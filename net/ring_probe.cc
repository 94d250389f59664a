#include "net/ring_probe.h"

#include <liburing.h>
#include <sys/utsname.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "net/kernel_abi.h"

namespace perseid {
namespace {

std::string kernel_release() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "unknown";
}

// 0: all may, 1: members of a group, 2: nobody (Linux 6.6); -1: this kernel has no such switch.
int disabled_sysctl() {
  std::ifstream file("/proc/sys/kernel/io_uring_disabled");
  int value = -1;
  return file >> value ? value : -1;
}

// 2: a filter is on, as in most containers (proc(5)).
int seccomp_mode() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Seccomp:")) return std::atoi(line.c_str() + 8);
  return -1;
}

struct ProbeFree {
  void operator()(io_uring_probe* probe) const { io_uring_free_probe(probe); }
};

}  // namespace

RingProbe probe_ring() {
  std::unique_ptr<io_uring_probe, ProbeFree> probe(io_uring_get_probe());
  auto has = [&](int op) { return probe != nullptr && io_uring_opcode_supported(probe.get(), op); };
  RingProbe out;
  out.kernel = kernel_release();
  out.msg_ring = has(IORING_OP_MSG_RING);
  out.fixed_fd_install = has(kernel::kOpFixedFdInstall);
  out.features = {
      {"io_uring", probe != nullptr, "The relay cannot run."},
      {"multishot receive, single issuer, deferred task work", has(IORING_OP_SEND_ZC),
       "The relay cannot run: Linux 6.1 is the least it needs."},
      {"msg_ring", out.msg_ring, "A sleeping shard is woken by an eventfd, one write dearer."},
      {"fixed_fd_install", out.fixed_fd_install,
       "Client addresses are unknown, so limits per address do not apply (Linux 6.8)."},
  };
  return out;
}

std::string explain_ring_failure(int error) {
  std::string text = "io_uring cannot be set up: " + std::string(std::strerror(error)) +
                     " (errno " + std::to_string(error) + ") on Linux " + kernel_release() + ".";
  int disabled = disabled_sysctl();
  if (disabled > 0) {
    text += " The sysctl kernel.io_uring_disabled is " + std::to_string(disabled) +
            "; allow it with: sysctl kernel.io_uring_disabled=0";
  } else if (error == EINVAL || (error == ENOSYS && seccomp_mode() != 2)) {
    text += " This kernel is too old, or was built without it: Linux 6.1 or later is needed.";
  } else if (error == EPERM || error == EACCES || error == ENOSYS) {
    text +=
        " A seccomp profile forbids it, as containers' default profiles do; allow it with: "
        "docker run --security-opt seccomp=unconfined, or a profile that permits "
        "io_uring_setup, io_uring_enter and io_uring_register.";
  } else if (error == ENOMEM) {
    text +=
        " Locked memory is short; raise it with: ulimit -l unlimited, or lower "
        "--ring-entries, --completion-entries and --recv-buffers.";
  } else if (error == EMFILE || error == ENFILE) {
    text += " File descriptors are short; raise them with: ulimit -n.";
  }
  return text;
}

std::string explain_file_table_failure(int error, u32 files) {
  return "io_uring refused a table of " + std::to_string(files) +
         " descriptors: " + std::strerror(error) +
         ". Lower --max-connections, or raise the limit with: ulimit -n.";
}

}  // namespace perseid
