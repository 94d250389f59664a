#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "codec/deflate.h"

namespace perseid {
namespace {

constexpr DeflatePolicy kTakeover = {.server_context_takeover = true,
                                     .client_context_takeover = true};

struct OfferCase {
  const char* name;
  std::string offers;
  std::string want;  // empty: declined
};

const OfferCase kCases[] = {
    {"none", "", ""},
    {"plain", "permessage-deflate", "permessage-deflate"},
    {"case and space", " \tPerMessage-Deflate\t ", "permessage-deflate"},
    {"another extension", "permessage-bzip2", ""},
    {"the second is ours", "x-webkit-frame; a=b, permessage-deflate", "permessage-deflate"},
    {"empty list elements", " , ,permessage-deflate,,", "permessage-deflate"},
    {"server_no_context_takeover", "permessage-deflate; server_no_context_takeover",
     "permessage-deflate; server_no_context_takeover"},
    {"client_no_context_takeover", "permessage-deflate;client_no_context_takeover",
     "permessage-deflate; client_no_context_takeover"},
    {"server bits", "permessage-deflate; server_max_window_bits=9",
     "permessage-deflate; server_max_window_bits=9"},
    {"server bits quoted", "permessage-deflate; server_max_window_bits=\"10\"",
     "permessage-deflate; server_max_window_bits=10"},
    {"server bits 8", "permessage-deflate; server_max_window_bits=8",
     "permessage-deflate; server_max_window_bits=8"},
    {"client bits without value", "permessage-deflate; client_max_window_bits",
     "permessage-deflate"},
    {"client bits", "permessage-deflate; client_max_window_bits = 12",
     "permessage-deflate; client_max_window_bits=12"},
    {"all four",
     "permessage-deflate; client_max_window_bits=15; server_max_window_bits=10; "
     "client_no_context_takeover; server_no_context_takeover",
     "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
     "server_max_window_bits=10; client_max_window_bits=15"},
    {"bad offer, then a good one",
     "permessage-deflate; server_max_window_bits=7, "
     "permessage-deflate; server_no_context_takeover, permessage-deflate",
     "permessage-deflate; server_no_context_takeover"},
    {"unknown parameter", "permessage-deflate; level=9", ""},
    {"server bits without value", "permessage-deflate; server_max_window_bits", ""},
    {"server bits 0", "permessage-deflate; server_max_window_bits=0", ""},
    {"server bits 7", "permessage-deflate; server_max_window_bits=7", ""},
    {"server bits 16", "permessage-deflate; server_max_window_bits=16", ""},
    {"server bits 08", "permessage-deflate; server_max_window_bits=08", ""},
    {"server bits +9", "permessage-deflate; server_max_window_bits=+9", ""},
    {"server bits 265 (9 in eight bits)", "permessage-deflate; server_max_window_bits=265", ""},
    {"server bits empty quotes", "permessage-deflate; server_max_window_bits=\"\"", ""},
    {"client bits 7", "permessage-deflate; client_max_window_bits=7", ""},
    {"client bits empty", "permessage-deflate; client_max_window_bits=", ""},
    {"flag with a value", "permessage-deflate; server_no_context_takeover=1", ""},
    {"flag twice", "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
     ""},
    {"bits twice", "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", ""},
    {"unclosed quote", "permessage-deflate; server_max_window_bits=\"9", ""},
    {"no separator", "permessage-deflate server_no_context_takeover", ""},
    {"trailing semicolon", "permessage-deflate;", ""},
    {"broken behind a good offer", "permessage-deflate, ;", ""},
    {"NUL", std::string("permessage-deflate\0", 19), ""},
};

TEST(DeflateOffer, table) {
  for (const OfferCase& row : kCases) {
    SCOPED_TRACE(row.name);
    const auto got = negotiate_deflate(row.offers, kTakeover);
    EXPECT_EQ(got ? got->response : "", row.want);
  }
}

TEST(DeflateOffer, every_prefix_is_answered) {
  for (const OfferCase& row : kCases) {
    for (std::size_t cut = 0; cut <= row.offers.size(); ++cut) {
      const std::string exact(row.offers.substr(0, cut));
      (void)negotiate_deflate(exact, {});
    }
  }
}

TEST(DeflateOffer, policy_without_takeover_always_says_so) {
  const auto got = negotiate_deflate("permessage-deflate; client_max_window_bits", {});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->response,
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_TRUE(got->params.server_no_context_takeover && got->params.client_no_context_takeover);
}

TEST(DeflateOffer, params_follow_the_answer) {
  const auto got = negotiate_deflate(
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11", kTakeover);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->params.server_window_bits, 10);
  EXPECT_EQ(got->params.client_window_bits, 11);
  EXPECT_FALSE(got->params.server_no_context_takeover || got->params.client_no_context_takeover);
}

TEST(Hostile, row_07_reserved_names_are_only_names) {
  for (const char* name : {"constructor", "__proto__", "toString", "hasOwnProperty"}) {
    EXPECT_FALSE(negotiate_deflate(name, kTakeover));
    EXPECT_FALSE(negotiate_deflate(std::string("permessage-deflate; ") + name, kTakeover));
    EXPECT_FALSE(negotiate_deflate(std::string("permessage-deflate; ") + name + "=1", kTakeover));
    EXPECT_TRUE(negotiate_deflate(std::string(name) + ", permessage-deflate", kTakeover));
  }
}

// Of this thread alone, and the least of several runs: other programs do not count.
double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double best_seconds(const std::string& offers) {
  double best = 1e9;
  for (int run = 0; run < 7; ++run) {
    const double from = thread_cpu_seconds();
    for (int i = 0; i < 20; ++i) (void)negotiate_deflate(offers, kTakeover);
    best = std::min(best, thread_cpu_seconds() - from);
  }
  return best;
}

// Eight times the length takes about eight times as long; a quadratic parser takes 64 times.
TEST(Hostile, row_06_and_09_offers_of_only_spaces_commas_or_quotes_are_linear) {
  for (const char* unit : {" ", ",", "\"", ";", "a,", "a;b,", "a;b=\"c\",", "permessage-deflate,",
                           "a;b=\"\\\\", "permessage-deflate; x,"}) {
    const std::string head = "permessage-deflate; a=\"";
    std::string small = unit, large;
    while (small.size() < 8192) small += unit;
    for (int i = 0; i < 8; ++i) large += small;
    EXPECT_LT(best_seconds(large), 30 * best_seconds(small) + 1e-4) << unit;
    EXPECT_FALSE(negotiate_deflate(head + large, kTakeover)) << unit;
  }
}

}  // namespace
}  // namespace perseid
