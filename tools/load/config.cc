#include "tools/load/config.h"

#include <CLI/CLI.hpp>

#include "tools/load/config_check.h"

namespace perseid::load {
namespace {

// A delivery of the relay without its payload: what the raw load adds to be as long.
constexpr std::string_view kEnvelope =
    R"({"type":"player_action","room":"load-123456-0","seq":12345,"sender":"c0123456789abc",)"
    R"("timestamp":1700000000000,"payload":})";
constexpr std::string_view kScenarios =
    "there are idle, fanout, players, state, resume, attack and echo";

void add_common(CLI::App* app, Config& config) {
  app->add_option("--host", config.host, "Server's name or address (IPv4)")->capture_default_str();
  app->add_option("--port", config.port, "Server's TCP port")
      ->check(CLI::Range(1, 65535))
      ->option_text("PORT=8080");
  app->add_option("--spawn", config.spawn,
                  "Start this command as the server, and end it afterwards; it must print "
                  "`listening on HOST:PORT`");
  app->add_option("--server-pid", config.server_pid,
                  "Report CPU and memory of this process (--spawn knows it by itself)");
  app->add_option("--json", config.json_file, "Write the result to this file as JSON");
  app->add_flag("--tls", config.tls, "Speak TLS, and trust any certificate");
  app->add_flag("--quiet", config.quiet, "No progress on standard error");
}

void add_times(CLI::App* app, Config& config) {
  app->add_option("--duration-s", config.duration_s, "Measured time, s")->capture_default_str();
  app->add_option("--warmup-s", config.warmup_s, "Time before it, s")->capture_default_str();
  app->add_option("--drain-s", config.drain_s, "Longest wait for the last deliveries, s")
      ->capture_default_str();
  app->add_flag(
      "--spin", config.spin,
      "Never sleep: where both have a core, the server then pays for no wake-ups of ours");
}

void add_flow(CLI::App* app, Config& config) {
  app->add_option("--size", config.size_bytes, "Payload of one message, bytes")
      ->option_text("BYTES=64");
  add_times(app, config);
  app->add_flag("--verify", config.verify, "Also compare every byte of every payload");
  const auto set_protocol = [&config](const std::string& name) {
    config.protocol = name == "raw"   ? Protocol::raw
                      : name == "bun" ? Protocol::bun
                                      : Protocol::perseid;
  };
  app->add_option_function<std::string>(
         "--protocol", set_protocol,
         "perseid; raw: TCP without a protocol, for perseid-ruler; bun: a WebSocket server that "
         "publishes to all")
      ->check(CLI::IsMember({"perseid", "raw", "bun"}))
      ->option_text("perseid|raw|bun");
  app->add_flag_callback(
      "--raw", [&config] { config.protocol = Protocol::raw; }, "Same as --protocol raw");
  app->add_option("--frame-bytes", config.frame_bytes,
                  "Raw: bytes of one message; 0: as long as the relay's frame for this payload")
      ->capture_default_str();
}

void add_type(CLI::App* app, Config& config) {
  app->add_option("--type", config.type, "player_action or chat")
      ->check(CLI::IsMember({"player_action", "chat"}))
      ->capture_default_str();
}

CLI::App* add_idle(CLI::App& app, Config& config) {
  CLI::App* idle = app.add_subcommand(
      "idle", "Connect, join a room, stay: memory per connection, heartbeats, leaks");
  add_common(idle, config);
  idle->add_option(
      "--connections", config.connections,
      "Clients in all; by default 15000, or as many as the limit of open files allows");
  idle->add_option("--measure-from", config.measure_from,
                   "Memory per connection is the slope from so many clients; by default 2000, or a "
                   "fifth");
  idle->add_option("--rooms", config.rooms, "Rooms that they share")->capture_default_str();
  idle->add_option("--settle-s", config.settle_s, "Quiet time before memory is read, s")
      ->capture_default_str();
  idle->add_option("--duration-s", config.duration_s, "Time to stay, s")->capture_default_str();
  return idle;
}

CLI::App* add_fanout(CLI::App& app, Config& config) {
  CLI::App* fanout = app.add_subcommand("fanout", "One publisher per room, many members");
  add_common(fanout, config);
  add_flow(fanout, config);
  add_type(fanout, config);
  fanout->add_option("--members", config.members, "Members of a room")->capture_default_str();
  fanout->add_option("--rooms", config.rooms, "Rooms")->capture_default_str();
  fanout
      ->add_option("--window", config.window,
                   "Messages under way: the publisher waits until all members have the one so "
                   "many before (1: nothing is ever batched)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  fanout->add_option("--rate", config.rate_per_s,
                     "Messages of one publisher per second, instead of the window");
  fanout->add_option("--stalled", config.stalled,
                     "Members of a room that stop reading after half of the time");
  return fanout;
}

CLI::App* add_players(CLI::App& app, Config& config) {
  CLI::App* players = app.add_subcommand("players", "Rooms in which everyone acts at a rate");
  add_common(players, config);
  add_flow(players, config);
  add_type(players, config);
  players->add_option("--room-size", config.room_size, "Clients of a room")->capture_default_str();
  players->add_option("--rooms", config.rooms, "Rooms")->capture_default_str();
  players->add_option("--rate", config.rate_per_s, "Messages of one client per second; 0: 20");
  return players;
}

void add_state_rooms(CLI::App* state, Config& config) {
  state->add_option("--room-size", config.room_size, "Clients of a room")->capture_default_str();
  state->add_option("--rooms", config.rooms, "Rooms")->capture_default_str();
  state->add_option("--rate", config.rate_per_s, "Updates of one client per second; 0: 20");
  state->add_option("--hz", config.hz, "Ticks of a room per second")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  const auto set_flavour = [&config](const std::string& name) {
    config.flavour = name == "bin"    ? StateFlavour::bin
                     : name == "json" ? StateFlavour::json
                                      : StateFlavour::both;
  };
  state->add_option_function<std::string>("--flavour", set_flavour, "What clients speak")
      ->check(CLI::IsMember({"bin", "json", "both"}))
      ->option_text("bin|json|both");
  state->add_flag("--grid", config.grid, "Its rooms are grids: members see what is near them");
}

CLI::App* add_state(CLI::App& app, Config& config) {
  CLI::App* state = app.add_subcommand(
      "state", "Rooms in which everyone moves (perseid --creators-declare-rooms)");
  add_common(state, config);
  add_times(state, config);
  add_state_rooms(state, config);
  state
      ->add_option("--sampled", config.sampled,
                   "Members of a room that decode what they get, for the latency")
      ->capture_default_str();
  state->add_flag("--slow-half", config.slow_half,
                  "After half of the time half of a room reads a tenth of what it would need");
  state->add_flag(
      "--verify", config.verify,
      "Half of each flavour; all decode everything, come, go, drop, lag; states are compared");
  return state;
}

CLI::App* add_resume(CLI::App& app, Config& config) {
  CLI::App* resume = app.add_subcommand(
      "resume", "All drop at once, come back and go on with their sessions while others talk");
  add_common(resume, config);
  resume->add_option("--connections", config.connections, "Clients that drop; by default 1000");
  resume->add_option("--rooms", config.rooms, "Rooms that they share, each with one who talks")
      ->capture_default_str();
  resume->add_option("--rate", config.rate_per_s, "Chat messages of a room per second; 0: 20");
  resume->add_option("--size", config.size_bytes, "Payload of one message, bytes")
      ->option_text("BYTES=64");
  resume->add_option("--warmup-s", config.warmup_s, "Time before they drop, s")
      ->capture_default_str();
  resume->add_option("--away-s", config.away_s, "Time until the first comes back, s")
      ->capture_default_str();
  resume->add_option("--back-within-s", config.back_within_s, "From the first back to the last, s")
      ->capture_default_str();
  resume->add_option("--drain-s", config.drain_s, "Longest wait for all to be back, s")
      ->capture_default_str();
  return resume;
}

CLI::App* add_attack(CLI::App& app, Config& config) {
  CLI::App* attack = app.add_subcommand(
      "attack", "Players, in calm and among thousands of hostile connections, in turn");
  add_common(attack, config);
  add_times(attack, config);
  attack->add_option("--players", config.players, "Players")->capture_default_str();
  attack->add_option("--rooms", config.player_rooms, "Rooms that they share")
      ->capture_default_str();
  attack->add_option("--rate", config.rate_per_s, "Chat messages of a player per second; 0: 2");
  attack->add_option("--token", config.token, "The players' token, where the relay asks for one");
  attack->add_option("--hostile", config.hostile,
                     "Hostile connections; by default 10000, or as many as the limit of open files "
                     "allows");
  attack
      ->add_option("--hostile-acts-per-second", config.acts_per_s,
                   "What each of them does a second")
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  attack
      ->add_option("--hostile-addresses", config.hostile_addresses,
                   "Loopback addresses that they come from")
      ->check(CLI::Range(1, 65000))
      ->capture_default_str();
  attack->add_option("--kinds", config.kinds, "Kinds of attack, with commas; by default all");
  attack->add_option("--rounds", config.rounds, "Times of calm and attack")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  attack->add_option("--settle-s", config.settle_s, "Time behind an attack, s")
      ->capture_default_str();
  attack
      ->add_option("--ratio-max", config.ratio_max,
                   "The median p99 under attack may be so many times that in calm; 0: not judged")
      ->capture_default_str();
  return attack;
}

CLI::App* add_echo(CLI::App& app, Config& config) {
  CLI::App* echo = app.add_subcommand("echo", "Ping-pong on /echo (perseid --echo)");
  add_common(echo, config);
  add_flow(echo, config);
  echo->add_option("--connections", config.connections, "Clients; by default 64");
  echo->add_option("--window", config.window, "Messages under way on one connection")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  echo->add_option("--rate", config.rate_per_s,
                   "Messages of one connection per second, instead of the window");
  return echo;
}

// What CLI11 would call a missing subcommand, whatever was written.
std::string scenario_problem(int argc, char** argv) {
  if (argc < 2) return "which scenario? " + std::string(kScenarios);
  const std::string_view word = argv[1];
  if (word.starts_with('-')) return {};
  for (const std::string_view name :
       {"idle", "fanout", "players", "state", "resume", "attack", "echo"}) {
    if (word == name) return {};
  }
  return "\"" + std::string(word) + "\" is no scenario; " + std::string(kScenarios);
}

// `scenario`: the first word of the command line, perhaps a flag.
bool refuse(const std::string& why, std::string_view scenario, int& exit_code) {
  const bool named = !scenario.empty() && !scenario.starts_with('-');
  std::fprintf(stderr, "perseid-load: %s\nperseid-load %s--help tells what there is.\n",
               why.c_str(), named ? (std::string(scenario) + " ").c_str() : "");
  exit_code = 1;
  return false;
}

}  // namespace

u32 Config::clients_per_room() const {
  return scenario == Scenario::fanout ? members + 1 : room_size;
}

bool Config::is_dealt_out() const {
  return scenario == Scenario::idle || scenario == Scenario::resume;
}

u32 Config::room_of(u32 client) const {
  if (scenario == Scenario::echo) return client;
  return is_dealt_out() ? client % rooms : client / clients_per_room();
}

u32 Config::member_of(u32 client) const {
  if (scenario == Scenario::echo) return 0;
  return is_dealt_out() ? client / rooms : client % clients_per_room();
}

u32 Config::clients() const {
  if (scenario == Scenario::resume) return rooms + connections;
  const bool in_rooms = scenario != Scenario::idle && scenario != Scenario::echo;
  return in_rooms ? rooms * clients_per_room() : connections;
}

u32 Config::message_bytes() const {
  if (frame_bytes != 0) return frame_bytes;
  const u32 envelope = scenario == Scenario::echo ? 0 : static_cast<u32>(kEnvelope.size());
  const u32 message = size_bytes + envelope;
  return message + (message < 126 ? 2 : 4);
}

bool read_config(int argc, char** argv, Config& out, int& exit_code) {
  if (const std::string problem = scenario_problem(argc, argv); !problem.empty()) {
    return refuse(problem, "", exit_code);
  }
  CLI::App app{
      "perseid-load: clients for a Perseid relay. Measures what a load costs the server, and "
      "checks that every message arrives once and in order.\nExit code: 0 all arrived, 2 some did "
      "not, 1 the run could not be made."};
  app.require_subcommand(1);
  app.set_version_flag("--version", "perseid-load " PERSEID_VERSION);
  app.footer(
      "Each scenario has its own flags: perseid-load players --help lists them.\n"
      "For example: perseid-load players --room-size 50 --spawn 'build/release/perseid --port 0'");
  CLI::App* idle = add_idle(app, out);
  add_fanout(app, out);
  CLI::App* players = add_players(app, out);
  CLI::App* state = add_state(app, out);
  CLI::App* resume = add_resume(app, out);
  CLI::App* attack = add_attack(app, out);
  CLI::App* echo = add_echo(app, out);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    exit_code = app.exit(asked);
    return false;
  } catch (const CLI::RequiredError&) {
    return refuse("the scenario comes first; " + std::string(kScenarios), "", exit_code);
  } catch (const CLI::ParseError& error) {
    return refuse(error.what(), argv[1], exit_code);
  }
  out.scenario = idle->parsed()      ? Scenario::idle
                 : players->parsed() ? Scenario::players
                 : state->parsed()   ? Scenario::state
                 : resume->parsed()  ? Scenario::resume
                 : attack->parsed()  ? Scenario::attack
                 : echo->parsed()    ? Scenario::echo
                                     : Scenario::fanout;
  const u32 clients_max = clients_allowed();
  fill_in(out, clients_max);
  const std::string problem = problem_of(out, clients_max);
  return problem.empty() || refuse(problem, argv[1], exit_code);
}

}  // namespace perseid::load
