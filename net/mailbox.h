// Mailbox: the one door between shards. Letters for one shard, from all others.
// Thread: post() and claim_wake() from the sending shards, each with its own number; the rest from
// the receiving one. Owns: the letters in it.
// Invariants: letters of one sender arrive in the order posted; no wake-up is lost, and none is
// sent to a shard that is awake; bulk letters are refused beyond the bound, control letters never.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <span>
#include <vector>

#include "engine/letter.h"
#include "engine/world.h"

namespace perseid {

class Mailbox {
 public:
  Mailbox(u32 senders, u32 letters_max);

  // False if a bulk letter was refused; it is then untouched.
  bool post(ShardId from, Letter&& letter, Post urgency);
  // After posting: true if the receiver sleeps and this caller is the one who must wake it.
  bool claim_wake();

  // Takes at most out.size() letters.
  std::size_t take(std::span<Letter> out);
  // Announces sleep; false if letters wait, so that there is no sleeping now.
  bool begin_sleep();
  void end_sleep();

 private:
  moodycamel::ConcurrentQueue<Letter> queue_;
  std::vector<moodycamel::ProducerToken> senders_;
  moodycamel::ConsumerToken receiver_;
  const u32 letters_max_;
  alignas(64) std::atomic<i64> waiting_{
      0};  // below zero while a letter is taken before it is counted
  alignas(64) std::atomic<bool> sleeping_{false};
};

}  // namespace perseid
