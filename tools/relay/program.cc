#include "tools/relay/program.h"

#include <csignal>
#include <cstdio>

#include "net/server.h"
#include "tools/relay/logging.h"
#include "tools/relay/pages.h"
#include "tools/relay/privileges.h"
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
  if (const auto warning = exposure_warning(report)) warn({*warning}, logging);
  // Programs wait for this line, so it comes last; nothing else is on standard output but, behind
  // it, the second port.
  print(stdout, "listening on " + listen_address(report) + "\n");
  if (report.plain_port != 0) print(stdout, "without TLS on " + plain_address(report) + "\n");
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

void reload_tokens(Server& server, Logging& logging) {
  const std::string problem = server.reload_tokens();
  LogLine line = logging.line(problem.empty() ? "token_keys_reloaded" : "token_keys_kept");
  if (!problem.empty()) line.add("detail", problem);
  logging.write(problem.empty() ? LogLevel::info : LogLevel::error, line);
}

// Until a signal says that it is over. A hang-up does not, where there is something to read anew.
int serve(Server& server, Logging& logging) {
  for (;;) {
    const int number = next_signal();
    const bool reloads = number == SIGHUP && (server.has_certificates() || server.has_token_keys());
    if (number != SIGUSR1 && !reloads) return number;
    if (number == SIGUSR1) log_counters(server, logging);
    if (reloads && server.has_certificates()) (void)server.reload_certificates();  // it is an event
    if (reloads && server.has_token_keys()) reload_tokens(server, logging);
  }
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

// The last moment with one thread, whose rights those that follow inherit.
std::string settle(const Options& options, Logging& logging) {
  std::string problem = give_up_privileges(options.user);
  if (problem.empty()) logging.begin();
  return problem;
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
                              .dictionary = std::move(dictionary),
                              .on_bound = [&] { return settle(cli.options, logging); }});
  const StartResult start = server.start();
  if (!start.ok) {
    print(stderr, "perseid: " + start.error + "\n");
    return 1;
  }
  tell_start(cli, start.report, logging);
  const int number = serve(server, logging);
  end_at_once_on_signal();
  drain(server, number, logging);
  log_counters(server, logging);
  return 0;
}

}  // namespace perseid
