// What the relay says when it starts.
#include "tools/relay/startup_summary.h"

#include <gtest/gtest.h>

namespace perseid {
namespace {

StartReport report_of(const char* host) {
  StartReport report;
  report.kernel = "6.1.0";
  report.host = host;
  report.port = 9000;
  report.shards = 2;
  report.cpus = {0, 1};
  report.connections_max = 1000000;
  report.features = {{"multishot accept", true, "one submission per connection"},
                     {"ring messages", false, "a system call per wake-up"}};
  return report;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST(StartupSummary, AddressesAreWrittenAsTheyAreUsed) {
  EXPECT_EQ(listen_address(report_of("127.0.0.1")), "127.0.0.1:9000");
  EXPECT_EQ(listen_address(report_of("::1")), "[::1]:9000");
  EXPECT_EQ(page_url(report_of("0.0.0.0")), "http://127.0.0.1:9000/");
  EXPECT_EQ(page_url(report_of("::")), "http://[::1]:9000/");
  EXPECT_EQ(page_url(report_of("10.1.2.3")), "http://10.1.2.3:9000/");
}

TEST(StartupSummary, NamesWhatTheKernelLacksAndWhatThatCosts) {
  const std::string text = summary_text(Options{}, report_of("127.0.0.1"));
  EXPECT_TRUE(has(text, "lacks ring messages: a system call per wake-up")) << text;
  EXPECT_FALSE(has(text, "multishot accept")) << text;
  EXPECT_TRUE(has(text, "ws://127.0.0.1:9000/ws")) << text;
}

TEST(StartupSummary, SaysHowToAllowMoreConnections) {
  StartReport report = report_of("127.0.0.1");
  EXPECT_FALSE(has(summary_text(Options{}, report), "ulimit"));
  report.connections_max = 900;
  report.file_limit = 1024;
  const std::string text = summary_text(Options{}, report);
  EXPECT_TRUE(has(text, "900 at most")) << text;
  EXPECT_TRUE(has(text, "ulimit -n")) << text;
  EXPECT_TRUE(has(text, "LimitNOFILE")) << text;
}

TEST(StartupSummary, FitsTheTerminal) {
  const std::string text = summary_text(Options{}, report_of("127.0.0.1"));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 100u) << text.substr(at, end - at);
    at = end + 1;
  }
}

}  // namespace
}  // namespace perseid
