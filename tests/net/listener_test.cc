// HOSTILE.md 24 (CVE-2025-11677): the application's callback ended the connection that it was
// called for, and what was freed was used. Ours may stop, drain or throw inside every event.
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "engine/event.h"
#include "tests/net/server_process.h"
#include "tests/net/server_support.h"

namespace perseid::test {
namespace {

constexpr EventKind kKinds[] = {
#define X(name, text) EventKind::name,
    PERSEID_EVENTS(X)
#undef X
};

enum class Deed : u8 { stop, drain, both, raise };

// Does its deed once, inside the first event of the kind.
struct Acting final : EventListener {
  Acting(EventKind event_kind, Deed what) : kind(event_kind), deed(what) {}
  bool wants(EventKind) const override { return true; }
  void on_event(const Event& event) override {
    if (event.kind != kind || done.exchange(true)) return;
    if (deed == Deed::raise) throw std::runtime_error("the application's own");
    if (deed != Deed::stop) server->drain();
    if (deed != Deed::drain) server->stop();
  }
  const EventKind kind;
  const Deed deed;
  Server* server = nullptr;
  std::atomic<bool> done{false};
};

Options hasty_options() {
  Options options = test_options();
  options.shards = 2;
  options.heartbeat_interval_ms = 50;
  options.timeout_ms = 200;
  options.drain_timeout_ms = 100;
  return options;
}

// Clients come, do a bit of everything and go, so that each kind of event happens to somebody.
void live(u16 port) {
  WsClient silent;  // misses its heartbeats
  silent.connect(port, {.path = "/ws"});
  WsClient client;
  if (!client.connect(port, {.path = "/ws"})) return;
  client.send_text(R"([{"type":"system","op":"join","room":"a"},)"
                   R"({"type":"system","op":"discover","room":"a"},)"
                   R"({"type":"chat","room":"a","payload":1},{"type":"chat","room":"b"},)"
                   R"({"type":"system","op":"ping"}])");
  while (const auto message = client.read_message()) {
    if (message->find("pong") != std::string::npos) break;
  }
  client.reset();
  silent.read_end();
}

TEST(Hostile, row_24_a_listener_may_stop_or_drain_inside_every_event) {
  for (const EventKind kind : kKinds) {
    for (const Deed deed : {Deed::stop, Deed::drain, Deed::both}) {
      SCOPED_TRACE(std::string(name(kind)) + " " + std::to_string(static_cast<int>(deed)));
      Acting acting(kind, deed);
      {
        ServerConfig config;
        config.listener = &acting;
        Server server(hasty_options(), config);
        acting.server = &server;
        const StartResult result = server.start();
        ASSERT_TRUE(result.ok) << result.error;
        if (kind != EventKind::server_stopped) {
          EXPECT_TRUE(wait_until([&] {
            if (!acting.done) live(result.report.port);
            return acting.done.load();
          }));
        } else {
          live(result.report.port);
        }
        if (!acting.done) server.stop();
        server.join();
        EXPECT_EQ(server.connections(), 0u);
      }
      EXPECT_TRUE(acting.done);
    }
  }
}

// No promise could be kept behind an exception that nobody caught: the process ends there and then.
TEST(Hostile, row_24_a_listener_that_throws_ends_the_process_at_once) {
  for (const EventKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    Acting acting(kind, Deed::raise);
    ServerConfig config;
    config.listener = &acting;
    if (kind == EventKind::server_stopped) continue;  // a child is ended by a signal only
    ServerProcess server(hasty_options(), {}, config);
    EXPECT_TRUE(wait_until([&] {
      if (server.port() != 0 && !server.has_ended()) live(server.port());
      return server.has_ended();
    }));
    if (!server.has_ended()) continue;
    const int status = server.wait_end();
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
  }
}

}  // namespace
}  // namespace perseid::test
