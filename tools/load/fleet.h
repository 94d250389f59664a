// Fleet: all the clients of one run on one epoll loop: connects, upgrades, joins, answers pings,
// and hands every delivery to its handler.
// Thread: one. Owns: the sockets. Invariants: a client whose phase is `ready` has joined its room;
// bytes are read into one shared buffer, a client keeps only what is not a whole frame yet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "codec/frame.h"
#include "tools/load/config.h"
#include "tools/load/tls_link.h"

namespace perseid::load {

enum class Phase : u8 { idle, connecting, upgrading, greeting, joining, ready, stalled, lost };

struct Client {
  int fd = -1;
  u32 index = 0;
  u32 room = 0;
  u32 member = 0;  // within its room; in fan-out the last one publishes
  Phase phase = Phase::idle;
  std::vector<u8> partial;  // received, but not a whole frame yet
  std::vector<u8> unsent;   // waits for the socket to take it
  bool binary = false;      // of the flavour perseid.bin.v1
  // SO_RCVBUF before it connects, for what is not read to be felt soon at the other end; 0: the
  // system's. Shrunk later, it would drop what was sent into the window that was granted.
  u32 receive_buffer_bytes = 0;
  bool reads = true;     // false: what comes stays in the socket, see set_reading()
  u32 read_bytes = ~0u;  // that it may still read before it stops by itself
  std::unique_ptr<TlsLink> tls;
};

class FleetHandler {
 public:
  virtual ~FleetHandler() = default;
  // `seq` is the room's last message of the type in use before this client joined.
  virtual void on_ready(const Client& client, u32 seq) = 0;
  // A delivery, without its frame header.
  virtual void on_message(Client& client, std::string_view message, u64 now_ns) = 0;
  // A system message of the relay, as JSON, before the fleet looks at it itself.
  virtual void on_system(Client&, std::string_view) {}
  // Fields of the client's hello, each with a comma before it; none: it does not say any.
  virtual std::string hello_fields(const Client&) { return {}; }
  // Further fields of the client's join, each with a comma before it.
  virtual std::string join_fields(const Client&) { return {}; }
};

struct FleetCounters {
  u32 ready = 0;
  u32 lost = 0;      // connections that ended by themselves
  u64 receives = 0;  // reads that brought bytes
  u64 bytes_in = 0;
  u64 pings = 0;   // heartbeats of the server
  u64 gaps = 0;    // `gap` notices
  u64 errors = 0;  // `error` answers
  std::string first_trouble;
};

class Fleet {
 public:
  Fleet(const Config& config, FleetHandler& handler);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Until the first `count` clients are ready. Throws std::runtime_error, in plain words, if the
  // server is not there or refuses.
  void connect_up_to(u32 count);
  // Waits for and handles events, until `deadline_ns` at the latest (CLOCK_MONOTONIC). Throws like
  // connect_up_to() if the relay limits the rate of a client.
  void poll(u64 deadline_ns);
  void send(Client& client, Bytes bytes);
  void send_system(Client& client, std::string_view json);  // in the client's flavour
  void stall(Client& client);                               // never reads again
  void set_reading(Client& client, bool reads);
  // It reads so many bytes more, then stops; ~0: reads on.
  void limit_reading(Client& client, u32 bytes);
  // Drops the connection without a word.
  void drop(Client& client);
  // Drops it and connects anew. Its hello and join are as the handler says then; who is resumed
  // is in its room already.
  void reconnect(Client& client);
  void close_all();

  Client& client(u32 index) { return clients_[index]; }
  const std::vector<Client>& clients() const { return clients_; }
  const FleetCounters& counters() const { return counters_; }
  std::string room_name(u32 room) const;

 private:
  void dial(Client& client);
  void send_bare(Client& client, Bytes bytes);
  // Plaintext of what was received, behind the bytes that are held; -1: broken.
  i64 open_received(Client& client, Bytes received, u8* out);
  void connected(Client& client);
  void writable(Client& client);
  void readable(Client& client);
  void watch(const Client& client, u32 events, int operation);
  void rewatch(const Client& client);  // what it now waits for
  void lose(Client& client, std::string_view why);

  // Each consumes what it can of `in` and returns how much that was.
  std::size_t consume(Client& client, Bytes in, u64 now_ns);
  std::size_t consume_answer(Client& client, Bytes in);
  std::size_t consume_frames(Client& client, Bytes in, u64 now_ns);
  std::size_t consume_raw(Client& client, Bytes in, u64 now_ns);
  void on_frame(Client& client, const FrameHeader& header, std::string_view payload, u64 now_ns);
  void on_system(Client& client, std::string_view message);
  void upgraded(Client& client);
  void join(Client& client);
  void become_ready(Client& client, u32 seq);
  void trouble(std::string_view what);

  const Config& config_;
  FleetHandler& handler_;
  int epoll_;
  std::vector<Client> clients_;
  std::vector<u8> buffer_;
  std::unique_ptr<TlsClients> tls_;  // with --tls
  std::vector<u8> received_;         // likewise
  std::vector<u8> sealed_;           // likewise
  FleetCounters counters_;
  std::string run_name_;
  u32 dialled_ = 0;
};

}  // namespace perseid::load
