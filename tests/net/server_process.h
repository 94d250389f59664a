// A server in a process of its own, for what a test does to a whole process: limits, filters,
// signals. Thread: one. Owns: the child, which dies with it.
#pragma once

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>

#include "net/server.h"

namespace perseid::test {

class ServerProcess {
 public:
  // `before` runs in the child before the server is made.
  explicit ServerProcess(Options options, const std::function<void()>& before = {},
                         ServerConfig config = {}) {
    EXPECT_EQ(::pipe(pipes_), 0);
    child_ = ::fork();
    if (child_ == 0) serve(std::move(options), before, std::move(config));
    ::close(pipes_[1]);
    char c = 0;
    while (::read(pipes_[0], &c, 1) == 1 && c != '\n') said_ += c;
  }
  ~ServerProcess() {
    if (child_ > 0) ::kill(child_, SIGKILL);
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
    ::close(pipes_[0]);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  u16 port() const { return static_cast<u16>(std::atoi(said_.c_str())); }  // 0: not started
  const std::string& error() const { return said_; }                       // if port() is 0
  pid_t pid() const { return child_; }
  bool has_ended() const {
    siginfo_t info{};
    const int flags = WEXITED | WNOHANG | WNOWAIT;
    return ::waitid(P_PID, static_cast<id_t>(child_), &info, flags) != 0 || info.si_pid != 0;
  }
  // Waits until the process has ended by itself; its status as waitpid() tells it.
  int wait_end() {
    int status = 0;
    EXPECT_GT(::waitpid(std::exchange(child_, -1), &status, 0), 0);
    return status;
  }

 private:
  // noexcept: what a listener throws ends the child here, and does not reach the tests' own runner.
  [[noreturn]] void serve(Options options, const std::function<void()>& before,
                          ServerConfig config) noexcept {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (before) before();
    Server server(std::move(options), std::move(config));
    const StartResult result = server.start();
    const std::string said = (result.ok ? std::to_string(result.report.port) : result.error) + "\n";
    if (::write(pipes_[1], said.data(), said.size()) > 0 && result.ok) server.join();
    ::_exit(0);
  }
  int pipes_[2]{};
  pid_t child_ = -1;
  std::string said_;
};

}  // namespace perseid::test
