// Counting connections of addresses and networks: never too few, seldom too many, in any order of
// threads.
#include "net/address_gate.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace perseid::test {
namespace {

constexpr std::array<u8, 16> kKey{1, 2, 3};

PeerAddress at(u32 v4) {
  const u8 bytes[] = {static_cast<u8>(v4 >> 24), static_cast<u8>(v4 >> 16),
                      static_cast<u8>(v4 >> 8), static_cast<u8>(v4)};
  return PeerAddress(IpAddress::v4(bytes));
}

PeerAddress v6(const char* text) {
  return PeerAddress(IpAddress::parse(text).value());
}

TEST(AddressGate, so_many_are_told_and_more_are_dropped) {
  Options options;
  options.address_connections_max = 3;
  AddressGate gate(options, kKey);
  const PeerAddress who = at(0x0a000001);
  for (int round = 0; round < 3; ++round) {
    for (u32 i = 0; i < 3 + AddressGate::kToldMax; ++i) {
      const Passage entry = gate.enter(who, 0);
      EXPECT_TRUE(entry.counted);
      EXPECT_EQ(entry.over, i < 3 ? AddressLimit::none : AddressLimit::address) << i;
    }
    for (int i = 0; i < 100; ++i) {
      const Passage entry = gate.enter(who, 0);
      EXPECT_FALSE(entry.counted);
      EXPECT_EQ(entry.over, AddressLimit::address);
    }
    EXPECT_EQ(gate.enter(at(0x0a000002), 0).over, AddressLimit::none) << "others come in";
    gate.leave(at(0x0a000002));
    for (u32 i = 0; i < 3 + AddressGate::kToldMax; ++i) gate.leave(who);
  }
  EXPECT_EQ(gate.enter({}, 0).over, AddressLimit::none) << "who is not known is not counted";
}

TEST(AddressGate, a_network_has_its_own_limit) {
  Options options;
  options.subnet_connections_max = 10;
  AddressGate gate(options, kKey);
  for (u32 i = 0; i < 10; ++i)
    EXPECT_EQ(gate.enter(at(0x0a000000 + i), 0).over, AddressLimit::none);
  EXPECT_EQ(gate.enter(at(0x0a0000ff), 0).over, AddressLimit::subnet);
  EXPECT_EQ(gate.enter(at(0x0a000100), 0).over, AddressLimit::none) << "the next /24";
  gate.leave(at(0x0a0000ff));
  gate.leave(at(0x0a000001));
  EXPECT_EQ(gate.enter(at(0x0a0000fe), 0).over, AddressLimit::none);
  for (int i = 0; i < 10; ++i) (void)gate.enter(v6("2001:db8:7:1::1"), 0);
  EXPECT_EQ(gate.enter(v6("2001:db8:7:2::1"), 0).over, AddressLimit::subnet);
  EXPECT_EQ(gate.enter(v6("2001:db8:8:2::1"), 0).over, AddressLimit::none) << "the next /48";
}

TEST(AddressGate, who_is_over_its_own_limit_takes_no_place_of_its_network) {
  Options options;
  options.address_connections_max = 1;
  options.subnet_connections_max = 1 + AddressGate::kToldMax + 1;
  AddressGate gate(options, kKey);
  for (int i = 0; i < 1000; ++i) (void)gate.enter(at(0x0a000001), 0);
  EXPECT_EQ(gate.enter(at(0x0a000002), 0).over, AddressLimit::none);
}

TEST(AddressGate, new_connections_have_a_rate) {
  Options options;
  options.address_connections_per_second = 10;
  AddressGate gate(options, kKey);
  const auto let_in = [&gate](PeerAddress who, u64 now_ms, int tries) {
    int out = 0;
    for (int i = 0; i < tries; ++i) {
      const Passage entry = gate.enter(who, now_ms);
      EXPECT_EQ(entry.counted, entry.over == AddressLimit::none);
      if (entry.counted) ++out;
    }
    return out;
  };
  const PeerAddress who = at(0x0a000001);
  EXPECT_EQ(let_in(who, 1000, 1000), 20) << "a burst of two seconds";
  EXPECT_EQ(let_in(who, 2000, 1000), 10);
  EXPECT_EQ(let_in(who, 2099, 10), 0);
  EXPECT_EQ(let_in(who, 2100, 10), 1);
  EXPECT_EQ(let_in(at(0x0a000002), 2100, 1000), 20) << "others have their own";
  EXPECT_EQ(let_in(who, 100'000, 1000), 20);
}

TEST(AddressGate, a_thousand_addresses_at_their_limit_refuse_nobody_else) {
  Options options;
  options.address_connections_max = 2;
  options.address_connections_per_second = 1;
  AddressGate gate(options, kKey);
  for (u32 i = 0; i < 1000; ++i) {
    for (int each = 0; each < 4; ++each) (void)gate.enter(at(0x0a000000 + i), 1000);
  }
  u32 refused = 0;
  for (u32 i = 0; i < 1000; ++i) {
    if (gate.enter(at(0x0b000000 + i), 1000).over != AddressLimit::none) ++refused;
  }
  EXPECT_LE(refused, 1u) << "one of so many may meet others in both rows";
}

TEST(AddressGate, threads_lose_no_count) {
  Options options;
  options.address_connections_max = 1000;
  options.subnet_connections_max = 1000;
  AddressGate gate(options, kKey);
  const auto come_and_go = [&gate](u32 id) {
    for (u32 i = 0; i < 20'000; ++i) {
      const PeerAddress who = at(0x0a000000 + (id + i) % 7);
      if (gate.enter(who, 0).counted) gate.leave(who);
    }
  };
  std::vector<std::thread> threads;
  for (u32 id = 0; id < 3; ++id) threads.emplace_back(come_and_go, id);
  for (std::thread& thread : threads) thread.join();
  for (u32 i = 0; i < 1000; ++i) {
    ASSERT_EQ(gate.enter(at(0x0a000001), 0).over, AddressLimit::none) << i;
  }
  EXPECT_NE(gate.enter(at(0x0a000001), 0).over, AddressLimit::none);
}

}  // namespace
}  // namespace perseid::test
