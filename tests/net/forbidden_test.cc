// Where io_uring is forbidden, as many container runtimes do: the start says so, in a sentence.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

#include "tests/net/server_process.h"
#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

// From here on this process gets `error` whenever it wants a ring.
void forbid_rings(int error) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (static_cast<u32>(error) & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{.len = 4, .filter = code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(1);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(1);
}

TEST(Start, where_a_filter_forbids_io_uring_it_says_so) {
  ServerProcess server(test_options(), [] { forbid_rings(EPERM); });
  EXPECT_EQ(server.port(), 0);
  EXPECT_NE(server.error().find("io_uring"), std::string::npos) << server.error();
  EXPECT_NE(server.error().find("seccomp"), std::string::npos) << server.error();
  EXPECT_EQ(server.wait_end(), 0) << "and ends in peace";
}

TEST(Start, where_the_kernel_has_no_io_uring_it_says_so) {
  for (const u32 shards : {1u, 3u}) {
    Options options = test_options();
    options.shards = shards;
    ServerProcess server(options, [] { forbid_rings(ENOSYS); });
    EXPECT_EQ(server.port(), 0);
    EXPECT_NE(server.error().find("io_uring"), std::string::npos) << server.error();
    EXPECT_EQ(server.wait_end(), 0);
  }
}

}  // namespace
}  // namespace perseid::test
