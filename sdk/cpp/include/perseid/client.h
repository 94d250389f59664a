// Client: one session with a relay: it connects, keeps the link, comes back when it breaks.
// Thread: one, that of poll() or run(); only post(), stop() and wake() may be called by others.
// Owns: the connection and its rooms.
// Invariants: no call blocks but run(), poll() as long as it is told to, and the destructor for up
// to kFarewellMsMax after close(). Callbacks come inside poll(); they may call everything but
// poll(), run() and the destructor.
#pragma once

#include <perseid/config.h>
#include <perseid/link_stats.h>
#include <perseid/room.h>
#include <perseid/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace perseid {
inline namespace sdk {

constexpr u32 kFarewellMsMax = 250;

struct ClientHandlers {
  std::function<void(const LinkEvent&)> link = {};
  std::function<void(const Message&)> direct = {};  // private messages
  // Of what had no id: state, Send::now. `no_token`: ClientConfig::fetch_token had none.
  std::function<void(const Result&)> error = {};
  std::function<void(std::string_view)> notice = {};  // the relay to all: its payload
  // The token ends in so many ms, and there is no function to fetch another: refresh() it.
  std::function<void(u64)> token_expiring = {};
};

class Client {
 public:
  explicit Client(ClientConfig config);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  ClientHandlers on;

  // False: there is no use in trying, and failure() says why. What only trying tells (no such host,
  // nobody listens, a wrong certificate) comes with on.link, and failure() says it, too.
  // Right behind close(), without a poll() between, it tells first what close() left to tell.
  bool connect();
  // Why connect() was false, or why the last connection ended; of a link that is open, none.
  const LinkFailure& failure() const;
  // Does what there is to do; waits for it up to `wait`. 0: one call per frame of a game.
  void poll(std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  // Sends what waits, without waiting for the next poll(): at a frame's end, say.
  void flush();
  // poll() until stop(), or until the link is closed for good.
  void run();
  void stop();
  // Runs `task` on the client's thread, in its next poll().
  void post(std::function<void()> task);
  void wake();  // ends a poll() that waits
  // Says good-bye: the session is over. What waits is answered with Cause::closed.
  void close();
  // Breaks the connection without a word, as a network would: the session goes on. For tests.
  void cut();

  LinkState state() const;
  const std::string& id() const;  // the public client id, once welcomed
  LinkStats stats() const;
  double now_ms() const;     // the local, steady clock that all times of this SDK are of
  double server_ms() const;  // the relay's clock now, as far as it is known

  // The room of this name, joined as soon as there is a link, and again after every reconnect.
  // `done` tells the first outcome.
  Room& join(std::string_view room, JoinOptions options = {}, Done done = {});
  Room* find(std::string_view room);
  // Private, to a client id or @name. False: not taken, and `done` says why.
  bool direct(std::string_view to, std::string_view payload, Done done = {}, bool action = false);
  // Who is in a room that is joined.
  void discover(std::string_view room, DiscoverDone done);
  // Goes on with a newer token of the same user, without a new connection. One that is refused
  // changes nothing; without a link it is what the next connection begins with.
  void refresh(std::string token, Done done = {});
  // Whether the message bears a signature that everybody can check, and by which key. A private one
  // was signed for this client's id or name.
  Signature verify(const Message& message) const;
  // Any other op (mute, kick, slow_mode, ...): `members` are the JSON members beyond type, op, id.
  void request(std::string_view op, std::string_view members, AnswerDone done);

  // For a loop of one's own: what to wait for, besides calling poll() when it is ready or due.
  int fd() const;  // -1: none now
  bool wants_write() const;
  int due_ms() const;  // until poll() is needed without anything being ready; -1: not at all

 private:
  std::unique_ptr<ClientCore> core_;
};

}  // namespace sdk
}  // namespace perseid
