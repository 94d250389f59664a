// Room: a room that a client is in, or is about to be in: what happens in it, and what one does in
// it. Thread: the client's. Owned by the client: it lives until leave() is acknowledged or the
// client is destroyed. Invariant: callbacks come in the order of the relay's messages; none comes
// inside a call of one's own, they come inside Client::poll().
#pragma once

#include <perseid/timeline.h>
#include <perseid/types.h>
#include <perseid/value.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perseid {
inline namespace sdk {

class RoomCipher;

struct JoinOptions {
  bool presence = false;    // keep members(), tell who comes and goes
  u32 history = 0;          // so many of the newest chat messages first (Message::old)
  std::string create = {};  // JSON: what the room is to be if this join makes it
  std::string view = {};    // JSON: of a grid, what to see
  // End-to-end encryption (secure.h). State is refused then: the relay merges it, so it must read.
  std::shared_ptr<RoomCipher> encryption = {};
};

struct RoomHandlers {
  std::function<void(const Joined&)> joined = {};
  std::function<void(const Message&)> chat = {};
  std::function<void(const Message&)> action = {};
  std::function<void(const StateEvent&)> state = {};
  std::function<void(const Presence&)> presence = {};
  std::function<void(const Gap&)> gap = {};
  std::function<void(const Degraded&)> degraded = {};
  std::function<void(const Receipt&)> receipt = {};
  // Of an encrypted room: a message that was not handed on, since it could not be opened.
  std::function<void(const Undecryptable&)> undecryptable = {};
  // kicked, banned, or the code with which a join after a reconnect was refused.
  std::function<void(std::string_view reason)> left = {};
};

enum class Send : u8 {
  surely,  // waits for a link, is repeated until it is acknowledged, arrives once
  now      // if it can leave at once; not acknowledged
};

struct HistoryQuery {
  u64 before = 0;  // messages with a smaller seq; 0: the newest
  u32 limit = 50;
};

class ClientCore;
struct RoomData;

class Room {
 public:
  Room(ClientCore& core, std::string name);
  ~Room();
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  RoomHandlers on = {};

  const std::string& name() const;
  bool joined() const;  // now; false while the link is away, too
  const Entities& entities() const;
  const std::vector<Member>& members() const;  // with JoinOptions::presence
  u32 state_hz() const;                        // how often state comes, as far as it was told
  const std::string& schema() const;           // JSON; empty: it has none, or is not joined yet

  // Publishing. False: it was not taken, and `done` says why. Payloads are JSON.
  bool chat(std::string_view text, Done done = {});
  bool chat_payload(std::string_view payload, Done done = {});
  bool send(std::string_view payload, Done done = {}, Send how = Send::surely);
  bool react(u64 seq, std::string_view emoji, Done done = {});
  bool unreact(u64 seq, std::string_view emoji, Done done = {});
  bool edit(u64 seq, std::string_view text, Done done = {});
  bool remove(u64 seq, Done done = {});
  void typing(bool typing);

  // State. Fields are gathered and leave together with the next poll(); the newest value counts,
  // also over the time without a link. A null value removes its field. False: too much
  // waits, or the room is encrypted.
  bool set(std::string_view entity, const Fields& fields);
  bool unset(std::string_view entity);

  void read(u64 seq, Done done = {});
  void history(HistoryQuery query, HistoryDone done);
  void discover(DiscoverDone done);
  void view(std::string_view view, Done done = {});  // JSON, of a grid
  void keyframe();                                   // the whole state again
  void leave(Done done = {});

  // The room between its ticks: it keeps what state() brings, and at() gives the entities for a
  // frame drawn at this time (Client::now_ms()). `at` without interpolate(): as they are.
  void interpolate(TimelineConfig config = {});
  Entities at(double now_ms) const;
  const Timeline* timeline() const;

 private:
  friend class ClientCore;
  std::unique_ptr<RoomData> data_;
};

}  // namespace sdk
}  // namespace perseid
