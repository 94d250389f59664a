#include "bench/ruler/uring_loop.h"

namespace perseid::ruler {
namespace {

constexpr u32 kBuffers = 256;
constexpr u32 kBufferBytes = 16 * KiB;

class FanoutUring {
 public:
  FanoutUring(UringLoop& loop, const Config& config, Counters& counters)
      : loop_(loop),
        counters_(counters),
        log_(config.message_bytes),
        members_(config.connections_max) {}

  void opened(u32 slot) {
    members_[slot] = {.cursor = log_.end(), .open = true};
    if (slot >= high_water_) high_water_ = slot + 1;
  }

  void received(u32 slot, Bytes bytes, u32 buffer) {
    Member& member = members_[slot];
    if (!member.publisher && bytes[0] == 'P') {
      member.publisher = true;
      bytes = bytes.subspan(1);
    }
    if (member.publisher) log_.append(bytes);
    loop_.give_back(buffer);
  }

  void sent(u32 slot, int result) {
    Member& member = members_[slot];
    member.sending = false;
    if (result > 0) {
      member.cursor += static_cast<u64>(result);
      counters_.bytes_out += static_cast<u64>(result);
    }
    if (member.gone) {
      loop_.close(slot);
    } else if (result > 0) {
      send(slot, member);
    }
  }

  void closed(u32 slot) {
    Member& member = members_[slot];
    member.open = false;
    member.gone = true;
    if (!member.sending) loop_.close(slot);
  }

  void turn_ended() {
    if (sent_end_ == log_.end()) return;
    sent_end_ = log_.end();
    for (u32 slot = 0; slot < high_water_; ++slot) send(slot, members_[slot]);
  }

 private:
  struct Member {
    u64 cursor = 0;
    bool open = false;
    bool publisher = false;
    bool sending = false;
    bool gone = false;  // the peer closed; the slot is closed when the last send is done
  };

  void send(u32 slot, Member& member) {
    if (!member.open || member.publisher) return;
    if (log_.lost(member.cursor)) {
      ++counters_.cut_off;
      member.open = false;
      loop_.shutdown(slot);
    } else if (!member.sending && member.cursor != log_.end()) {
      member.sending = true;
      loop_.send(slot, log_.from(member.cursor));
    }
  }

  UringLoop& loop_;
  Counters& counters_;
  SharedLog log_;
  u64 sent_end_ = 0;
  u32 high_water_ = 0;
  std::vector<Member> members_;  // by slot
};

}  // namespace

void fanout_io_uring(int listener, const Config& config, Counters& counters) {
  UringLoop loop(listener, config.connections_max, kBuffers, kBufferBytes, counters);
  FanoutUring engine(loop, config, counters);
  loop.run(engine);
}

}  // namespace perseid::ruler
