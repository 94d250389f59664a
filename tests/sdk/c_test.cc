// perseid.h from C: c_program.c is compiled as C and plays against the real relay.
#include "tests/sdk/clients.h"
#include "tests/sdk/relay_process.h"

extern "C" const char* run_c_program(const char* url, int json);

namespace perseid {
namespace {

TEST(CHeader, AProgramInCPlaysInBothFlavours) {
  for (const int json : {0, 1}) {
    const test::RelayProcess relay;
    const char* problem = run_c_program(relay.url().c_str(), json);
    EXPECT_EQ(problem, nullptr) << problem;
  }
}

}  // namespace
}  // namespace perseid
