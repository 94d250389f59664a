// perseid: the relay. Reads its options, then runs until a signal (tools/relay/program.h).
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "tools/relay/help_text.h"
#include "tools/relay/options_cli.h"
#include "tools/relay/program.h"
#include "tools/relay/reference.h"

namespace {

constexpr int kExitCannotStart = 1;
constexpr int kExitBadOptions = 2;

int run(int argc, char** argv) {
  const perseid::CliResult cli = perseid::read_options(argc, argv, environ);
  switch (cli.action) {
    case perseid::CliAction::help:
      std::fputs(perseid::help_text().c_str(), stdout);
      return 0;
    case perseid::CliAction::version:
      std::printf("perseid %s\n", std::string(perseid::kVersion).c_str());
      return 0;
    case perseid::CliAction::reference:
      std::fputs(perseid::reference_page().c_str(), stdout);
      return 0;
    case perseid::CliAction::fail:
      std::fprintf(stderr, "perseid: %s\n", cli.error.c_str());
      return kExitBadOptions;
    case perseid::CliAction::run:
      return perseid::run_relay(cli);
  }
  return kExitCannotStart;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // Start-up only: the data path throws nothing.
    std::fprintf(stderr, "perseid: cannot start: %s\n", error.what());
    return kExitCannotStart;
  }
}
