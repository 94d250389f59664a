// FakeWorld: relays without a world: letters in queues, clients in memory, time by hand. Every byte
// that a relay sends is read as a client would read it, and every message must be valid JSON.
// Thread: one. Owns: relays, letters on their way, clients.
// Invariant: nothing happens but inside turn(), so a test is the same each time it runs.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/binary.h"
#include "codec/deflate.h"
#include "engine/relay.h"
#include "tests/engine/coded_reader.h"
#include "tests/support/fake_store.h"

namespace perseid::test {

constexpr WireFormat kJson{Flavour::json, false};
constexpr WireFormat kJsonDeflate{Flavour::json, true};
constexpr WireFormat kBin{Flavour::bin, false};
constexpr WireFormat kBinDeflate{Flavour::bin, true};

struct Shard;

// A client as the relay's peer sees it.
class Peer {
 public:
  Peer(Shard& shard, WireFormat wire_format) : shard_(shard), format(wire_format) {}

  // Queues one message for the next turn. JSON text in the JSON flavour, bytes in the binary one.
  void send(std::string message) { to_send.push_back(std::move(message)); }
  // Sends a system or lane message written as JSON; wrapped in the binary flavour.
  void say(std::string_view json);
  void accept(Bytes bytes);  // bytes from the kernel
  void read_on();            // what it may read of what lies in the client's own kernel
  // All messages since the last take, and forgets them.
  std::vector<std::string> take() { return std::exchange(messages, {}); }
  // The first kept message that contains `part`, or "".
  std::string find(std::string_view part) const;
  u32 count(std::string_view part) const;
  bool has(std::string_view part) const { return !find(part).empty(); }
  CodedReader& coded() { return coded_; }

 private:
  void read_frame(Opcode opcode, bool packed, Bytes payload);
  Shard& shard_;
  std::string unread_;   // accepted and not read
  std::string pending_;  // bytes of an unfinished frame
  std::unique_ptr<Inflater> inflater_;
  CodedReader coded_;

 public:
  const WireFormat format;
  Slot slot = kNoSlot;
  Handle connection;
  u64 unread_bytes() const { return unread_.size(); }
  std::deque<std::string> to_send;
  std::vector<std::string> messages;  // JSON text, the binary flavour's rendered as such
  u64 accepts_bytes = ~u64{0};        // what the kernel still takes for this client
  u64 reads_bytes = ~u64{0};          // what the client itself still reads of that
  u32 pings = 0;
  u32 packed_frames = 0;
  u32 packed_states = 0;  // by the dictionary
  u64 bytes_in = 0;
  CloseCode closed = CloseCode::none;  // by the relay
  std::deque<std::string> to_pong;     // what the pings bore that it has not answered
  bool answers_pings = true;
  bool gone = false;
  bool blocked = false;
};

struct Shard final : World {
  bool post(ShardId to, Letter&& letter, Post urgency) override;
  void close(Handle connection, CloseCode code, std::string_view reason) override;
  void reseat(Handle connection, Slot session) override;
  void emit(const Event& event) override;

  std::vector<std::deque<Letter>> outgoing;  // by target
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<EventKind> events;
  std::vector<std::string> event_details;
  std::vector<Letter> from_store;
  bool refuses_bulk = false;
  std::shared_ptr<const Dictionary> dictionary;  // as clients have fetched it
  bool collects_events = false;
  std::unique_ptr<Relay> relay;
};

class FakeWorld {
 public:
  using Tweak = std::function<void(Options&)>;
  explicit FakeWorld(u32 shards = 1, const Tweak& tweak = {},
                     std::shared_ptr<const RoomRules> rules = nullptr,
                     std::shared_ptr<const Dictionary> dictionary = nullptr,
                     FakeStore* store = nullptr, Authenticator* authenticator = nullptr);
  ~FakeWorld();

  Peer& connect(ShardId shard = 0, WireFormat format = kJson,
                std::shared_ptr<const Grant> grant = nullptr);
  void disconnect(Peer& peer);  // the connection is gone
  // One turn of every shard, `ms` after the last one.
  void turn(u64 ms = 0);
  // Turns without time passing, until nobody has anything left to do.
  void settle();
  // Turns of `step_ms` until so much time has passed.
  void run_for(u64 ms, u64 step_ms = 1);
  // Says it, settles, and returns what came.
  std::vector<std::string> ask(Peer& peer, std::string_view json);
  // Joins and forgets what came; returns the `joined` answer.
  std::string join(Peer& peer, std::string_view room, std::string_view more = "");
  Relay& relay(ShardId shard = 0) { return *shards_[shard]->relay; }
  Shard& shard(ShardId shard = 0) { return *shards_[shard]; }
  // A room's name whose home is this shard.
  std::string room_at(ShardId shard, std::string_view prefix = "room");
  void set_letters_held(bool held) { letters_held_ = held; }
  // Delivers what one shard has posted to another up to now.
  void deliver(ShardId from, ShardId to);

  Options options;
  Now now{.mono_ms = 1'000'000, .unix_ms = 1'700'000'000'000};
  bool busy = false;  // the last turn did something

 private:
  void receive(Shard& shard);
  void flush(Shard& shard);
  void flush_peer(Shard& shard, Peer& peer);
  std::vector<std::unique_ptr<Shard>> shards_;
  FakeStore* store_;
  bool letters_held_ = false;
};

// The raw token of a field, quotes of a string taken off; "" if it is absent. First occurrence.
std::string field(std::string_view json, std::string_view name);
u64 number(std::string_view json, std::string_view name);

}  // namespace perseid::test
