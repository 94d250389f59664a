// Request heads that smuggled, crashed or stalled other servers.
#include <gtest/gtest.h>

#include <random>

#include "codec/http_head.h"
#include "tests/codec/http_head_support.h"
#include "tests/support/cpu_clock.h"

namespace perseid {
namespace {

using test::read_head;
using test::upgrade_head;

struct HeadCase {
  const char* name;
  std::string in;
  Error want;
};

std::string get(std::string_view lines) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n";
}

// Every row whole and byte by byte: the same answer.
void check(const std::vector<HeadCase>& rows) {
  for (const HeadCase& row : rows) {
    SCOPED_TRACE(row.name);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, row.in.size()}) {
      const Error got = read_head(row.in, piece).error;
      EXPECT_EQ(got, row.want) << info(got).code << " in pieces of " << piece;
    }
  }
}

TEST(Hostile, row_02_request_smuggling_vectors) {
  check({
      {"CL and TE", get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), Error::bad_request},
      {"TE and CL", get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), Error::bad_request},
      {"CL 0 and TE", get("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
       Error::bad_request},
      {"two CL, same", get("Content-Length: 0\r\nContent-Length: 0\r\n"), Error::bad_request},
      {"two CL, different", get("Content-Length: 0\r\nContent-Length: 5\r\n"), Error::bad_request},
      {"CL list", get("Content-Length: 0, 0\r\n"), Error::bad_request},
      {"CL negative", get("Content-Length: -1\r\n"), Error::bad_request},
      {"CL hex", get("Content-Length: 0x0\r\n"), Error::bad_request},
      {"CL plus", get("Content-Length: +0\r\n"), Error::bad_request},
      {"CL empty", get("Content-Length:\r\n"), Error::bad_request},
      {"CL overflow", get("Content-Length: 18446744073709551616\r\n"), Error::bad_request},
      {"CL 0", get("Content-Length: 0\r\n"), Error::ok},
      {"CL 5", get("Content-Length: 5\r\n"), Error::body_not_allowed},
      {"CL huge", get("Content-Length: 18446744073709551614\r\n"), Error::body_not_allowed},
      {"TE chunked", get("Transfer-Encoding: chunked\r\n"), Error::body_not_allowed},
      {"TE xchunked", get("Transfer-Encoding: xchunked\r\n"), Error::body_not_allowed},
      {"TE identity", get("Transfer-Encoding: identity\r\n"), Error::body_not_allowed},
      {"TE after space", get("Transfer-Encoding : chunked\r\n"), Error::bad_request},
      {"bare LF", "GET / HTTP/1.1\nHost: h\n\n", Error::bad_request},
      {"bare LF in the middle", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", Error::bad_request},
      {"bare CR", get("X: a\rb\r\n"), Error::bad_request},
      {"CR CR LF", "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", Error::bad_request},
      {"obs-fold", get("X: a\r\n b\r\n"), Error::bad_request},
      {"obs-fold with tab", get("X: a\r\n\tb\r\n"), Error::bad_request},
      {"folded first header", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", Error::bad_request},
      {"NUL in a value", get(std::string("X: a\0b\r\n", 8)), Error::bad_request},
      {"NUL in a name", get(std::string("X\0: a\r\n", 7)), Error::bad_request},
      {"control in a value", get("X: a\x01\r\n"), Error::bad_request},
      {"DEL in a value", get("X: a\x7f\r\n"), Error::bad_request},
      {"space before colon", get("X : a\r\n"), Error::bad_request},
      {"no colon", get("Xa\r\n"), Error::bad_request},
      {"no name", get(": a\r\n"), Error::bad_request},
      {"name in brackets", get("X(y): a\r\n"), Error::bad_request},
      {"latin-1 in a value", get("X: caf\xe9\r\n"), Error::ok},
  });
}

TEST(Hostile, request_lines_and_hosts) {
  check({
      {"no host", "GET / HTTP/1.1\r\n\r\n", Error::bad_request},
      {"two hosts", get("Host: h\r\n"), Error::bad_request},
      {"host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Error::bad_request},
      {"host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Error::bad_request},
      {"host with space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Error::bad_request},
      {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", Error::ok},
      {"no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", Error::bad_request},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", Error::bad_request},
      {"trailing space", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", Error::bad_request},
      {"tab", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", Error::bad_request},
      {"HTTP/0.9", "GET /\r\n\r\n", Error::bad_request},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", Error::bad_request},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", Error::bad_request},
      {"lower case version", "GET / http/1.1\r\nHost: h\r\n\r\n", Error::bad_request},
      {"NUL in the target", std::string("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 29),
       Error::bad_request},
      {"empty first line", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", Error::bad_request},
      {"method too long", std::string(33, 'A'), Error::bad_request},
      {"space first", " GET / HTTP/1.1\r\n", Error::bad_request},
  });
}

// Other protocols are refused by their first bytes, not after a timeout.
TEST(Hostile, other_protocols_are_refused_early) {
  check({
      {"TLS ClientHello", "\x16", Error::bad_request},
      {"h2c preface", "PRI * HTTP/2.0\r\n", Error::bad_request},
      {"PROXY v1", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", Error::bad_request},
      {"PROXY v2", "\r", Error::bad_request},
      {"SSH", "SSH-2.0-OpenSSH_9.2\r\n", Error::bad_request},
      {"NUL", std::string(1, '\0'), Error::bad_request},
      {"a WebSocket frame", "\x81", Error::bad_request},
  });
}

TEST(Hostile, row_05_header_counts_up_to_10000) {
  for (const std::size_t count : {0u, 1u, 98u, 99u, 100u, 1000u, 5000u}) {
    std::string lines;
    for (std::size_t i = 0; i < count; ++i) lines += "X: y\r\n";
    const Error want = count + 1 <= kHttpHeadersMax ? Error::ok : Error::head_too_large;
    EXPECT_EQ(read_head(get(lines), 100, kHttpHeadBytesMax).error, want) << count;
  }
  std::string lines;
  for (int i = 0; i < 10000; ++i) lines += "X: y\r\n";
  EXPECT_EQ(read_head(get(lines), 100000).error, Error::head_too_large);
}

TEST(Hostile, row_23_values_of_only_space) {
  check({
      {"spaces", get("Sec-WebSocket-Protocol:     \r\n"), Error::ok},
      {"tabs", get("Sec-WebSocket-Extensions: \t\t\r\n"), Error::ok},
      {"CR", get("Origin: \r\r\n"), Error::bad_request},
      {"NUL", get(std::string("Origin: \0\r\n", 11)), Error::bad_request},
  });
}

double best_seconds(const std::string& in, std::size_t piece) {
  const auto read = [&] { (void)read_head(in, piece, kHttpHeadBytesMax); };
  return 1e-9 * static_cast<double>(test::least_cpu_ns(9, read));
}

// Twice the length may cost 2.3 times the work, eight times the length that to the third power.
constexpr double kEightfoldMax = 2.3 * 2.3 * 2.3;
constexpr double kNoiseSeconds = 1e-4;

TEST(Hostile, row_27_head_drip_is_linear) {
  const std::string small = upgrade_head("X: " + std::string(7000, 'a') + "\r\n");
  const std::string large = upgrade_head("X: " + std::string(56000, 'a') + "\r\n");
  EXPECT_EQ(read_head(large, 1, kHttpHeadBytesMax).error, Error::ok);
  // Eight times the bytes; a reader that begins again at each byte takes 64 times as long.
  EXPECT_LT(best_seconds(large, 1), kEightfoldMax * best_seconds(small, 1) + kNoiseSeconds);
}

TEST(Hostile, row_06_long_values_are_linear) {
  for (const char* name : {"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Connection",
                           "Upgrade", "Origin", "Host", "Sec-WebSocket-Key"}) {
    for (const char unit : {' ', ',', '"', ';', 'a'}) {
      const std::string field = std::string(name) + ": ";
      const std::string start = "GET / HTTP/1.1\r\n" + field;
      const double small = best_seconds(start + std::string(7000, unit) + "\r\n\r\n", 65536);
      const double large = best_seconds(start + std::string(56000, unit) + "\r\n\r\n", 65536);
      EXPECT_LT(large, kEightfoldMax * small + kNoiseSeconds) << name << " of " << unit;
    }
  }
}

// Random damage to a good head: an answer, no crash, and nothing but the listed errors.
TEST(Hostile, property_damaged_heads_are_answered) {
  const u32 seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string good = upgrade_head("Content-Length: 0\r\nOrigin: null\r\n");
  for (int round = 0; round < 20000; ++round) {
    std::string head = good;
    for (auto i = random() % 3 + 1; i > 0; --i) {
      head[random() % head.size()] = static_cast<char>(random());
    }
    const Error got = read_head(head, 1 + random() % head.size()).error;
    ASSERT_TRUE(got == Error::ok || got == Error::need_more || got == Error::bad_request ||
                got == Error::body_not_allowed);
  }
}

}  // namespace
}  // namespace perseid
