// Who owns an entity, in rooms with and without a schema: only what is there has an owner.
#include "engine/entity_owners.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/room_state.h"
#include "engine/typed_state.h"

namespace perseid::test {
namespace {

constexpr SessionUid kAna{1};
constexpr SessionUid kBen{2};

TEST(EntityOwners, WhoLeavesLosesItsOwnEntitiesInAnyOrderOfComingAndGoing) {
  EntityOwners owners(KeyedHash{});
  for (u32 i = 0; i < 100; ++i) {
    owners.settle(i % 2 == 0 ? kAna : kBen, "e" + std::to_string(i), true);
    if (i % 10 == 0) owners.settle(kAna, "e" + std::to_string(i / 2 * 2), false);
  }
  EXPECT_EQ(owners.size(), 90u);
  std::vector<std::string> left = owners.leave(kAna);
  EXPECT_EQ(left.size(), 40u);
  EXPECT_TRUE(std::none_of(left.begin(), left.end(),
                           [&](const std::string& key) { return !owners.may_write(kBen, key); }));
  EXPECT_TRUE(owners.leave(kAna).empty());
  EXPECT_FALSE(owners.may_write(kAna, "e1"));
  EXPECT_EQ(owners.leave(kBen).size(), 50u);
  EXPECT_EQ(owners.size(), 0u);
}

void check(StateModel& state) {
  EntityOwners owners(KeyedHash{});
  StateReaders readers;
  std::string_view field;
  const auto merge = [&](SessionUid sender, std::string json) {
    const std::size_t size = json.size();
    json.append(kParsePaddingBytes, ' ');
    return state.merge({std::string_view(json).substr(0, size), false, sender, &owners}, readers,
                       field);
  };
  EXPECT_EQ(merge(kAna, R"({"set":{"ghost":{"x":null}},"unset":["other"]})"), Error::ok);
  EXPECT_EQ(merge(kAna, R"({"set":{"brief":{"x":1}},"unset":["brief"]})"), Error::ok);
  EXPECT_EQ(owners.size(), 0u) << "names of what is not there are nobody's";
  EXPECT_EQ(merge(kAna, R"({"unset":["a"],"set":{"a":{"x":1}}})"), Error::ok);
  EXPECT_EQ(merge(kBen, R"({"set":{"b":{"x":1},"a":{"x":null}}})"), Error::not_owner);
  EXPECT_EQ(owners.size(), 1u);
  EXPECT_EQ(merge(kAna, R"({"unset":["a"],"set":{"a":{"x":2}}})"), Error::ok);
  EXPECT_EQ(merge(kBen, R"({"set":{"a":{"x":3}}})"), Error::not_owner) << "it never went";
  EXPECT_EQ(merge(kAna, R"({"unset":["a"]})"), Error::ok);
  EXPECT_EQ(merge(kBen, R"({"set":{"a":{"x":3}}})"), Error::ok);
  EXPECT_EQ(owners.leave(kBen), std::vector<std::string>{"a"});
}

TEST(EntityOwners, OnlyWhatIsThereHasAnOwner) {
  const Options options;
  RoomState any(options, KeyedHash{}, ~0u, true);
  check(any);
  std::string problem;
  TypedState typed(options, KeyedHash{},
                   Schema::parse(R"({"x":{"type":"int","min":0,"max":9}})", problem), ~0u, nullptr,
                   true);
  check(typed);
  typed.remove("a");
  typed.settle();
  EXPECT_EQ(typed.held_bytes(), 0u);
}

TEST(EntityOwners, TheirMemoryIsCounted) {
  const Options options;
  StateReaders readers;
  std::string_view field;
  std::string json = R"({"set":{"some entity":{}}})";
  const std::size_t size = json.size();
  json.append(kParsePaddingBytes, ' ');
  RoomState free(options, KeyedHash{});
  RoomState owned(options, KeyedHash{}, ~0u, true);
  for (RoomState* state : {&free, &owned}) {
    ASSERT_EQ(state->merge({std::string_view(json).substr(0, size)}, readers, field), Error::ok);
  }
  EXPECT_GE(owned.held_bytes(), free.held_bytes() + EntityOwners::kOwnerBytes);
}

}  // namespace
}  // namespace perseid::test
