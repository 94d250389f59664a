#include "engine/slab.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "engine/ids.h"
#include "tests/engine/random.h"

namespace perseid::test {
namespace {

TEST(Slab, a_stale_handle_finds_nothing_even_if_its_slot_is_taken_again) {
  Slab<int> slab;
  const Slot slot = slab.acquire(1);
  const Handle old = slab.handle(slot);
  ASSERT_EQ(*slab.find(old), 1);
  slab.release(slot);
  EXPECT_EQ(slab.find(old), nullptr);
  ASSERT_EQ(slab.acquire(2), slot);
  EXPECT_EQ(slab.find(old), nullptr);
  EXPECT_EQ(*slab.find(slab.handle(slot)), 2);
}

TEST(Slab, no_handle_and_a_handle_beyond_the_end_find_nothing) {
  Slab<int> slab;
  EXPECT_EQ(slab.find({}), nullptr);
  EXPECT_EQ(slab.find({5, 1}), nullptr);
  EXPECT_FALSE(slab.live(5));
  EXPECT_FALSE(slab.live(kNoSlot));
}

TEST(Slab, destroys_its_tenants_at_release_and_at_its_own_end) {
  const auto shared = std::make_shared<int>(0);
  {
    Slab<std::shared_ptr<int>> slab;
    const Slot first = slab.acquire(shared);
    slab.acquire(shared);
    EXPECT_EQ(shared.use_count(), 3);
    slab.release(first);
    EXPECT_EQ(shared.use_count(), 2);
  }
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(Slab, generations_wrap_without_touching_the_live_mark) {
  Slab<int> slab(0x7fffffffu);
  const Slot slot = slab.acquire(1);
  const Handle old = slab.handle(slot);
  EXPECT_EQ(old.generation, 0x7fffffffu);
  slab.release(slot);
  EXPECT_FALSE(slab.live(slot));
  slab.acquire(2);
  EXPECT_EQ(slab.handle(slot).generation, 0u);
  EXPECT_TRUE(slab.live(slot));
  EXPECT_EQ(slab.find(old), nullptr);
}

TEST(Slab, agrees_with_a_map_and_never_moves_a_tenant) {
  for (u32 seed = 1; seed <= 20; ++seed) {
    Random dice(seed);
    Slab<u64> slab(dice.below(1000));
    std::map<Slot, std::pair<u64, u64*>> model;
    std::vector<Handle> stale;
    for (int round = 0; round < 3000; ++round) {
      if (model.empty() || dice.percent(55)) {
        const u64 value = dice.wide(~u64{0});
        const Slot slot = slab.acquire(value);
        ASSERT_FALSE(model.contains(slot));
        model[slot] = {value, &slab[slot]};
      } else {
        auto at = model.lower_bound(dice.below(slab.slots_used()));
        if (at == model.end()) at = model.begin();
        stale.push_back(slab.handle(at->first));
        slab.release(at->first);
        model.erase(at);
      }
      ASSERT_EQ(slab.size(), model.size());
    }
    for (const auto& [slot, tenant] : model) {
      ASSERT_EQ(slab[slot], tenant.first);
      ASSERT_EQ(&slab[slot], tenant.second);
    }
    for (const Handle handle : stale) ASSERT_EQ(slab.find(handle), nullptr);
  }
}

TEST(SessionUid, keeps_shard_and_handle) {
  const SessionUid uid = SessionUid::make(255, {0xfffffe, 0x7fffffff});
  EXPECT_EQ(uid.shard(), 255);
  EXPECT_EQ(uid.handle(), (Handle{0xfffffe, 0x7fffffff}));
  EXPECT_FALSE(SessionUid{});
}

}  // namespace
}  // namespace perseid::test
