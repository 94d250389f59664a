// The real relay as a process of its own: started on a free port, killed, started again on the
// same. Thread: one. Owns: the child, which dies with it.
#pragma once

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "codec/bytes.h"

#ifndef PERSEID_BINARY_DIR  // the build says it; a header that is compiled alone knows none
#define PERSEID_BINARY_DIR "build/release"
#endif

namespace perseid::test {

// PERSEID_BINARY in the environment names another relay than the one that was built.
inline std::string relay_binary() {
  const char* chosen = std::getenv("PERSEID_BINARY");
  return chosen != nullptr ? chosen : std::string(PERSEID_BINARY_DIR) + "/perseid";
}

class RelayProcess {
 public:
  explicit RelayProcess(std::vector<std::string> flags = {}) : flags_(std::move(flags)) { start(); }
  ~RelayProcess() { kill(); }
  RelayProcess(const RelayProcess&) = delete;
  RelayProcess& operator=(const RelayProcess&) = delete;

  u16 port() const { return port_; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/ws"; }

  void kill() { end(SIGKILL); }
  void terminate() { end(SIGTERM); }
  void stop() { ::kill(child_, SIGSTOP); }  // it neither answers nor closes
  void go_on() { ::kill(child_, SIGCONT); }
  // On the port that it had.
  void start() {
    std::vector<std::string> words{relay_binary(), "--port", std::to_string(port_), "--shards",
                                   "1"};
    words.insert(words.end(), flags_.begin(), flags_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    read_port(ends[0]);
    output_ = ends[0];
  }

 private:
  void read_port(int from) {
    std::string said;
    char c = 0;
    constexpr std::string_view kAnnouncement = "listening on ";
    while (::read(from, &c, 1) == 1) {
      said += c;
      if (c != '\n') continue;
      if (const std::size_t at = said.find(kAnnouncement); at != std::string::npos) {
        port_ = static_cast<u16>(std::atoi(said.c_str() + said.rfind(':') + 1));
        return;
      }
      said.clear();
    }
    FAIL() << relay_binary() << " did not say that it listens; it said: " << said;
  }
  void end(int signal) {
    if (child_ <= 0) return;
    ::kill(child_, signal);
    ::waitpid(std::exchange(child_, -1), nullptr, 0);
    ::close(output_);
  }

  std::vector<std::string> flags_;
  pid_t child_ = -1;
  int output_ = -1;
  u16 port_ = 0;
};

}  // namespace perseid::test
