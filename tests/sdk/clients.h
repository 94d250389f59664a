// Clients of the SDK for tests: what they were told, and waiting for it.
// Thread: one; it polls all of them.
#pragma once

#include <gtest/gtest.h>
#include <perseid/client.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace perseid::test {

constexpr double kWaitMsMax = 20000;

// Polls until `condition`; false after kWaitMsMax.
inline bool until(std::vector<Client*> clients, const std::function<bool()>& condition) {
  const double end = clients.front()->now_ms() + kWaitMsMax;
  while (!condition()) {
    if (clients.front()->now_ms() > end) return false;
    for (Client* client : clients) client->poll(std::chrono::milliseconds(1));
  }
  return true;
}

// A client that writes down what it hears: "chat lobby 1 hi", "link open", and so on.
struct Peer {
  explicit Peer(ClientConfig config) : client(std::move(config)) {
    client.on.link = [this](const LinkEvent& event) {
      links.emplace_back(name_of(event.state));
      last_link = event;
      last_reason = event.reason;
    };
    client.on.direct = [this](const Message& message) {
      heard.push_back((message.action ? "direct action " : "direct chat ") +
                      std::string(message.payload));
      senders.emplace_back(message.sender);
    };
    client.on.error = [this](const Result& result) { heard.push_back("error " + result.code); };
    client.on.notice = [this](std::string_view payload) {
      heard.push_back("notice " + std::string(payload));
    };
    EXPECT_TRUE(client.connect());
  }
  Room& join(std::string_view name, JoinOptions options = {}) {
    Room& room = client.join(name, std::move(options),
                             [this](const Result& result) { join_results.push_back(result); });
    room.on.chat = [this](const Message& message) { write("chat", message); };
    room.on.action = [this](const Message& message) { write("action", message); };
    room.on.joined = [this](const Joined& now) { joins.push_back(now); };
    room.on.gap = [this](const Gap& gap) {
      heard.push_back("gap " + std::to_string(gap.from) + "-" + std::to_string(gap.to));
    };
    room.on.left = [this](std::string_view reason) {
      heard.push_back("left " + std::string(reason));
    };
    return room;
  }
  Room& joined(std::string_view name, JoinOptions options = {}) {
    Room& room = join(name, std::move(options));
    EXPECT_TRUE(until({&client}, [&] { return room.joined(); }));
    return room;
  }
  void write(std::string_view kind, const Message& message) {
    heard.push_back(std::string(kind) + " " + std::string(message.room) + " " +
                    std::to_string(message.seq) + (message.old ? " old " : " ") +
                    std::string(message.payload));
  }
  // Gathers a result; answered() says how many came.
  Done note() {
    return [this](const Result& result) { results.push_back(result); };
  }
  bool wait(const std::function<bool()>& condition) { return until({&client}, condition); }

  std::vector<std::string> links;
  LinkEvent last_link;
  std::string last_reason;
  std::vector<std::string> heard;
  std::vector<std::string> senders;
  std::vector<Result> join_results;
  std::vector<Joined> joins;
  std::vector<Result> results;
  Client client;
};

}  // namespace perseid::test
