// Sessions: those whose connection has gone, and connections that go from one session to another
// (docs/decisions/0019-sessions-that-stay.md).
#include <sodium.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "codec/binary.h"
#include "engine/sessions.h"

namespace perseid {
namespace {

// What each room or cell but the first costs; the publishes that cost nothing more than a session.
constexpr u64 kMemberBytes = 72;
constexpr u32 kParkedPublishes = 5;

std::string_view text_of(Bytes frame) {
  const u32 length = frame[1] & 0x7fu;
  return as_text(frame.subspan(length < 126 ? 2 : length == 126 ? 4 : 10));
}

// What is said of a moment, or of a connection, does not outlive it: the session is told it anew
// when it goes on. But a gap does that follows a `joined` which waits still: who hears that it is
// in is told what it missed since.
class Outliving {
 public:
  bool operator()(Bytes frame) {
    if ((frame[0] & 0x08) != 0) return false;  // a control frame
    if ((frame[0] & 0x40) != 0) return true;   // compressed: of a lane
    std::string_view text = text_of(frame);
    if (!text.starts_with('{') && !text.empty()) {
      const auto kind = static_cast<BinaryKind>(text[0] & 0x0f);
      if (kind == BinaryKind::game_state || kind == BinaryKind::coded_state) return false;
      text.remove_prefix(1);
    }
    if (text.starts_with(R"({"type":"game_state")")) return false;
    constexpr std::string_view kSystem = R"({"type":"system","op":")";
    return !text.starts_with(kSystem) || system_outlives(text.substr(kSystem.size()));
  }

 private:
  bool system_outlives(std::string_view op) {
    if (op.starts_with("joined\"")) joined_.emplace_back(room_of(op));
    if (op.starts_with("gap\"")) return std::ranges::find(joined_, room_of(op)) != joined_.end();
    for (const char* stale :
         {"welcome\"", "roster\"", "degraded\"", "restored\"", "token_expiring\""}) {
      if (op.starts_with(stale)) return false;
    }
    return true;
  }
  // As it is escaped. No id holds what names it: its quotes would be escaped.
  static std::string_view room_of(std::string_view text) {
    constexpr std::string_view kRoom = R"("room":")";
    const std::size_t begin = std::min(text.find(kRoom), text.size() - kRoom.size()) + kRoom.size();
    std::size_t end = begin;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    return text.substr(begin, end - begin);
  }
  std::vector<std::string> joined_;  // rooms
};

}  // namespace

// Under a key that all shards share, so that a forged secret is known for one wherever it comes.
std::array<u8, 16> Sessions::secret(SessionUid uid) const {
  std::array<u8, 16> out;
  static_assert(crypto_shorthash_siphashx24_BYTES == sizeof out);
  crypto_shorthash_siphashx24(out.data(), reinterpret_cast<const u8*>(&uid.value), sizeof uid.value,
                              context_.config.secret_key.data());
  return out;
}

bool Sessions::is_secret(SessionUid uid, const std::array<u8, 16>& secret) const {
  const std::array<u8, 16> ours = this->secret(uid);
  return sodium_memcmp(ours.data(), secret.data(), ours.size()) == 0;
}

// Who was never told its secret cannot come back.
bool Sessions::may_park(Slot slot) const {
  const Session& session = sessions_[slot];
  return parking_.is_open() && session.welcomed && !session.ended && !session.overflowed;
}

u64 Sessions::seat_bytes(u32 rooms_and_cells) {
  return kMemberBytes * (std::max(rooms_and_cells, 1u) - 1);
}

