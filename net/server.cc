#include "net/server.h"

#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <future>
#include <optional>
#include <thread>

#include "net/clock.h"
#include "net/listener.h"
#include "net/machine.h"
#include "net/server_shared.h"
#include "net/shard.h"
#include "net/store/make_store.h"
#include "net/tokens/token_keys.h"

namespace perseid {
namespace {

// Descriptors beyond the connections that hold a place: requests in progress, refusals, pages.
constexpr u32 kFilesSpare = 1024;
// The most that io_uring takes in one table (IORING_MAX_FIXED_FILES, Linux 5.18).
constexpr u32 kFilesMax = 1u << 20;

// The kernel does not spread connections evenly, so a shard has room for twice its share.
u32 files_wanted(const Options& options, u32 shards) {
  const u32 share = (options.max_connections + shards - 1) / shards;
  return std::min(options.max_connections, share > kFilesMax ? kFilesMax : 2 * share) + kFilesSpare;
}

void warn_of_plain(const std::string& host, StartReport& report) {
  report.warnings.push_back(
      {"no_tls",
       "What clients say passes " + host +
           " unencrypted, secrets too: give --tls-cert and --tls-key, or listen where only "
           "a proxy with TLS reaches it."});
}

bool draw_random(void* out, std::size_t size) {
  return ::getrandom(out, size, 0) == static_cast<ssize_t>(size);
}

u32 events_wanted(const EventListener* listener) {
  constexpr u32 kKinds = 0
#define X(name, text) +1
      PERSEID_EVENTS(X)
#undef X
      ;
  u32 wanted = 0;
  for (u32 kind = 0; listener != nullptr && kind < kKinds; ++kind) {
    if (listener->wants(static_cast<EventKind>(kind))) wanted |= 1u << kind;
  }
  return wanted;
}

}  // namespace

struct Server::State {
  ServerShared shared;
  Listeners listeners;
  Listeners plain_listeners;
  std::vector<u32> cpus;
  std::vector<std::thread> threads;
  bool started = false;

