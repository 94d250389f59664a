// ClientCore: what a Client is made of: the life of the link, what waits for it, what comes by it.
// Thread: the client's, but for post(), stop() and wake().
// Owns: the socket, the rooms, every publish and request that is not answered.
// Invariants: each Done runs once, from step(), never from the call that gave it; publishes to a
// room leave in the order in which they were made; at most in_flight_max of them are on the link.
#pragma once

#include <perseid/client.h>
#include <perseid/secure.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "codec/binary.h"
#include "sdk/cpp/src/backoff.h"
#include "sdk/cpp/src/dictionary_fetch.h"
#include "sdk/cpp/src/room_data.h"
#include "sdk/cpp/src/signer.h"
#include "sdk/cpp/src/token_desk.h"
#include "sdk/cpp/src/websocket.h"

namespace perseid {
inline namespace sdk {

// A publish or a request that was not answered yet.
struct Pending {
  enum class Kind : u8 { chat, action, request } kind = Kind::chat;
  std::string room = {};   // empty: private, or a request that is of no room
  std::string to = {};     // a private message's client id or @name
  std::string op = {};     // of a request
  std::string body = {};   // payload; of a request, further members, each with a comma before it
  Done done = {};          // of a publish
  AnswerDone answer = {};  // of a request
  std::shared_ptr<RoomCipher> cipher = {};  // of a publish to an encrypted room
  std::string sealed = {};                  // body as the relay sees it: sealed, signed, or both
  u64 session = 0;                          // in which `sealed` was made
  bool on_link = false;                     // sent on this connection
  bool sent = false;                        // on some connection of this session
  bool repeated = false;                    // on more than one
  u64 after = 0;            // of a publish that was sent: its `seq` is greater, if it arrived
  u64 ordinal = 0;          // of a publish that was sent: so many this session had sent by then
  Result seen = {};         // of a publish whose delivery came before its acknowledgement
  bool unsure = false;      // sent in an earlier session, and nobody knows yet whether it arrived
  std::string client = {};  // who we were when it was sent
  std::string_view wire() const { return sealed.empty() && cipher == nullptr ? body : sealed; }
};

class ClientCore final : public WebSocket::Handler {
 public:
  ClientCore(ClientConfig config, ClientHandlers& on);
  ~ClientCore() override;
  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;

  // The link (client_connect.cc, client_link.cc).
  bool connect();
  void poll(int wait_ms);
  void run();
  void stop();
  void post(std::function<void()> task);
  void wake();
  void close();
  void cut();
  void flush();
  int fd() const;
  bool wants_write() const;
  int due_ms() const;
  static double now_ms();

  // What waits (client_pending.cc).
  bool publish(Pending pending);
  void request(Pending pending);
  bool send_now(RoomData& room, bool action, std::string_view payload);
  void later(std::function<void()> task) { later_.push_back(std::move(task)); }
  void ask_keyframe(RoomData& room);

  Room& join(std::string_view room, JoinOptions options, Done done);
  Room* find(std::string_view room);
  void leave(RoomData& room, Done done);

  // Signing in (client_token.cc).
  void refresh(std::string token, Done done);
  void take_token(u64 ask, const std::string& token, const std::string& problem);

  LinkState state() const { return state_; }
  const LinkFailure& failure() const { return failure_; }
  const std::string& id() const { return client_id_; }
  const ClockSync& clock() const { return clock_; }
  Signature verify(const Message& message) const;  // client_signing.cc
  LinkStats stats() const;

 private:
  enum class Phase : u8 { idle, waiting, connecting, greeting, ready, closed };

  // client_connect.cc
  bool choose_transport();
  void open_socket();
  void on_open() override;
  void say_hello();
  void on_welcome(std::string_view message);
  void settings_of(std::string_view welcome);

  // client_link.cc
  void step();
  void lost();
  bool is_final(u16 code, int http_status) const;
  void note_failure(u16 code);
  void retry(u16 code, const std::string& reason);
  void end(u16 code, const std::string& reason);
  void finish_close();
  void tend();  // heartbeat and deadlines
  void ping();
  void set_state(LinkState state, u16 code = 0, std::string_view reason = {}, double retry_ms = 0);
  void run_tasks();
  void bury();
  double next_due() const;
  double link_due() const;
  bool is_posted() const;
  double heartbeat_ms() const;

  // client_token.cc
  void ask_token();
  void token_failed(const std::string& problem);
  void on_token_expiring(u64 ends_in_ms);
  void hello_refused(const Result& result);
  bool has_another_token();
  bool is_refused_for_good() const;
  const std::string& token() const;

  // client_rooms.cc
  void send_join(RoomData& room);
  void resume_rooms(std::string_view rooms);
  void finish_leave(RoomData& room);
  void leave_silently(const RoomData& room);
  void resume_room(RoomData& room, std::string_view entry);
  void on_joined(std::string_view message);
  void on_left(u64 id, std::string_view message);
  void on_presence(std::string_view message);
  void on_roster(std::string_view message);
  void read_members(RoomData& room, std::string_view members);
  void join_refused(RoomData& room, const Result& result);
  void set_degraded(RoomData& room, bool degraded, u32 hz, std::string_view reason = {});
  void settle(RoomData& room, bool recovered, bool same_epoch);
  void settle_by_history(RoomData& room);
  void on_settling(RoomData& room, const Result& result, std::string_view answer);
  void give_up_unsure(const RoomData& room, const std::function<bool(const Pending&)>& of);
  void be_sure(RoomData& room);
  std::string since_of(const RoomData& room, bool with_epoch) const;

  // client_receive.cc, client_system.cc
  void on_message(Opcode opcode, std::string_view message) override;
  void on_json(std::string_view message);
  void on_binary(std::string_view message);
  void on_system(std::string_view message);
  static bool has_all_wait(const Result& result);
  void on_error(u64 id, std::string_view message);
  void on_pong(std::string_view message);
  void on_gap(std::string_view message);
  void on_degraded(bool restored, std::string_view message);
  void on_receipt(std::string_view message);
  void deliver(RoomData* room, Message& message);
  void hand_on(RoomData& room, Message& message);
  bool take_seq(RoomData& room, Message& message);
  void take_state(RoomData& room, StateDelivery& state);
  void need_dictionary(std::string_view hash);
  void step_dictionary();
  bool unpack(StateDelivery& state);
  void missed(RoomData& room, bool action, u64 from, u64 to);
  RoomData* room_of(std::string_view message);
  RoomData* room_numbered(u32 number);
  void count_in(Lane lane, std::size_t bytes);

  // client_signing.cc
  bool can_sign();
  bool begin_signing(std::string_view welcome, bool resumed);
  std::string own_name() const;

  // client_secure.cc
  bool seal(Pending& pending);
  std::string wire_of(const SignedContext& context, RoomCipher* cipher, std::string_view body);
  bool open(RoomData& room, Message& message, std::string& plain);

  // client_pending.cc
  bool may_send(const Pending& pending);
  bool is_remembered(const Pending& pending) const;
  void flush_pending();
  void flush_states(std::size_t unsent_bytes_max);
  bool state_may_leave(std::size_t unsent_bytes_max);
  void write(u64 id, Pending& pending);
  void write_publish(u64 id, const Pending& pending);
  void send_system(std::string_view json);
  void send_message(Lane lane, std::string_view bytes);
  void complete(u64 id, const Result& result, std::string_view answer = {});
  void unlink_pending();
  void note_own(const RoomData& room, const Message& message);
  void match_unsure(RoomData& room, const Message& message);
  void note_acknowledged(const Pending& pending, const Result& result);
  void doubt_pending();
  bool room_left_for(const Pending& pending) const;

  // Welcomed, on a link that has not ended, as far as it is known.
  bool is_ready() const { return phase_ == Phase::ready && socket_ != nullptr && socket_->open(); }
  bool binary() const { return config_.wire == Wire::binary; }
  RoomData* data(std::string_view room);

  ClientConfig config_;
  ClientHandlers& on_;
  Url url_;
  TransportFactory transport_;  // the configured one, or the built-in
  LinkFailure failure_;
  Random random_;
  Phase phase_ = Phase::idle;
  LinkState state_ = LinkState::connecting;
  std::unique_ptr<WebSocket> socket_;
  std::unique_ptr<WebSocket> leaving_;  // has said good-bye
  Backoff backoff_;
  bool closing_ = false;  // the end is to be told
  double retry_at_ms_ = 0;
  double since_ms_ = 0;  // of this phase
  double goaway_ms_ = -1;
  std::shared_ptr<TokenDesk> desk_;
  u64 token_asks_ = 0;
  u64 token_ask_ = 0;          // the one that waits for its token, if any
  std::string offered_token_;  // by refresh(), and not answered
  std::string shown_token_;    // by this connection's hello
  std::string refusal_;        // the error's code with which this connection's hello was refused
  bool faulted_ = false;       // the last connection was closed for a fault of ours
  double heard_ms_ = 0;
  double pinged_ms_ = -1;  // -1: no ping is under way
  double next_ping_ms_ = 0;
  u32 pings_ = 0;
  double relay_heartbeat_ms_ = 5000;
  double relay_timeout_ms_ = 30000;
  u64 last_id_ = 0;
  u64 hello_id_ = 0;
  u64 ping_id_ = 0;
  std::string session_;
  std::string client_id_;
  u64 sessions_ = 0;                // begun, so far
  std::unique_ptr<Signer> signer_;  // null: this client does not sign
  std::map<std::string, std::unique_ptr<Room>, std::less<>> rooms_;
  std::map<u32, RoomData*> numbers_;
  std::map<u64, Pending> pending_;
  std::deque<u64> unsent_;
  u32 in_flight_ = 0;
  double paused_until_ms_ = 0;   // nothing of what waits is sent before
  u64 publishes_sent_ = 0;       // in this session, repetitions apart
  std::set<u64> open_ordinals_;  // of them, those without an answer
  u64 pending_bytes_ = 0;
  u32 degraded_rooms_ = 0;
  std::unique_ptr<DictionaryFetch> fetch_;
  std::unique_ptr<DictionaryCoder> unpacker_;  // by the dictionary that was fetched last
  std::string dictionary_hash_;
  std::string unpacked_;
  ClockSync clock_;
  LinkStats stats_;
  std::vector<std::function<void()>> later_;
  mutable std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> stopped_ = false;
  int wake_[2] = {-1, -1};
};

}  // namespace sdk
}  // namespace perseid
