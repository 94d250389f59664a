// docs/reference.md is what the code's own lists say.
#include "tools/relay/reference.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tools/relay/option_table.h"

namespace perseid {
namespace {

TEST(Reference, ThePageInDocsIsTheOneMadeFromTheLists) {
  std::ifstream file(PERSEID_SOURCE_DIR "/docs/reference.md", std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), reference_page())
      << "write it anew: build/release/perseid --reference > docs/reference.md";
}

TEST(Reference, HoldsEveryOption) {
  const std::string page = reference_page();
  for (const OptionInfo& option : option_table()) {
    EXPECT_NE(page.find("`" + flag_name(option) + "`"), std::string::npos) << option.name;
  }
}

}  // namespace
}  // namespace perseid
