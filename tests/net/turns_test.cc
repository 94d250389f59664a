// What a burst costs the kernel: one send per member and turn of the loop, and no system call for
// a message alone.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>

#include "tests/net/server_process.h"
#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

constexpr u32 kMembers = 10;
constexpr u32 kMessagesPerRead = 100;

Options quiet_options() {
  Options options = test_options();
  options.session_messages_per_second = 10'000'000;
  options.session_bytes_per_second = ~0u;
  options.heartbeat_interval_ms = options.timeout_ms = 3'600'000;
  options.action_window_bytes = 16 * 1024 * 1024;
  return options;
}

// Members of one room; the first one speaks.
class Room {
 public:
  explicit Room(u16 port) : members_(kMembers) {
    for (WsClient& member : members_) {
      EXPECT_TRUE(member.connect(port, {.path = "/ws"}));
      member.send_text(R"({"type":"system","op":"join","id":1,"room":"r"})");
      EXPECT_TRUE(member.read_message().has_value());
    }
    for (u32 i = 0; i < kMessagesPerRead; ++i) {
      burst_ += client_frame(Opcode::text, R"({"type":"player_action","room":"r","payload":1})");
    }
  }
  // As many messages as one read takes, in one write; everybody has them at the end.
  bool relay_burst() {
    if (!members_[0].send_raw(burst_)) return false;
    for (WsClient& member : members_) {
      for (u32 i = 0; i < kMessagesPerRead; ++i) {
        if (!member.read_message()) return false;
      }
    }
    return true;
  }

 private:
  std::vector<WsClient> members_;
  std::string burst_;
};

TEST(Turns, a_burst_in_one_read_is_one_send_to_each_member) {
  for (const u32 shards : {1u, 2u}) {
    Options options = quiet_options();
    options.shards = shards;
    TestServer server(options);
    Room room(server.port());
    const NetStatsSum before = server->net_stats();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(room.relay_burst());
    const NetStatsSum after = server->net_stats();
    // A read, or letters of the room's shard, makes a turn; a turn sends at most once to each.
    const u64 causes = after.recvs - before.recvs + (after.letters_in - before.letters_in);
    const u64 reads = after.recvs - before.recvs;
    EXPECT_LE(after.sends - before.sends, kMembers * (shards == 1 ? reads : causes)) << shards;
    EXPECT_LE(after.sends - before.sends, u64{20} * kMessagesPerRead * kMembers / 4);
  }
}

// Counts the system calls of a process, and ends it. Thread: one, the tracer.
class SystemCalls {
 public:
  explicit SystemCalls(pid_t pid) : pid_(pid) {
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
      const pid_t tid = std::atoi(task.path().filename().c_str());
      if (::ptrace(PTRACE_SEIZE, tid, nullptr, PTRACE_O_TRACESYSGOOD) != 0) continue;
      threads_.push_back(tid);
      ::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
    }
  }
  // A traced thread is not gone before its tracer has taken notice, nor is its process.
  ~SystemCalls() {
    ::kill(pid_, SIGKILL);
    for (const pid_t tid : threads_) {
      int status = 0;
      while (tid != pid_ && ::waitpid(tid, &status, __WALL) > 0 && WIFSTOPPED(status)) {
      }
    }
  }
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;
  bool works() const { return !threads_.empty(); }
  // Lets the process run until `done`.
  u64 count_until(const std::atomic<bool>& done) {
    u64 stops = 0;
    while (!done) {
      int status = 0;
      const pid_t tid = ::waitpid(-1, &status, __WALL | WNOHANG);
      if (tid <= 0) {
        std::this_thread::yield();
        continue;
      }
      if (!WIFSTOPPED(status)) continue;
      stops += WSTOPSIG(status) == (SIGTRAP | 0x80) ? 1 : 0;
      ::ptrace(PTRACE_SYSCALL, tid, nullptr, nullptr);
    }
    return stops / 2;  // each stops at its begin and its end
  }

 private:
  const pid_t pid_;
  std::vector<pid_t> threads_;
};

TEST(Turns, no_message_is_a_system_call) {
  ServerProcess server(quiet_options());
  ASSERT_NE(server.port(), 0);
  Room room(server.port());
  ASSERT_TRUE(room.relay_burst());
  SystemCalls calls(server.pid());
  if (!calls.works()) GTEST_SKIP() << "tracing is not allowed here";
  constexpr u32 kBursts = 30;
  constexpr u64 kCallsMax = u64{kBursts} * kMessagesPerRead / 5;
  // Readers that a loaded machine keeps from reading are sent to in small parts (with TLS of 4
  // KiB), each a turn; that is seen now and then, what belongs to a message in every round.
  u64 fewest = ~u64{0};
  for (int round = 0; round < 5 && fewest > kCallsMax; ++round) {
    std::atomic<bool> done{false};
    std::jthread talk([&] {
      for (u32 i = 0; i < kBursts; ++i) EXPECT_TRUE(room.relay_burst());
      done = true;
    });
    fewest = std::min(fewest, calls.count_until(done));
  }
  EXPECT_GT(fewest, 0u) << "the loop was seen to wait";
  EXPECT_LE(fewest, kCallsMax) << "for each burst a few";
}

}  // namespace
}  // namespace perseid::test
