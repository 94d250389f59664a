#include "net/mailroom.h"

namespace perseid {

Mailroom::Mailroom(ShardCore& core)
    : core_(core),
      taken_(kLettersPerTakeMax),
      is_posted_to_(core.shared.shard_count),
      msg_ring_(core.shared.probe.msg_ring && !core.shared.config.wake_by_eventfd) {}

bool Mailroom::post(ShardId to, Letter&& letter, Post urgency) {
  if (!core_.shared.mailboxes[to]->post(core_.id, std::move(letter), urgency)) {
    core_.stats.letters_refused.add();
    return false;
  }
  core_.stats.letters_out.add();
  if (is_posted_to_[to] == 0) {
    is_posted_to_[to] = 1;
    posted_to_.push_back(to);
  }
  return true;
}

void Mailroom::deliver() {
  letters_left_ = false;
  for (u32 i = 0; i < kTakesPerTurnMax; ++i) {
    const std::size_t taken = own().take(taken_);
    for (std::size_t j = 0; j < taken; ++j) {
      core_.relay->deliver(std::move(taken_[j]));
      taken_[j] = Letter{};  // what was left in it is let go now, not when the slot is used again
    }
    core_.stats.letters_in.add(taken);
    if (taken < kLettersPerTakeMax) return;
  }
  letters_left_ = true;
}

void Mailroom::wake_others() {
  for (const ShardId target : posted_to_) {
    is_posted_to_[target] = 0;
    if (core_.shared.mailboxes[target]->claim_wake()) wake(target);
  }
  posted_to_.clear();
}

void Mailroom::wake(ShardId target) {
  core_.stats.wakeups_sent.add();
  Doorbell& doorbell = *core_.shared.doorbells[target];
  if (!msg_ring_ || doorbell.ring_fd() < 0) {
    doorbell.ring();
    return;
  }
  io_uring_sqe* sqe = core_.ring.sqe();
  io_uring_prep_msg_ring(sqe, doorbell.ring_fd(), 0, Op{.kind = OpKind::wake}.pack(), 0);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  io_uring_sqe_set_data64(sqe, Op{.kind = OpKind::wake_sent, .slot = target}.pack());
}

// The probe knows the operation, but not every kernel lets it reach a ring with deferred task work.
void Mailroom::on_wake_failed(const Completion& done, Slot target) {
  if (done.result >= 0) return;
  msg_ring_ = false;
  core_.shared.doorbells[target]->ring();
}

}  // namespace perseid