  void plan(StartReport& report);
  std::string prepare_proxies();
  std::string prepare_tokens(StartReport& report);
  bool prepare(StartResult& result);
  std::string open_doors(StartReport& report);
  std::string prepare_tls(StartReport& report);
  std::optional<std::string> launch();
  void start_tls();
  void run_shard(ShardId id, std::promise<std::optional<std::string>> opened);
  void command(ShardCommand command) {
    for (const auto& doorbell : shared.doorbells) doorbell->command(command);
  }
  void join();
  void emit(EventKind kind);
};

// How many shards, where, and with how many descriptors.
void Server::State::plan(StartReport& report) {
  const std::vector<u32> allowed = allowed_cpus();
  const u32 shards =
      shared.options.shards > 0 ? shared.options.shards : static_cast<u32>(allowed.size());
  shared.shard_count = std::min<u32>(shards, kShardsMax);
  for (u32 i = 0; i < shared.shard_count && !shared.options.no_pin; ++i) {
    cpus.push_back(allowed[i % allowed.size()]);
  }
  if (shared.shard_count > allowed.size()) {
    report.warnings.push_back(
        {"cores_shared", "There are more shards (" + std::to_string(shared.shard_count) +
                             ") than cores (" + std::to_string(allowed.size()) +
                             "); they will share them."});
  }
  report.file_limit = raise_file_limit();
  if (limits_addresses(shared.options) && !shared.probe.fixed_fd_install) {
    report.warnings.push_back(
        {"address_limits_off",
         "This kernel does not tell clients' addresses (Linux 6.8 does), so the limits per address "
         "have no effect."});
  }
  const u32 wanted = files_wanted(shared.options, shared.shard_count);
  shared.files_per_shard = std::min({wanted, report.file_limit, kFilesMax});
  shared.files_spare = std::min(kFilesSpare, shared.files_per_shard / 8);
  const u64 fit = u64{shared.shard_count} * (shared.files_per_shard - shared.files_spare);
  shared.places = static_cast<u32>(std::min<u64>(fit, shared.options.max_connections));
  report.connections_max = shared.places;
  // The default is more than most machines allow, and nobody asked for it.
  const bool asked_for = shared.options.max_connections != Options{}.max_connections;
  if (asked_for && report.connections_max < shared.options.max_connections) {
    report.warnings.push_back(
        {"connections_limited",
         "There is room for " + std::to_string(report.connections_max) +
             " connections, not for the " + std::to_string(shared.options.max_connections) +
             " of --max-connections: each shard holds at most as many files as the limit of open "
             "files says, " +
             std::to_string(report.file_limit) + "; raise it with: ulimit -n."});
  }
}

std::string Server::State::prepare_tls(StartReport& report) {
  const Options& options = shared.options;
  if (options.tls_cert.empty() && options.tls_key.empty()) {
    if (!options.tls_client_ca.empty()) {
      return "--tls-client-ca asks for clients' certificates, but without --tls-cert and --tls-key "
             "there is no TLS.";
    }
    if (options.plain_port != 0) {
      return "--plain-port is a second port beside that with TLS; without --tls-cert and --tls-key "
             "--port is plain already.";
    }
    return {};
  }
  shared.tls = std::make_unique<TlsKeeper>(options, shared.config.listener);
  report.tls = true;
  report.kernel_tls = kernel_tls();
  return shared.tls->start(report.warnings);
}

std::string Server::State::open_doors(StartReport& report) {
  const Options& options = shared.options;
  if (auto failure = open_listeners(options, shared.shard_count, listeners)) return *failure;
  report.port = listeners.port;
  shared.loopback = report.loopback = listeners.loopback;
  if (shared.tls == nullptr && !listeners.loopback) warn_of_plain(options.host, report);
  if (shared.tls == nullptr || options.plain_port == 0) return {};
  const ListenAt at{
      .host = options.plain_host,
      .port = options.plain_port == kAuto ? u16{0} : static_cast<u16>(options.plain_port),
      .host_flag = "--plain-host",
      .port_flag = "--plain-port"};
  auto failure = open_listeners(at, options, shared.shard_count, plain_listeners);
  report.plain_port = plain_listeners.port;
  report.plain_host = options.plain_host;
  if (!failure.has_value() && !plain_listeners.loopback) {
    warn_of_plain(options.plain_host, report);
    shared.loopback = report.loopback = false;
  }
  return failure.value_or("");
}

std::string Server::State::prepare_proxies() {
  const Options& options = shared.options;
  auto networks = parse_networks(options.trusted_proxies);
  if (!networks.has_value()) {
    return "--trusted-proxies takes addresses and networks with commas between them, such as "
           "10.0.0.7,2001:db8::/64; not " +
           options.trusted_proxies + ".";
  }
  shared.trusted_proxies = std::move(*networks);
  if (std::ranges::any_of(shared.trusted_proxies, &IpNetwork::is_everybody)) {
    return "--trusted-proxies: a network of all addresses would let anybody say who he is.";
  }
  if (!options.proxy_protocol && !options.forwarded_for) return {};
  if (shared.trusted_proxies.empty()) {
    return "--proxy-protocol and --forwarded-for need --trusted-proxies: else anybody could say "
           "who he is.";
  }
  if (shared.probe.fixed_fd_install) return {};
  return "--proxy-protocol and --forwarded-for need a kernel that tells addresses (Linux 6.8): "
         "else nobody knows who is a proxy.";
}

std::string Server::State::prepare_tokens(StartReport& report) {
  auto keyring = std::make_unique<Keyring>(shared.options);
  if (!keyring->is_wanted()) return {};
  if (std::string problem = keyring->reload(); !problem.empty()) return problem;
  const std::unique_ptr<TokenKeys> keys = keyring->keys();
  report.token_keys = static_cast<u32>(keys->all().size());
  if (keys->passed_over() > 0) {
    report.warnings.push_back(
        {"token_keys_passed_over",
         "Of the keys in --token-keys " + std::to_string(keys->passed_over()) +
             " are not for HS256, RS256, ES256 or EdDSA, and are not taken."});
  }
  shared.keyring = std::move(keyring);
  return {};
}

bool Server::State::prepare(StartResult& result) {
  StartReport& report = result.report;
  shared.probe = probe_ring();
  plan(report);
  report.kernel = shared.probe.kernel;
  report.features = shared.probe.features;
  report.shards = shared.shard_count;
  report.cpus = cpus;
  report.host = shared.options.host;
  shared.seeds.resize(shared.shard_count);
  if (!draw_random(shared.hash_key.data(), shared.hash_key.size()) ||
      !draw_random(shared.secret_key.data(), shared.secret_key.size()) ||
      !draw_random(shared.seeds.data(), shared.seeds.size() * sizeof shared.seeds[0])) {
    result.error = "the kernel gives no random bytes (getrandom).";
    return false;
  }
  result.error = prepare_proxies();
  if (result.error.empty()) result.error = prepare_tokens(report);
  if (result.error.empty()) result.error = prepare_tls(report);
  if (result.error.empty()) result.error = open_doors(report);
  if (result.error.empty() && shared.config.on_bound) result.error = shared.config.on_bound();
  if (!result.error.empty()) return false;
  result.error = make_store(shared);
  if (!result.error.empty()) return false;
  if (AddressGate::is_wanted(shared.options)) {
    shared.gate = std::make_unique<AddressGate>(shared.options, shared.hash_key);
  }
  shared.events_wanted = events_wanted(shared.config.listener);
  for (u32 i = 0; i < shared.shard_count; ++i) {
    // The store's worker writes to the shards as well.
    shared.mailboxes.push_back(
        std::make_unique<Mailbox>(shared.shard_count + 1, shared.options.mailbox_letters_max));
    shared.doorbells.push_back(std::make_unique<Doorbell>());
    shared.stats.push_back(std::make_unique<NetStats>());
    shared.rules_stats.push_back(std::make_unique<Stats>());
  }
  return true;
}

std::optional<std::string> Server::State::launch() {
  if (shared.store != nullptr) start_store(shared);
  if (shared.tls != nullptr) start_tls();
  std::vector<std::future<std::optional<std::string>>> opened;
  for (u32 i = 0; i < shared.shard_count; ++i) {
    std::promise<std::optional<std::string>> promise;
    opened.push_back(promise.get_future());
    threads.emplace_back([this, i, promise = std::move(promise)]() mutable {
      run_shard(static_cast<ShardId>(i), std::move(promise));
    });
  }
  std::optional<std::string> failure;
  for (auto& each : opened) {
    if (auto why = each.get(); why.has_value() && !failure.has_value()) failure = why;
  }
  return failure;
}

// The threads beside the shards start here, where no shard's core is theirs.
void Server::State::start_tls() {
  shared.tls->watch_files();
  if (shared.options.no_handshake_threads) return;
  for (const auto& doorbell : shared.doorbells) {
    shared.handshakers.push_back(std::make_unique<Handshaker>(*doorbell));
  }
}

// The shard is built, run and destroyed on its own thread: the ring is bound to it, and its memory
// comes from that thread's heap.
void Server::State::run_shard(ShardId id, std::promise<std::optional<std::string>> opened) {
  if (!cpus.empty()) pin_to(cpus[id]);
  const std::string name = "shard-" + std::to_string(id);
  (void)::pthread_setname_np(::pthread_self(), name.c_str());
  const auto shard = std::make_unique<Shard>(
      shared, id,
      ListenSockets{.main = listeners.fds[id],
                    .plain = plain_listeners.fds.empty() ? -1 : plain_listeners.fds[id]});
  const std::optional<std::string> failure = shard->open();
  opened.set_value(failure);
  if (!failure.has_value()) shard->run();
}

void Server::State::join() {
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  shared.handshakers.clear();
  if (shared.store != nullptr) shared.store->stop();
  if (std::exchange(started, false)) emit(EventKind::server_stopped);
}

void Server::State::emit(EventKind kind) {
  if ((shared.events_wanted >> static_cast<u8>(kind) & 1) == 0) return;
  Event event;
  event.kind = kind;
  event.now = read_clock();
  shared.config.listener->on_event(event);
}

Server::Server(Options options, ServerConfig config) : state_(std::make_unique<State>()) {
  state_->shared.options = std::move(options);
  state_->shared.config = std::move(config);
}

Server::~Server() {
  stop();
  join();
}

StartResult Server::start() {
  StartResult result;
  if (!state_->prepare(result)) return result;
  if (auto failure = state_->launch()) {
    result.error = *failure;
    stop();
    join();
    return result;
  }
  result.ok = true;
  state_->started = true;
  state_->emit(EventKind::server_started);
  return result;
}

bool Server::has_token_keys() const {
  return state_->shared.keyring != nullptr;
}

std::string Server::reload_tokens() {
  const auto& keyring = state_->shared.keyring;
  return keyring == nullptr ? "There are no keys of tokens." : keyring->reload();
}

u16 Server::port() const {
  return state_->listeners.port;
}

std::string Server::reload_certificates() {
  return has_certificates() ? state_->shared.tls->reload() : "There is no TLS.";
}

bool Server::has_certificates() const {
  return state_->shared.tls != nullptr;
}

u32 Server::connections() const {
  return state_->shared.connections.load(std::memory_order_relaxed);
}

void Server::drain() {
  state_->command(ShardCommand::drain);
}

void Server::stop() {
  state_->command(ShardCommand::stop);
}

void Server::join() {
  state_->join();
}

Stats Server::stats() const {
  Stats sum;
  for (const auto& stats : state_->shared.rules_stats) sum.add(*stats);
  return sum;
}

NetStatsSum Server::net_stats() const {
  NetStatsSum sum;
  for (const auto& stats : state_->shared.stats) sum.add(*stats);
  if (state_->shared.store != nullptr) sum.add(state_->shared.store->stats());
  if (state_->shared.tls != nullptr) {
    sum.tls_reloads += state_->shared.tls->reloads;
    sum.tls_reload_failures += state_->shared.tls->reload_failures;
  }
  return sum;
}

}  // namespace perseid
