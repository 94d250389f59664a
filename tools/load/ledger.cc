#include "tools/load/ledger.h"

namespace perseid::load {
namespace {

constexpr std::string_view kSeqKey = R"("seq":)";

}  // namespace

Ledger::Ledger(const Config& config, u32 rooms, u32 members, u32 senders, u32 room_name_bytes)
    : config_(config),
      order_(rooms, members, senders),
      type_and_room_bytes_(std::string_view(R"({"type":"","room":"",)").size() +
                           config.type.size() + room_name_bytes),
      tail_bytes_(config.protocol == Protocol::raw || config.scenario == Scenario::echo ? 0 : 1) {}

u32 Ledger::note_sent(u32 room, u32 sender, u32 receivers) {
  order_.sent(room, sender);
  ++sent_;
  owed_ += receivers;
  return order_.sent_by(room, sender);
}

bool Ledger::note_received(const Client& client, std::string_view message, u64 now_ns,
                           Stamp& stamp) {
  const bool good =
      read_stamp(message, config_.size_bytes, tail_bytes_, stamp) &&
      (!config_.verify || padding_is_whole(message, config_.size_bytes, tail_bytes_)) &&
      order_.received(client.room, client.member, stamp.sender, stamp.number);
  if (!good) {
    ++broken_;
    return false;
  }
  if (config_.protocol == Protocol::perseid && tail_bytes_ != 0) note_seq(client, message);
  ++received_;
  message_bytes_ += message.size();
  latency_.record(now_ns > stamp.sent_ns ? now_ns - stamp.sent_ns : 0);
  return true;
}

void Ledger::note_seq(const Client& client, std::string_view message) {
  std::size_t at = type_and_room_bytes_;  // where the relay writes it
  if (message.substr(at, kSeqKey.size()) != kSeqKey) at = message.find(kSeqKey);
  u32 seq = 0;
  if (at != std::string_view::npos) {
    for (at += kSeqKey.size(); message[at] >= '0' && message[at] <= '9'; ++at) {
      seq = seq * 10 + static_cast<u32>(message[at] - '0');
    }
  }
  order_.received_seq(client.room, client.member, seq);
}

}  // namespace perseid::load
