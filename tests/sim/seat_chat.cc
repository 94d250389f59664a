// Seat: histories: what they list are messages, in order; what they leave out are changes to such.
#include <algorithm>

#include "tests/sim/seat.h"

namespace perseid::sim {

// Either the lane itself, or messages as they are now, without those that changed them.
void Seat::on_history_message(const Incoming& message, bool roomy) {
  At& at = at_[index(Lane::chat)];
  const bool is_first = history_.listed == 0;
  if (message.seq == 0 || (!is_first && message.seq < at.next)) {
    fail("history of " + std::to_string(message.seq) + " behind " + std::to_string(at.next - 1));
  }
  if (is_first && roomy && !book_.changes && message.seq != at.next) {
    fail("history is shorter than held");
  }
  if (!is_first && !history_.holed) book_.expect_changes(room, epoch, at.next, message.seq);
  if (++history_.listed > history_.most && !history_.holed) fail("more history than asked for");
  at = {message.seq + 1};
  book_.see_view(room, epoch,
                 {message.seq, message.sender, std::string(message.payload), message.marks}, uid_);
}

// From now on the lane is live.
void Seat::end_history() {
  if (history_.end == 0) return;
  At& at = at_[index(Lane::chat)];
  if (history_.listed > 0 && !history_.holed) {
    book_.expect_changes(room, epoch, at.next, history_.end + 1);
  }
  at = {history_.live_next};
  history_ = {};
}

// What waits of a history that was told message by message comes yet; one that is the lane itself
// goes on behind `last`. What was under way is lost.
void Seat::resume_history(Seq last) {
  At& at = at_[index(Lane::chat)];
  history_.holed = true;
  history_.live_next = std::max(last, history_.end) + 1;
  if (last >= history_.end) return;
  history_.listed = 1;
  at = {last + 1};
}

void Seat::on_history(simdjson::dom::element message, Seq before, u32 limit) {
  simdjson::dom::array messages;
  if (message["messages"].get(messages) != simdjson::SUCCESS) return fail("history is no list");
  Seq last = 0;
  u32 count = 0;
  for (const simdjson::dom::element one : messages) {
    const Seq seq = static_cast<Seq>(number_of(one, "seq"));
    if (seq == 0 || seq <= last || seq >= before) {
      fail("history is out of order: " + std::to_string(seq) + " after " + std::to_string(last) +
           ", asked for before " + std::to_string(before));
    }
    if (last != 0) book_.expect_changes(room, epoch, last + 1, seq);
    last = seq;
    ++count;
    simdjson::dom::element payload;
    if (one["payload"].get(payload) != simdjson::SUCCESS) fail("history without payloads");
    book_.see_view(room, epoch,
                   {seq, text_of(one, "sender"), simdjson::minify(payload), marks_of(one)}, uid_);
  }
  if (count > limit) fail("more history than asked for");
  if (!book_.settled) return;
  const Seq end = std::min(before, book_.last_seq(room, epoch, Lane::chat) + 1);
  if (count > 0) book_.expect_changes(room, epoch, last + 1, end);
  history_first = count == 0 ? 0 : static_cast<Seq>(number_of(messages.at(0), "seq"));
}

}  // namespace perseid::sim
