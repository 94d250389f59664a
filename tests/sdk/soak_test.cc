// Clients of both flavours that write, are cut off, leave and come back by the dice; in the end all
// of them hold what the relay holds, and a witness has heard each chat once.
// Three seconds in every run; PERSEID_SDK_SOAK_SECONDS=300 for longer, PERSEID_SDK_SOAK_SEED for
// other dice. Once chats came twice, 30 of 70,000: while those of one room waited to be repeated,
// so many new ones left for another that the relay had forgotten the first.
#include <perseid/secure.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>

#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

namespace perseid {
namespace {

using test::Peer;
using test::until;

double number_of(const char* name, double otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atof(text);
}

constexpr std::string_view kRule =
    R"({"state_hz":60,"schema":{"x":{"type":"float","min":-512,"max":512,"resolution":0.01},)"
    R"("hp":{"type":"int","min":0,"max":100},"act":{"type":"enum","values":["idle","run"]}}})";
const std::string kRooms[] = {"typed", "free", "secret"};  // the last one is encrypted: chat alone

class Crowd {
 public:
  explicit Crowd(const std::string& url) : url_(url) {
    for (int i = 0; i < kPeers; ++i) {
      peers_.push_back(std::make_unique<Peer>(config("p" + std::to_string(i), i)));
      clients_.push_back(&peers_.back()->client);
      for (const std::string& room : kRooms) join(*peers_.back(), room);
    }
  }
  static constexpr int kPeers = 6;  // the first one is the witness: it stays

  // So that the witness misses nothing, the others begin when it is there.
  bool gathered() {
    return until(clients_, [this] { return all_joined(); });
  }
  void step() {
    Peer& peer = *peers_[1 + dice_() % (kPeers - 1)];
    const std::string& name = kRooms[dice_() % std::size(kRooms)];
    Room* room = peer.client.find(name);
    const auto roll = static_cast<u32>(dice_() % 1000);
    if (leaving_.contains({&peer, name})) room = nullptr;  // nothing may follow a leave
    const std::string entity = "e" + std::to_string(dice_() % 40);
    if (roll < 10) {
      peer.client.cut();
    } else if (roll < 15 && room != nullptr && room->joined()) {
      leaving_.insert({&peer, name});
      room->leave([this, &peer, name](const Result&) {
        leaving_.erase({&peer, name});
        join(peer, name);
      });
    } else if (room == nullptr) {
      // It is on its way out, and will be back.
    } else if (roll < 100 && peer.client.stats().queued > kQueuedMax) {
      ++held_;  // a relay that has to wait for its core is no fault
    } else if (roll < 100) {
      const std::string text = std::to_string(++said_);
      room->chat(text, [this, text](const Result& result) {
        EXPECT_TRUE(result.ok()) << text << " " << result.code << int(result.cause);
        ++answered_;
      });
    } else if (name == "secret") {
      // It has no state.
    } else if (roll < 250) {
      room->unset(entity);
    } else {
      room->set(entity, {{"x", int(dice_() % 1000) - 500.25},
                         {"hp", int(dice_() % 101)},
                         {"act", roll % 2 == 0 ? "idle" : "run"}});
    }
    for (Client* client : clients_) client->poll();
  }
  // All hold the same, and a newcomer gets it too.
  void expect_agreement() {
    EXPECT_TRUE(until(clients_, [this] { return all_joined() && answered_ == said_; }));
    Peer fresh(config("fresh", 1));
    for (const std::string& name : kRooms) {
      if (name == "secret") continue;
      Room& room = join(fresh, name);
      std::vector<Client*> all = clients_;
      all.push_back(&fresh.client);
      EXPECT_TRUE(until(all, [&] {
        if (!room.joined() || room.entities().empty()) return false;
        for (Client* client : clients_) {
          if (client->find(name)->entities() != room.entities()) return false;
        }
        return true;
      })) << name;
    }
  }
  void expect_each_chat_once() {
    EXPECT_TRUE(until(clients_, [this] { return heard_.size() == said_; }));
    for (const auto& [text, seqs] : heard_) {
      EXPECT_EQ(seqs.size(), 1u) << text << " as " << seqs.front() << " and " << seqs.back();
    }
  }
  LinkStats sum() const {
    LinkStats out;
    for (const auto& peer : peers_) {
      const LinkStats stats = peer->client.stats();
      out.connections += stats.connections;
      out.resumed += stats.resumed;
      out.repeated += stats.repeated;
      out.malformed += stats.malformed;
      out.state_refused += stats.state_refused;
      out.undecryptable += stats.undecryptable;
    }
    return out;
  }
  double now_ms() const { return clients_[0]->now_ms(); }
  u64 held() const { return held_; }
  u64 said() const { return said_; }

