// perseid-load: see --help and bench/README.md.
#include <signal.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "tools/load/config.h"
#include "tools/load/flow_run.h"
#include "tools/load/host.h"
#include "tools/load/report.h"
#include "tools/load/spawned_server.h"

namespace perseid::load {
namespace {

Result run(const Config& config) {
  switch (config.scenario) {
    case Scenario::idle:
      return run_idle(config);
    case Scenario::fanout:
      return make_fanout(config)->run();
    case Scenario::players:
      return make_players(config)->run();
    case Scenario::state:
      return run_state(config);
    case Scenario::resume:
      return run_resume(config);
    case Scenario::attack:
      return run_attack(config);
    case Scenario::echo:
      break;
  }
  return make_echo(config)->run();
}

[[noreturn]] void cannot_write(const Config& config) {
  throw std::runtime_error("--json: cannot write " + config.json_file + ": " +
                           std::strerror(errno));
}

int run_and_report(Config& config) {
  const bool wants_json = !config.json_file.empty();
  std::ofstream json;
  if (wants_json) json.open(config.json_file);  // before the run, which may be long
  if (wants_json && !json) cannot_write(config);
  std::unique_ptr<SpawnedServer> server;
  if (!config.spawn.empty()) {
    server = std::make_unique<SpawnedServer>(config.spawn, config.quiet);
    config.server_pid = server->pid();
    config.host = server->host();
    config.port = server->port();
  }
  config.host = numeric_host(config.host);
  const Result result = run(config);
  std::fputs(to_text(config, result).c_str(), stdout);
  if (wants_json && !(json << to_json(config, result)).flush()) cannot_write(config);
  return result.good() ? 0 : 2;
}

}  // namespace
}  // namespace perseid::load

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // rates are kept to the microsecond
  perseid::load::Config config;
  int exit_code = 0;
  if (!perseid::load::read_config(argc, argv, config, exit_code)) return exit_code;
  try {
    return perseid::load::run_and_report(config);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "perseid-load: %s\n", error.what());
    return 1;
  }
}
