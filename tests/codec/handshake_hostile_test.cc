// What broke other servers between a good request head and the answer: fields that are missing,
// lists that are searched again and again.
#include <gtest/gtest.h>

#include "codec/handshake.h"
#include "tests/codec/http_head_support.h"
#include "tests/support/cpu_clock.h"

namespace perseid {
namespace {

using test::read_head;

HttpRequest good_request() {
  return read_head(test::upgrade_head(), 4096).request;
}

std::string headers(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) lines += "X: y\r\n";
  return lines;
}

// CVE-2024-37890: with Upgrade behind the cap on headers it was missing, and that crashed.
TEST(Hostile, row_05_an_upgrade_behind_the_cap_on_headers_is_never_missed) {
  const std::string begin = "GET /ws HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Version: 13\r\n";
  const std::string upgrade =
      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Upgrade: websocket\r\n";
  for (const std::size_t count : {0u, 1u, 94u, 95u, 96u, 97u, 98u, 99u, 100u, 1000u, 10000u}) {
    SCOPED_TRACE(count);
    for (const bool has_upgrade : {true, false}) {
      const std::string head = begin + headers(count) + (has_upgrade ? upgrade : "") + "\r\n";
      const std::size_t fields = 2 + count + (has_upgrade ? 3 : 0);
      const test::HeadResult got = read_head(head, 1000, kHttpHeadBytesMax);
      const bool fits = fields <= kHttpHeadersMax && head.size() <= kHttpHeadBytesMax;
      ASSERT_EQ(got.error, fits ? Error::ok : Error::head_too_large);
      if (!fits) continue;
      EXPECT_EQ(decide_upgrade(got.request, {}).error,
                has_upgrade ? Error::ok : Error::upgrade_required);
    }
  }
}

// CVE-2021-32640: the subprotocols were split in quadratic time. Each field a client may fill is
// decided upon at one length and at eight times that: 2.3 times the work for twice the length.
TEST(Hostile, row_06_deciding_upon_long_values_is_linear) {
  const struct {
    const char* name;
    std::string HttpRequest::*field;
  } rows[] = {{"Sec-WebSocket-Protocol", &HttpRequest::subprotocols},
              {"Sec-WebSocket-Extensions", &HttpRequest::extensions},
              {"Sec-WebSocket-Key", &HttpRequest::ws_key},
              {"Sec-WebSocket-Version", &HttpRequest::ws_version},
              {"Host", &HttpRequest::host},
              {"target", &HttpRequest::path},
              {"method", &HttpRequest::method}};
  const UpgradePolicy policy{.allow_origin = {"https://a.example", "https://b.example"}};
  for (const auto& row : rows) {
    for (const std::string_view unit : {" ", ",", "\"", ";", "a", "a,", " ,", "a=\"b\",", "\\"}) {
      const auto cost = [&](std::size_t bytes) {
        HttpRequest request = good_request();
        std::string& value = request.*row.field;
        value.clear();
        while (value.size() < bytes) value += unit;
        return test::least_cpu_ns(9, [&] { (void)decide_upgrade(request, policy); });
      };
      const i64 small_ns = cost(64 * KiB);
      EXPECT_LT(cost(512 * KiB), static_cast<i64>(12.2 * static_cast<double>(small_ns)) + 100'000)
          << row.name << " of " << unit;
    }
  }
}

TEST(Hostile, row_06_origins_are_compared_in_linear_time) {
  const std::vector<std::string> allowed{"https://a.example", std::string(1000, 'a')};
  for (const std::string_view unit : {" ", "a", "/", ":", "https://", "."}) {
    const auto cost = [&](std::size_t bytes) {
      HttpRequest request = good_request();
      request.origin.emplace("https://");
      while (request.origin->size() < bytes) *request.origin += unit;
      UpgradePolicy policy{.allow_origin = allowed};
      return test::least_cpu_ns(9, [&] {
        policy.allow_origin = allowed;
        EXPECT_EQ(decide_upgrade(request, policy).error, Error::bad_origin);
        policy.allow_origin.clear();
        (void)decide_upgrade(request, policy);
      });
    };
    const i64 small_ns = cost(64 * KiB);
    EXPECT_LT(cost(512 * KiB), static_cast<i64>(12.2 * static_cast<double>(small_ns)) + 100'000)
        << unit;
  }
}

}  // namespace
}  // namespace perseid
