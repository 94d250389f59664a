// Rooms that were created alike share a schema, and schemas of rooms that ended leave nothing.
#include "engine/schema_pool.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace perseid::test {
namespace {

std::shared_ptr<const Schema> schema_of(u32 max, std::string_view space = "") {
  std::string problem;
  return Schema::parse(R"({"x":{"type":"int",)" + std::string(space) + R"("min":0,"max":)" +
                           std::to_string(max) + "}}",
                       problem);
}

TEST(SchemaPool, EqualSchemasAreOne) {
  SchemaPool pool(KeyedHash{});
  const auto first = pool.share(schema_of(9));
  EXPECT_EQ(pool.share(schema_of(9, "  ")), first);
  EXPECT_NE(pool.share(schema_of(10)), first);
  EXPECT_EQ(pool.share(nullptr), nullptr);
}

TEST(SchemaPool, SchemasThatEndedAreForgotten) {
  SchemaPool pool(KeyedHash{});
  std::vector<std::shared_ptr<const Schema>> kept;
  for (u32 i = 0; i < 1000; ++i) {
    const auto schema = pool.share(schema_of(i + 1));
    if (i % 100 == 0) kept.push_back(schema);
  }
  EXPECT_LE(pool.size(), 2 * kept.size() + 32);
  for (u32 i = 0; i < kept.size(); ++i) EXPECT_EQ(pool.share(schema_of(100 * i + 1)), kept[i]);
}

}  // namespace
}  // namespace perseid::test
