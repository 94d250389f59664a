// Pool: N sessions for a backend that publishes: each room is of one of them, by its name, so that
// the order per room holds; the others go on when one is held up.
// Thread: one, that of poll(). Owns: its clients.
// Invariant: publishes to one room leave in the order in which they were made, by one connection.
#pragma once

#include <perseid/client.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace perseid {
inline namespace sdk {

struct PoolConfig {
  ClientConfig client = {};
  u32 connections = 4;
  // Publishes that wait on one connection, above which it counts as held up; below half of it, as
  // free again.
  u32 busy_messages = 512;
};

struct PoolStats {
  u32 open = 0;    // connections that stand
  u32 busy = 0;    // connections that are held up
  u32 queued = 0;  // publishes that wait, over all
  u32 in_flight = 0;
  u64 refused = 0;  // publishes that were not taken: the queue was full
  u64 acknowledged = 0;
  u64 failed = 0;  // taken, but refused by the relay or lost with the link
};

class Pool {
 public:
  explicit Pool(PoolConfig config);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  bool connect();
  // Joins the room, if that was not done yet, and publishes. False: not taken; wait for on_free.
  bool chat(std::string_view room, std::string_view payload, Done done = {});
  bool action(std::string_view room, std::string_view payload, Done done = {});
  bool set(std::string_view room, std::string_view entity, const Fields& fields);
  void leave(std::string_view room);

  // Back-pressure: whether one should wait with this room.
  bool busy(std::string_view room) const;
  std::function<void()> on_free;  // a connection that was held up goes on

  void poll(std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  void close();
  PoolStats stats() const;
  std::size_t size() const { return members_.size(); }
  Client& client(std::size_t at) { return *members_[at].client; }
  // Which connection a room is of.
  std::size_t index_of(std::string_view room) const;

 private:
  struct Member {
    std::unique_ptr<Client> client;
    u32 waiting = 0;
    bool busy = false;
  };
  bool publish(std::string_view room, std::string_view payload, bool action, Done done);
  void settled(std::size_t at, const Result& result);
  Room& room_of(std::string_view room);

  PoolConfig config_;
  std::vector<Member> members_;
  u64 refused_ = 0;
  u64 acknowledged_ = 0;
  u64 failed_ = 0;
};

}  // namespace sdk
}  // namespace perseid
