#include "tools/relay/program.h"

#include <csignal>
#include <cstdio>

#include "net/server.h"
#include "tools/relay/logging.h"
#include "tools/relay/pages.h"
#include "tools/relay/signals.h"
#include "tools/relay/startup_summary.h"
#include "tools/relay/state_dictionary.h"

namespace perseid {
namespace {

std::vector<Page> demo_pages() {
  std::vector<Page> pages;
  for (const EmbeddedPage& page : embedded_pages()) {
    pages.push_back(
        {std::string(page.path), std::string(page.content_type), std::string(page.body)});
  }
  return pages;
}

void print(std::FILE* to, const std::string& text) {
  std::fputs(text.c_str(), to);
  std::fflush(to);
}

void warn(const std::vector<Warning>& warnings, Logging& logging) {
  for (const Warning& warning : warnings) {
    logging.write(LogLevel::warn, logging.line(warning.event).add("detail", warning.text));
  }
}

void tell_start(const CliResult& cli, const StartReport& report, Logging& logging) {
  LogLine line = logging.line(name(EventKind::server_started));
  if (logging.format() == LogFormat::json) {
    add_summary(line, report);
  } else if (logging.wants(LogLevel::info)) {
    print(stderr, summary_text(cli.options, report));
    line.add("listening", listen_address(report));
  }
  logging.write(LogLevel::info, line);
  warn(cli.warnings, logging);
  warn(report.warnings, logging);
  if (const auto warning = page_warning(cli.options, report)) warn({*warning}, logging);
  // Programs wait for this line, so it comes last and alone on standard output.
  print(stdout, "listening on " + listen_address(report) + "\n");
}

void log_counters(const Server& server, Logging& logging) {
  LogLine line = logging.line("counters");
  line.add("connections", u64{server.connections()});
  const bool all = logging.format() == LogFormat::json;  // A person skips the zeros anyway.
  const NetStatsSum net = server.net_stats();
  for (const NetStatText& counter : kNetStatTexts) {
    const u64 value = net.*counter.value;
    if (all || value > 0) line.add(std::string("net_") + counter.name, value);
  }
  const Stats rules = server.stats();
  for (const StatText& counter : kStatTexts) {
    const u64 value = (rules.*counter.value).get();
    if (all || value > 0) line.add(counter.name, value);
  }
  logging.write(LogLevel::info, line);
}

const char* signal_name(int number) {
  return number == SIGINT ? "SIGINT" : number == SIGHUP ? "SIGHUP" : "SIGTERM";
}

void drain(Server& server, int number, Logging& logging) {
  logging.write(LogLevel::info, logging.line("draining")
                                    .add("signal", signal_name(number))
                                    .add("connections", u64{server.connections()}));
  const u64 cut_before = server.net_stats().closes_by_deadline;
  server.drain();
  server.join();
  const NetStatsSum stats = server.net_stats();
  const u64 cut = stats.connections_cut + stats.closes_by_deadline - cut_before;
  logging.write(LogLevel::info,
                logging.line(name(EventKind::server_stopped)).add("connections_cut", cut));
}

}  // namespace

int run_relay(const CliResult& cli) {
  block_signals();
  Logging logging(cli.options);
  EventLog events(logging);
  std::string problem;
  auto dictionary = read_state_dictionary(cli.options.state_dictionary, problem);
  if (!problem.empty()) {
    print(stderr, "perseid: " + problem + "\n");
    return 2;
  }
  std::vector<Page> pages = demo_pages();
  if (dictionary != nullptr) pages.push_back(dictionary_page(*dictionary));
  Server server(cli.options, {.pages = std::move(pages),
                              .listener = &events,
                              .room_rules = std::make_shared<const RoomRules>(cli.room_rules),
                              .dictionary = std::move(dictionary)});
  const StartResult start = server.start();
  if (!start.ok) {
    print(stderr, "perseid: " + start.error + "\n");
    return 1;
  }
  tell_start(cli, start.report, logging);
  int number = next_signal();
  for (; number == SIGUSR1; number = next_signal()) log_counters(server, logging);
  end_at_once_on_signal();
  drain(server, number, logging);
  log_counters(server, logging);
  return 0;
}

}  // namespace perseid
