// The sending half of Tls: from what a send is for to records, as few as can be.
#include <algorithm>

#include "net/sender.h"
#include "net/tls.h"

namespace perseid {

bool Tls::seal(Slot slot, SendOp& op) {
  TlsPeer& one = peer(slot);
  TlsSession& session = *one.session;
  op.sealed.clear();
  if (!op.batch.empty()) return seal_batch(session, op, one.send_bytes_max);
  const Bytes left = Bytes(op.own).subspan(op.plain_bytes);
  const Bytes part = left.first(std::min<std::size_t>(left.size(), core_.options.flush_bytes_max));
  op.plain_bytes += static_cast<u32>(part.size());
  return session.seal(part, op.sealed);
}

// Slices are small and many; a record costs 22 bytes and a pass of the cipher.
bool Tls::seal_batch(TlsSession& session, SendOp& op, u32 bytes_max) {
  const SendBatch& batch = op.batch;
  const u32 begin = op.plain_bytes;
  const u32 end = begin + std::min(batch.total_bytes - begin, bytes_max);
  bool good = session.seal({}, op.sealed);
  u32 at = 0;  // of the slice in the batch
  for (u32 i = 0; i < batch.count && at < end && good; ++i) {
    const SendSlice& slice = batch.slices[i];
    const u32 slice_end = at + slice.size_bytes;
    const u32 from = std::max(at, begin);
    const u32 to = std::min(slice_end, end);
    if (from < to) good = add_to_record(session, {slice.data + (from - at), to - from}, op.sealed);
    at = slice_end;
  }
  good = good && end_record(session, op.sealed);
  record_bytes_ = 0;
  op.plain_bytes = end;
  return good;
}

bool Tls::add_to_record(TlsSession& session, Bytes plain, std::vector<u8>& out) {
  while (!plain.empty()) {
    if (record_bytes_ == 0 && plain.size() >= record_.size()) {
      if (!session.seal(plain.first(record_.size()), out)) return false;
      plain = plain.subspan(record_.size());
      continue;
    }
    const std::size_t part = std::min(plain.size(), record_.size() - record_bytes_);
    std::copy_n(plain.begin(), part, record_.begin() + static_cast<std::ptrdiff_t>(record_bytes_));
    record_bytes_ += part;
    plain = plain.subspan(part);
    if (record_bytes_ == record_.size() && !end_record(session, out)) return false;
  }
  return true;
}

bool Tls::end_record(TlsSession& session, std::vector<u8>& out) {
  const std::size_t size = std::exchange(record_bytes_, 0);
  return size == 0 || session.seal({record_.data(), size}, out);
}

void Tls::note_sent(Slot slot, bool whole) {
  u32& most = peer(slot).send_bytes_max;
  most = whole ? std::min(most * 2, std::max(core_.options.flush_bytes_max, kSendBytesFirst))
               : std::max(most / 2, kSendBytesMin);
}

void Tls::owe(Slot slot, Bytes plain) {
  TlsSession& session = *peer(slot).session;
  std::vector<u8> sealed;
  (void)session.seal(plain, sealed);
  session.owed() = std::move(sealed);
}

bool Tls::send_owed(Slot slot, Connection& connection) {
  if (connection.phase == Phase::closed || connection.phase == Phase::moving) return false;
  if (peer(slot).session == nullptr) return false;  // it is being shaken
  std::vector<u8>& owed = peer(slot).session->owed();
  if (owed.empty()) return false;
  core_.sender->send_sealed(slot, connection, owed);
  owed.clear();
  return true;
}

bool Tls::say_goodbye(Slot slot, Connection& connection) {
  if (peer(slot).session != nullptr) peer(slot).session->say_goodbye();
  return send_owed(slot, connection);
}

}  // namespace perseid
