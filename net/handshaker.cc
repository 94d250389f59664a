#include "net/handshaker.h"

#include <pthread.h>
#include <unistd.h>

#include "net/machine.h"

namespace perseid {

void HandshakeJob::run() {
  if (session == nullptr) session = context->begin();
  if (session == nullptr) return;
  session->lend(bytes);
  session->shake();
}

Handshaker::Handshaker(Doorbell& shard) : shard_(shard), thread_([this] { run(); }) {}

Handshaker::~Handshaker() {
  bell_.command(ShardCommand::stop);
  thread_.join();
}

void Handshaker::run() {
  (void)::pthread_setname_np(::pthread_self(), "handshakes");
  give_way();
  while (bell_.commanded() != ShardCommand::stop) {
    u64 rings = 0;
    (void)!::read(bell_.fd(), &rings, sizeof rings);
    work();
  }
}

void Handshaker::work() {
  // An end for each step, lest ends wait for ever where there is always a step.
  bool goes_on = true;
  while (goes_on && bell_.commanded() != ShardCommand::stop) {
    const bool stepped = step();
    goes_on = end_one() || stepped;
  }
}

bool Handshaker::step() {
  HandshakeJobPtr job = take_back();
  if (job == nullptr) return false;
  job->run();
  done_.enqueue(std::move(job));
  shard_.ring();
  return true;
}

bool Handshaker::end_one() {
  std::unique_ptr<TlsSession> session;
  if (!ends_.try_dequeue(session)) return false;
  ends_waiting_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void Handshaker::end(std::unique_ptr<TlsSession> session) {
  if (ends_waiting_.load(std::memory_order_relaxed) >= kEndsMax) return;
  ends_waiting_.fetch_add(1, std::memory_order_relaxed);
  ends_.enqueue(std::move(session));
}

}  // namespace perseid
