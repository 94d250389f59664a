#include "tools/relay/signals.h"

#include <unistd.h>

#include <csignal>

namespace perseid {
namespace {

// Under nohup a hang-up is ignored. It must then not be waited for: what is both ignored and
// blocked still comes.
bool hears_hang_up() {
  struct sigaction action {};
  return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler != SIG_IGN;
}

sigset_t waited_for() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGUSR1);
  if (hears_hang_up()) sigaddset(&set, SIGHUP);
  return set;
}

extern "C" void end_now(int number) {
  _exit(128 + number);
}

}  // namespace

void block_signals() {
  const sigset_t set = waited_for();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
}

int next_signal() {
  const sigset_t set = waited_for();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

void end_at_once_on_signal() {
  const sigset_t set = waited_for();
  static_cast<void>(std::signal(SIGTERM, end_now));
  static_cast<void>(std::signal(SIGINT, end_now));
  if (hears_hang_up()) static_cast<void>(std::signal(SIGHUP, end_now));
  static_cast<void>(std::signal(SIGUSR1, SIG_IGN));
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace perseid
