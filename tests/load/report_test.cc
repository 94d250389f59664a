// What a person reads after a run: nothing that was not measured.
#include "tools/load/report.h"

#include <gtest/gtest.h>

#include "tools/load/progress.h"

namespace perseid::load {
namespace {

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

Result idle_result(u32 connections) {
  Result result;
  result.clients = connections;
  result.cost.time_ns = 1'000'000'000;
  result.cost.server_cpu_ns = 1000;
  result.rss_start_bytes = result.rss_end_bytes = 20 * MiB;
  result.memory = MemorySlope{.from_connections = connections / 5,
                              .to_connections = connections,
                              .rss_empty_bytes = 10 * MiB,
                              .rss_from_bytes = 12 * MiB,
                              .rss_to_bytes = 20 * MiB,
                              .rss_after_stay_bytes = 20 * MiB,
                              .rss_closed_bytes = 20 * MiB};
  return result;
}

TEST(LoadReport, IdleSaysNothingOfDeliveries) {
  Config config;
  config.scenario = Scenario::idle;
  const std::string text = to_text(config, idle_result(15000));
  EXPECT_FALSE(has(text, "deliveries")) << text;
  EXPECT_TRUE(has(text, "bytes per connection")) << text;
}

TEST(LoadReport, AnAttackIsJudgedByItsMediansAndByAllKinds) {
  AttackFigures figures;
  for (const u64 p99_ns : {900'000, 200'000, 150'000}) {
    figures.rounds.push_back({.calm_p99_ns = 100'000, .attack_p99_ns = p99_ns});
  }
  figures.acts = {5, 1, 0};
  figures.kinds = 2;
  figures.ratio_max = 2;
  EXPECT_EQ(figures.ratio(), 2.0);
  EXPECT_TRUE(figures.good());
  figures.kinds = 3;
  EXPECT_FALSE(figures.good()) << "one did not act";
  figures.kinds = 2;
  figures.ratio_max = 1.9;
  EXPECT_FALSE(figures.good());
  figures.ratio_max = 0;
  EXPECT_TRUE(figures.good()) << "not judged";
}

TEST(LoadReport, TooFewClientsMakeNoSlope) {
  Config config;
  config.scenario = Scenario::idle;
  const std::string text = to_text(config, idle_result(64));
  EXPECT_FALSE(has(text, "bytes per connection")) << text;
  EXPECT_TRUE(has(text, "64 clients are too few for a slope")) << text;
}

TEST(LoadReport, DeliveriesAreSetAgainstTheServersTime) {
  Result result = idle_result(10);
  result.memory.reset();
  result.cost.received = 50;
  result.cost.server_cpu_ns = 500'000'000;
  EXPECT_TRUE(has(to_text(Config{}, result), "100 deliveries per CPU second"));
}

std::string progress_line(bool flows, u64 rss_bytes) {
  Progress progress(false, flows);
  Sample sample{.time_ns = 1'000'000'000, .server_rss_bytes = rss_bytes};
  testing::internal::CaptureStderr();
  progress.tick("measure", 3, sample, Histogram{});
  sample.time_ns += 1'000'000'000;
  progress.tick("measure", 3, sample, Histogram{});
  return testing::internal::GetCapturedStderr();
}

TEST(LoadProgress, ShowsOnlyWhatIsKnown) {
  EXPECT_TRUE(has(progress_line(true, 0), "server CPU -\n"));
  EXPECT_TRUE(has(progress_line(true, MiB), "server CPU 0 %\n"));
  EXPECT_TRUE(has(progress_line(true, MiB), "delivered/s"));
  EXPECT_FALSE(has(progress_line(false, MiB), "sent"));
  EXPECT_FALSE(has(progress_line(false, MiB), "p50"));
}

}  // namespace
}  // namespace perseid::load
