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

TEST(StartupSummary, SaysLoudlyWhoMayComeIn) {
  StartReport report = report_of("0.0.0.0");
  EXPECT_TRUE(has(summary_text(Options{}, report), "NONE: whoever reaches this address"));
  ASSERT_TRUE(exposure_warning(report).has_value());
  EXPECT_TRUE(has(exposure_warning(report)->text, "--token-keys"));
  report.loopback = true;
  EXPECT_FALSE(exposure_warning(report).has_value());
  report.loopback = false;
  report.token_keys = 2;
  EXPECT_FALSE(exposure_warning(report).has_value());
  Options options;
  options.anonymous_rooms = "lobby*";
  EXPECT_TRUE(has(summary_text(options, report), "by token, 2 keys; without one: lobby*"));
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

// Two shards have room for more connections than one limit of open files allows.
TEST(StartupSummary, TellsThatTheLimitOfOpenFilesHoldsForEachShard) {
  StartReport report = report_of("127.0.0.1");
  report.connections_max = 37952;
  report.file_limit = 20000;
  const std::string text = summary_text(Options{}, report);
  EXPECT_TRUE(has(text, "37952 at most")) << text;
  EXPECT_TRUE(has(text, "each shard")) << text;
}

TEST(StartupSummary, DoesNotOfferAPageThatIsShutOut) {
  Options options;
  options.allow_origin = "https://game.example";
  for (const char* host : {"127.0.0.1", "0.0.0.0"}) {
    const auto warning = page_warning(options, report_of(host));
    ASSERT_TRUE(warning.has_value());
    EXPECT_EQ(warning->event, "page_refused");
    EXPECT_TRUE(has(warning->text, "http://127.0.0.1:9000/ cannot connect")) << warning->text;
    EXPECT_FALSE(has(summary_text(options, report_of(host)), "try it"));
  }
}

TEST(StartupSummary, OffersThePageThatMayConnect) {
  Options options;
  for (const char* allowed : {"", "*", "https://game.example, http://127.0.0.1:9000"}) {
    options.allow_origin = allowed;
    EXPECT_FALSE(page_warning(options, report_of("127.0.0.1")).has_value()) << allowed;
    EXPECT_TRUE(has(summary_text(options, report_of("127.0.0.1")), "try it")) << allowed;
  }
}

TEST(StartupSummary, FitsTheTerminal) {
  StartReport report = report_of("127.0.0.1");
  report.connections_max = 10'000'000;
  report.file_limit = 1'000'000;
  Options options;
  options.max_connections = 16'000'000;
  const std::string text = summary_text(options, report);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 100u) << text.substr(at, end - at);
    at = end + 1;
  }
}

}  // namespace
}  // namespace perseid
