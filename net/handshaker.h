// Handshaker: the thread beside a shard that shakes hands, so that no player waits behind one: it
// takes as long as some hundred messages. It gives way to a shard that wakes (see give_way()).
// Thread: the shard's; run() and what it calls are the thread's own. Owns: the thread, the jobs on
// their way. Invariants: a session is where its job is, in one thread at a time. The thread may
// stand still for as long as others want its processor, so a shard that does not help shares with
// it next to nothing that one waits for: not OpenSSL's locks (a session begins and ends here), nor
// the memory that the shard took (mimalloc's owner spins while another thread gives some back), but
// for the rest of a record. What a shard has shaken stays with it.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/slab.h"
#include "net/doorbell.h"
#include "net/tls_context.h"
#include "net/tls_session.h"

namespace perseid {

// One step of a handshake, with all that has come of it.
struct HandshakeJob {
  Handle handle;
  std::shared_ptr<const TlsContext> context;  // its callbacks are asked
  std::unique_ptr<TlsSession> session;        // null before the first step, or if memory lacks
  std::vector<u8> bytes;                      // lent to the session
  bool stays = false;                         // the shard has shaken it

  void run();
};

using HandshakeJobPtr = std::unique_ptr<HandshakeJob>;

class Handshaker {
 public:
  // `shard` is rung at for each step that is done.
  explicit Handshaker(Doorbell& shard);
  ~Handshaker();
  Handshaker(const Handshaker&) = delete;
  Handshaker& operator=(const Handshaker&) = delete;

  void give(HandshakeJobPtr job) { given_.enqueue(std::move(job)); }
  // If too many wait already the session ends at once.
  void end(std::unique_ptr<TlsSession> session);
  // After giving.
  void wake() { bell_.ring(); }
  // One that is done; null if there is none.
  HandshakeJobPtr collect() { return next_of(done_); }
  // One that the thread has not begun; null if there is none.
  HandshakeJobPtr take_back() { return next_of(given_); }

 private:
  using Queue = moodycamel::ConcurrentQueue<HandshakeJobPtr>;
  static constexpr u32 kEndsMax = 16 * 1024;

  static HandshakeJobPtr next_of(Queue& queue) {
    HandshakeJobPtr job;
    (void)queue.try_dequeue(job);
    return job;
  }
  void run();
  void work();
  bool step();
  bool end_one();

  Doorbell& shard_;
  Doorbell bell_;
  Queue given_;
  Queue done_;
  moodycamel::ConcurrentQueue<std::unique_ptr<TlsSession>> ends_;
  std::atomic<u32> ends_waiting_{0};
  std::thread thread_;
};

}  // namespace perseid
