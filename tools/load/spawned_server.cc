#include "tools/load/spawned_server.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "tools/load/process_stats.h"

namespace perseid::load {
namespace {

constexpr std::string_view kAnnouncement = "listening on ";
constexpr u64 kStartTimeoutNs = 20'000'000'000;

}  // namespace

SpawnedServer::SpawnedServer(const std::string& command, bool quiet) {
  if (quiet) errors_ = ::memfd_create("server's standard error", MFD_CLOEXEC);
  start(command);
  read_address();
}

SpawnedServer::~SpawnedServer() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(output_);
  if (errors_ >= 0) ::close(errors_);
}

void SpawnedServer::start(const std::string& command) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe for the server's output");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // the server must not outlive the load
    ::dup2(ends[1], STDOUT_FILENO);
    if (errors_ >= 0) ::dup2(errors_, STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    const std::string line = "exec " + command;
    ::execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ends[0];
}

void SpawnedServer::read_address() {
  const u64 deadline = monotonic_ns() + kStartTimeoutNs;
  std::string text;
  while (monotonic_ns() < deadline) {
    pollfd waiting{.fd = output_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 100) <= 0) continue;
    char buffer[4096];
    const ssize_t got = ::read(output_, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
    const std::size_t at = text.find(kAnnouncement);
    const std::size_t end = at == std::string::npos ? at : text.find('\n', at);
    if (end == std::string::npos) continue;
    const std::string address = text.substr(at + kAnnouncement.size(), end - at);
    const std::size_t colon = address.rfind(':');
    host_ = address.substr(0, colon);
    port_ = static_cast<u16>(std::stoul(address.substr(colon + 1)));
    return;
  }
  throw std::runtime_error("the server that --spawn started did not say `listening on HOST:PORT`" +
                           said());
}

std::string SpawnedServer::said() const {
  char text[2000];
  const ssize_t size = errors_ < 0 ? 0 : ::pread(errors_, text, sizeof text, 0);
  if (size <= 0) return "";
  const std::string_view whole(text, static_cast<std::size_t>(size));
  return "; it said: " + std::string(whole.substr(0, whole.find_last_not_of('\n') + 1));
}

}  // namespace perseid::load
