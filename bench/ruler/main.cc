// perseid-ruler: raw TCP echo and fan-out, the measure of what this kernel can do. See ruler.h.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>

#include "bench/ruler/ruler.h"

namespace {

using perseid::u64;
namespace ruler = perseid::ruler;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

void print_report(const ruler::Config& config, const ruler::Counters& counters) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"cpu_user_s\":%.6f,\"cpu_system_s\":%.6f,\"turns\":%llu,\"bytes_in\":%llu,"
      "\"bytes_out\":%llu,\"messages_in\":%llu,\"messages_out\":%llu,\"sends\":%llu,"
      "\"cut_off\":%llu}\n",
      seconds(usage.ru_utime), seconds(usage.ru_stime), u64{counters.turns} + 0ULL,
      counters.bytes_in + 0ULL, counters.bytes_out + 0ULL,
      counters.bytes_in / config.message_bytes + 0ULL,
      counters.bytes_out / config.message_bytes + 0ULL, counters.sends + 0ULL,
      counters.cut_off + 0ULL);
}

void on_signal(int) {
  ruler::stop_requested = 1;
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;  // no SA_RESTART: a waiting loop must wake
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Raw TCP echo and fan-out: the least a program can do on this kernel."};
  ruler::Config config;
  std::string engine = "io_uring";
  app.require_subcommand(1);
  CLI::App* echo = app.add_subcommand("echo", "Sends every byte back.");
  CLI::App* fanout = app.add_subcommand(
      "fanout",
      "A connection whose first byte is P publishes; its messages go to all that do not.");
  for (CLI::App* mode : {echo, fanout}) {
    mode->add_option("--engine", engine, "epoll or io_uring")
        ->check(CLI::IsMember({"epoll", "io_uring"}))
        ->capture_default_str();
    mode->add_option("--host", config.host, "IPv4 address")->capture_default_str();
    mode->add_option("--port", config.port, "0 takes a free one")
        ->check(CLI::Range(0, 65535))
        ->option_text("PORT=0");
    mode->add_option("--size", config.message_bytes, "bytes of one message")
        ->check(CLI::Range(1, 16384))
        ->capture_default_str();
  }
  CLI11_PARSE(app, argc, argv);

  catch_signals();
  perseid::u16 port = 0;
  const int listener = ruler::listen_on(config, port);
  if (listener < 0) {
    std::fprintf(stderr, "perseid-ruler: cannot listen on %s:%u: %s\n", config.host.c_str(),
                 unsigned{config.port}, std::strerror(errno));
    return 1;
  }
  std::printf("listening on %s:%u\n", config.host.c_str(), unsigned{port});
  std::fflush(stdout);
  ruler::Counters counters;
  const bool uring = engine == "io_uring";
  if (echo->parsed()) {
    (uring ? ruler::echo_io_uring : ruler::echo_epoll)(listener, config, counters);
  } else {
    (uring ? ruler::fanout_io_uring : ruler::fanout_epoll)(listener, config, counters);
  }
  print_report(config, counters);
  return 0;
}