bool Sessions::park(Slot slot, u32 rooms_and_cells) {
  Session& session = sessions_[slot];
  PSD_ASSERT(!session.parked && !session.batch_out && !parking_.full());
  session.outbox.mend(context_.pool);
  session.outbox.filter(context_.pool, Outliving{});
  u64 bytes = seat_bytes(rooms_and_cells);
  if (!parking_.fits(bytes)) return false;
  if (!parking_.fits(bytes + session.outbox.held_bytes())) {
    ++context_.stats.parked_refused;
    session.outbox.clear(context_.pool);
  }
  bytes += session.outbox.held_bytes();
  if (session.memory != nullptr) {
    // Those that were sent lately may have to be sent again.
    constexpr u64 kEntryBytes = sizeof(PublishMemory::Entry);
    const u32 more = session.memory->size() - std::min(session.memory->size(), kParkedPublishes);
    const bool all = parking_.fits(bytes + more * kEntryBytes);
    session.memory->keep_newest(all ? PublishMemory::kEntriesMax : kParkedPublishes);
    if (all) bytes += more * kEntryBytes;
  }
  session.connection = {kNoSlot, parking_.add(slot, bytes)};
  session.parked = true;
  session.closing = session.quiet = session.ping_due = session.unread = false;
  if (slot < address_of_.size() && address_of_[slot] != kNoSlot) {
    addresses_.leave(std::exchange(address_of_[slot], kNoSlot));
  }
  ++context_.stats.sessions_dropped;
  context_.emit(EventKind::health_updated, uid(slot), {}, Error::ok, "dropped");
  return true;
}

void Sessions::unpark(Slot slot) {
  Session& session = sessions_[slot];
  PSD_ASSERT(session.parked);
  parking_.remove(session.connection.generation);
  session.connection = {};
  session.parked = false;
}

u8* Sessions::reserve_parked(Session& session, u32 size_bytes) {
  const Slot slot = parking_.session_at(session.connection.generation);
  if (!has_room(slot, size_bytes)) {
    ++context_.stats.parked_refused;
    return nullptr;
  }
  const u64 before = session.outbox.held_bytes();
  u8* out = session.outbox.append(context_.pool, size_bytes);
  parking_.grow(session.connection.generation, session.outbox.held_bytes() - before);
  return out;
}

u64 Sessions::address_key(Slot slot) const {
  const Slot address = slot < address_of_.size() ? address_of_[slot] : kNoSlot;
  return address == kNoSlot ? 0 : addresses_.key(address);
}

void Sessions::take_replies(Slot slot, std::vector<u8>& out) {
  Outbox& outbox = sessions_[slot].outbox;
  while (!outbox.empty()) {
    SendBatch batch;
    outbox.gather(batch, ~0u);
    for (u32 i = 0; i < batch.count; ++i) {
      const SendSlice& slice = batch.slices[i];
      out.insert(out.end(), slice.data, slice.data + slice.size_bytes);
      context_.pool.drop(slice.hold);
    }
  }
}

void Sessions::swap_connections(Slot a, Slot b) {
  Session& one = sessions_[a];
  Session& other = sessions_[b];
  std::swap(one.connection, other.connection);
  const bool batch_out = one.batch_out;  // bits know no swap
  const bool unread = one.unread;
  one.batch_out = other.batch_out;
  one.unread = other.unread;
  other.batch_out = batch_out;
  other.unread = unread;
  if (address_of_.empty()) return;
  (void)entry(address_of_, std::max(a, b), kNoSlot);  // it may have to grow
  std::swap(address_of_[a], address_of_[b]);
}

Slot Sessions::stand_in(Slot slot) {
  const Slot other = take_slot({}, sessions_[slot].format);
  sessions_[other].stands_in = true;
  swap_connections(slot, other);
  context_.world.reseat(sessions_[other].connection, other);
  // The peer's stream goes on behind the frame that it has been sent in part.
  Outbox& outbox = sessions_[slot].outbox;
  if (const u32 rest = outbox.rest_of_frame(); rest > 0) {
    sessions_[other].outbox.prepend(context_.pool, outbox.front(rest));
  }
  outbox.mend(context_.pool);
  outbox.filter(context_.pool, Outliving{});
  return other;
}

}  // namespace perseid
