// The first bytes of a TLS connection, cut everywhere.
#include "codec/tls_hello.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace perseid {
namespace {

constexpr u32 kMost = 1000;

std::string record(const std::string& fragment) {
  const auto size = static_cast<u16>(fragment.size());
  return std::string("\x16\x03\x01", 3) + static_cast<char>(size >> 8) +
         static_cast<char>(size & 0xff) + fragment;
}

std::string hello(u32 announced) {
  return {'\x01', static_cast<char>(announced >> 16), static_cast<char>(announced >> 8),
          static_cast<char>(announced)};
}

struct Row {
  const char* name;
  std::string bytes;
  TlsHello verdict;
};

std::vector<Row> rows() {
  std::string in_pieces;
  for (const char each : hello(500)) in_pieces += record({each});
  std::string long_in_pieces;
  for (const char each : hello(100'000)) long_in_pieces += record({each});
  return {
      {"nothing", "", TlsHello::need_more},
      {"a record's header", record("....").substr(0, 5), TlsHello::need_more},
      {"a hello", record(hello(512) + "more"), TlsHello::begins},
      {"what follows is not looked at", record(hello(2)) + "GET / HTTP/1.1", TlsHello::begins},
      {"the longest", record(hello(kMost)), TlsHello::begins},
      {"one byte more", record(hello(kMost + 1)), TlsHello::too_long},
      {"all that 24 bits can say", record(hello(0xffffff)), TlsHello::too_long},
      {"in records of one byte", in_pieces, TlsHello::begins},
      {"too long in records of one byte", long_in_pieces, TlsHello::too_long},
      {"another message of the handshake", record("\x02"), TlsHello::not_tls},
      {"an alert", std::string("\x15\x03\x03\x00\x02\x01\x00", 7), TlsHello::not_tls},
      {"an alert between", record("\x01") + "\x15", TlsHello::not_tls},
      {"SSL 2", std::string("\x80\x2e\x01", 3), TlsHello::not_tls},
      {"major version 2", "\x16\x02", TlsHello::not_tls},
      {"an empty record", record(""), TlsHello::not_tls},
      {"a record too long", "\x16\x03\x01\x40\x01", TlsHello::not_tls},
      {"GET", "G", TlsHello::plain_http},
      {"HTTP/2", "PRI * HTTP/2.0", TlsHello::plain_http},
      {"no method behind a record", record("\x01") + "G", TlsHello::not_tls},
      {"small letters", "get", TlsHello::not_tls},
      {"zeros", std::string(9, '\0'), TlsHello::not_tls},
  };
}

TEST(TlsHelloReader, says_the_same_wherever_the_bytes_are_cut) {
  for (const Row& row : rows()) {
    for (std::size_t cut = 0; cut <= row.bytes.size(); ++cut) {
      TlsHelloReader reader(kMost);
      (void)reader.feed(as_bytes(std::string_view(row.bytes).substr(0, cut)));
      EXPECT_EQ(reader.feed(as_bytes(std::string_view(row.bytes).substr(cut))), row.verdict)
          << row.name << " cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace perseid
