#include "net/address_gate.h"

#include <algorithm>

namespace perseid {
namespace {

constexpr u64 kSecondUs = 1'000'000;
constexpr u64 kBurstUs = 2 * kSecondUs;

void charge(std::atomic<u64>& busy_until_us, u64 cost_us, u64 now_us) {
  u64 before = busy_until_us.load(std::memory_order_relaxed);
  // Several that share it cannot keep it busy for longer than one of them could.
  const auto after = [&] {
    return std::min(std::max(before, now_us) + cost_us, now_us + kBurstUs + cost_us);
  };
  while (!busy_until_us.compare_exchange_weak(before, after(), std::memory_order_relaxed)) {
  }
}

}  // namespace

// Two shards may both take the last place: more by one is no harm.
bool AddressRates::take(u64 key, u32 per_second, u64 now_us) {
  std::atomic<u64>& one = cell(0, key);
  std::atomic<u64>& two = cell(1, key);
  const u64 cost_us = std::max<u64>(kSecondUs / per_second, 1);
  const u64 busy_until_us =
      std::min(one.load(std::memory_order_relaxed), two.load(std::memory_order_relaxed));
  if (busy_until_us > now_us && busy_until_us + cost_us > now_us + kBurstUs) return false;
  charge(one, cost_us, now_us);
  charge(two, cost_us, now_us);
  return true;
}

bool AddressGate::is_wanted(const Options& options) {
  return options.address_connections_max > 0 || options.subnet_connections_max > 0 ||
         options.address_connections_per_second > 0;
}

AddressGate::AddressGate(const Options& options, const std::array<u8, 16>& hash_key)
    : options_(options), hash_{hash_key} {
  if (options.address_connections_max > 0) addresses_ = std::make_unique<AddressCounts>();
  if (options.subnet_connections_max > 0) subnets_ = std::make_unique<AddressCounts>();
  if (options.address_connections_per_second > 0) rates_ = std::make_unique<AddressRates>();
}

u64 AddressGate::hash(PeerAddress who) const {
  const u64 bits = who.bits();
  return hash_(as_text({reinterpret_cast<const u8*>(&bits), sizeof bits}));
}

PeerAddress AddressGate::subnet(PeerAddress who) const {
  return who.network(options_.subnet_v4_bits, options_.subnet_v6_bits);
}

Passage AddressGate::enter(PeerAddress who, u64 now_ms) {
  if (!who.known()) return {};
  const u64 address = hash(who);
  const u64 network = subnets_ == nullptr ? 0 : hash(subnet(who));
  if (rates_ != nullptr &&
      !rates_->take(address, options_.address_connections_per_second, now_ms * 1000)) {
    return {.over = AddressLimit::rate};
  }
  const u32 held = addresses_ == nullptr ? 0 : addresses_->add(address);
  const u32 held_near = subnets_ == nullptr ? 0 : subnets_->add(network);
  Passage out{.counted = true};
  const auto judge = [&out](u32 before, u32 most, AddressLimit limit) {
    if (most == 0 || before < most) return;
    out.over = limit;
    out.counted &= before - most < kToldMax;
  };
  judge(held_near, options_.subnet_connections_max, AddressLimit::subnet);
  judge(held, options_.address_connections_max, AddressLimit::address);
  if (!out.counted) count_out(address, network);
  return out;
}

void AddressGate::leave(PeerAddress who) {
  count_out(hash(who), subnets_ == nullptr ? 0 : hash(subnet(who)));
}

void AddressGate::count_out(u64 address, u64 subnet) {
  if (addresses_ != nullptr) addresses_->leave(address);
  if (subnets_ != nullptr) subnets_->leave(subnet);
}

}  // namespace perseid
