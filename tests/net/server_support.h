// A server on a free port for one test, small and unpinned.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "net/server.h"
#include "tests/support/tls_files.h"
#include "tests/support/ws_client.h"

namespace perseid::test {

inline Options test_options() {
  Options options;
  options.port = 0;
  options.shards = 1;
  options.no_pin = true;
  options.echo = true;
  options.ring_entries = 256;
  options.completion_entries = 1024;
  options.recv_buffers = 64;
  options.max_connections = 2000;
  options.overload_behind_ms = 0;  // on a loaded machine nothing is shed but where a test asks
  if (tests_over_tls()) {
    options.tls_cert = default_cert().cert;
    options.tls_key = default_cert().key;
  }
  return options;
}

class TestServer {
 public:
  explicit TestServer(Options options = test_options(), ServerConfig config = {})
      : server_(std::move(options), std::move(config)), started_(server_.start()) {
    EXPECT_TRUE(started_.ok) << started_.error;
  }
  u16 port() const { return started_.report.port; }
  Server& operator*() { return server_; }
  Server* operator->() { return &server_; }
  const StartResult& started() const { return started_; }

 private:
  Server server_;
  StartResult started_;
};

inline WsClient connected(const TestServer& server,
                          const ClientConfig& config = {.path = "/echo"}) {
  WsClient client;
  EXPECT_TRUE(client.connect(server.port(), config)) << client.head();
  return client;
}

// Waits for a condition that another thread or process brings about; false after kWaitMsMax.
inline bool wait_until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kWaitMsMax);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace perseid::test