 private:
  ClientConfig config(std::string name, int number) const {
    return {.url = url_,
            .name = std::move(name),
            .wire = number % 2 == 0 ? Wire::binary : Wire::json,
            .reconnect_attempts = 50,
            .reconnect_delay_ms = 5,
            .reconnect_delay_ms_max = 50};
  }
  Room& join(Peer& peer, const std::string& name) {
    JoinOptions options{.create = name == "typed" ? std::string(kRule) : std::string()};
    if (name == "secret") options.encryption = cipher_of(peer);
    Room& room = peer.client.join(name, std::move(options));
    if (!peers_.empty() && &peer == peers_[0].get()) {
      room.on.chat = [this](const Message& message) {
        heard_[message.text()].push_back(message.seq);
      };
    }
    return room;
  }
  // Each has its own, for as long as it lives, as replay windows want it.
  std::shared_ptr<RoomCipher> cipher_of(Peer& peer) {
    std::shared_ptr<RoomCipher>& cipher = ciphers_[&peer];
    if (cipher == nullptr) cipher = RoomCipher::make({.keys = {{"k", {}}}, .current = "k"});
    return cipher;
  }
  bool all_joined() {
    for (Client* client : clients_) {
      for (const std::string& name : kRooms) {
        Room* room = client->find(name);
        if (room == nullptr || !room->joined()) return false;
      }
    }
    return true;
  }

  std::string url_;
  std::mt19937 dice_{static_cast<u32>(number_of("PERSEID_SDK_SOAK_SEED", 1))};
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Client*> clients_;
  std::map<Peer*, std::shared_ptr<RoomCipher>> ciphers_;
  std::set<std::pair<Peer*, std::string>> leaving_;
  std::map<std::string, std::vector<u64>> heard_;
  static constexpr u32 kQueuedMax = 900;  // of 1024
  u64 held_ = 0;
  u64 said_ = 0;
  u64 answered_ = 0;
};

TEST(Soak, WhoIsCutOffAndComesBackHoldsWhatTheRelayHolds) {
  const double seconds = number_of("PERSEID_SDK_SOAK_SECONDS", 3);
  const test::RelayProcess relay(
      {"--creators-declare-rooms", "--session-messages-per-second", "100000"});
  Crowd crowd(relay.url());
  ASSERT_TRUE(crowd.gathered());
  const double end = crowd.now_ms() + seconds * 1000;
  while (crowd.now_ms() < end) crowd.step();
  crowd.expect_agreement();
  crowd.expect_each_chat_once();
  const LinkStats sum = crowd.sum();
  EXPECT_EQ(sum.malformed, 0u);
  EXPECT_EQ(sum.undecryptable, 0u);
  std::printf(
      "  %llu chats, %llu connections, %llu resumed, %llu repeated, %llu states refused, "
      "%llu times held up\n",
      static_cast<unsigned long long>(crowd.said()),
      static_cast<unsigned long long>(sum.connections),
      static_cast<unsigned long long>(sum.resumed), static_cast<unsigned long long>(sum.repeated),
      static_cast<unsigned long long>(sum.state_refused),
      static_cast<unsigned long long>(crowd.held()));
}

}  // namespace
}  // namespace perseid
