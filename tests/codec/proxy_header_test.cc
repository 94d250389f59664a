// PROXY headers, good and hostile, cut everywhere.
#include "codec/proxy_header.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/proxy_bytes.h"

namespace perseid {
namespace {

using test::proxy_header;
using test::proxy_v4_body;
using test::ProxyBytes;

struct Row {
  const char* name;
  std::string bytes;
  ProxyHeader verdict;
  std::size_t size = 0;  // of the header, if it is read
  std::string address = {};
  u16 port = 0;
};

std::string v6_body() {
  std::string out("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
  return out + std::string(15, '\0') + "\x01" + std::string("\x12\x67\x01\xbb", 4);
}

Row good(const char* name, const ProxyBytes& what, ProxyHeader verdict, std::string address = {},
         u16 port = 0) {
  const std::string bytes = proxy_header(what);
  return {name, bytes + "GET / HTTP/1.1\r\n", verdict, bytes.size(), std::move(address), port};
}

Row refused(const char* name, std::string bytes) {
  return {name, std::move(bytes), ProxyHeader::refused};
}

Row unfinished(const char* name, std::string bytes) {
  return {name, std::move(bytes), ProxyHeader::need_more};
}

std::vector<Row> rows() {
  const std::string v4 = proxy_v4_body(203, 0, 113, 7);
  const std::string v4_address("\xcb\0\x71\x07", 4);
  const std::string v6_address = v6_body().substr(0, 16);
  const std::string tlv("\x04\x00\x03xyz\x20\x00\x01!", 10);
  const std::size_t most = kProxyHeaderBytesMax - 16;
  std::vector<Row> out{
      good("TCP over IPv4", {.body = v4}, ProxyHeader::v4, v4_address, 4711),
      good("TCP over IPv6", {.family = 0x21, .body = v6_body()}, ProxyHeader::v6, v6_address,
           0x1267),
      good("with TLVs", {.body = v4 + tlv}, ProxyHeader::v4, v4_address, 4711),
      good("IPv6 with TLVs", {.family = 0x21, .body = v6_body() + tlv}, ProxyHeader::v6, v6_address,
           0x1267),
      good("TLVs that are none", {.body = v4 + "\xff\xff\xff\xff"}, ProxyHeader::v4, v4_address,
           4711),
      good("UNSPEC", {.family = 0}, ProxyHeader::unknown),
      good("UNSPEC with addresses", {.family = 0, .body = v4}, ProxyHeader::unknown),
      good("a UNIX socket", {.family = 0x31, .body = std::string(216, 'u')}, ProxyHeader::unknown),
      good("LOCAL", {.command = 0x20, .family = 0}, ProxyHeader::local),
      good("LOCAL with addresses", {.command = 0x20, .body = v4}, ProxyHeader::local),
      good("LOCAL of a family that is none", {.command = 0x20, .family = 0xff, .body = "x"},
           ProxyHeader::local),
      good("the longest", {.body = v4 + std::string(most - v4.size(), 't')}, ProxyHeader::v4,
           v4_address, 4711),
      refused("one byte longer", proxy_header({.length = static_cast<int>(most) + 1})),
      refused("all that 16 bits can say", proxy_header({.length = 0xffff})),
      refused("LOCAL, too long", proxy_header({.command = 0x20, .length = 0xffff})),
      refused("IPv4 too short", proxy_header({.body = v4.substr(1)})),
      refused("IPv4 of nothing", proxy_header({.length = 0})),
      refused("IPv6 too short", proxy_header({.family = 0x21, .body = v6_body().substr(1)})),
      refused("IPv6 as long as IPv4", proxy_header({.family = 0x21, .body = v4})),
      refused("UDP", proxy_header({.family = 0x12, .body = v4})),
      refused("UDP over IPv6", proxy_header({.family = 0x22, .body = v6_body()})),
      refused("a protocol without family", proxy_header({.family = 0x01, .body = v4})),
      refused("a family without protocol", proxy_header({.family = 0x10, .body = v4})),
      refused("a family that is none", proxy_header({.family = 0xf1, .body = v4})),
      refused("a command that is none", proxy_header({.command = 0x22, .body = v4})),
      refused("version 1 in the byte", proxy_header({.command = 0x11, .body = v4})),
      refused("version 3", proxy_header({.command = 0x31, .body = v4})),
      refused("version 1", "PROXY TCP4 203.0.113.7 10.0.0.1 4711 256\r\n"),
      refused("HTTP", "GET / HTTP/1.1\r\n"),
      refused("TLS", "\x16\x03\x01"),
      refused("zeros", std::string(20, '\0')),
      refused("an empty line", "\r\n\r\n\r\n"),
      refused("the signature's last byte", std::string(test::kProxySignature.substr(0, 11)) + "\r"),
      unfinished("nothing", ""),
      unfinished("half a signature", "\r\n\r\n"),
      unfinished("no length", proxy_header({}).substr(0, 15)),
      unfinished("one byte of TLV is missing", proxy_header({.body = v4 + "tl", .length = 15})),
      unfinished("one byte of address is missing",
                 proxy_header({.body = v4.substr(1), .length = 12})),
  };
  return out;
}

void expect(const Row& row, std::size_t cut) {
  SCOPED_TRACE(std::string(row.name) + " cut at " + std::to_string(cut));
  ProxyHeaderReader reader;
  const std::string_view whole = row.bytes;
  std::size_t taken = 0;
  ProxyHeader verdict = reader.feed(as_bytes(whole.substr(0, cut)), taken);
  if (verdict == ProxyHeader::need_more) {
    EXPECT_EQ(taken, cut);
    std::size_t more = 0;
    verdict = reader.feed(as_bytes(whole.substr(cut)), more);
    taken += more;
  }
  ASSERT_EQ(verdict, row.verdict);
  EXPECT_EQ(reader.why().empty(), verdict != ProxyHeader::refused);
  if (row.size != 0) {
    EXPECT_EQ(taken, row.size) << "what is behind the header is not its own";
  }
  if (row.address.empty()) return;
  EXPECT_EQ(as_text(reader.address()), row.address);
  EXPECT_EQ(reader.port(), row.port);
}

TEST(ProxyHeader, says_the_same_wherever_the_bytes_are_cut) {
  for (const Row& row : rows()) {
    for (std::size_t cut = 0; cut <= row.bytes.size(); ++cut) {
      expect(row, cut);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(ProxyHeader, says_the_same_byte_by_byte) {
  for (const Row& row : rows()) {
    ProxyHeaderReader reader;
    ProxyHeader verdict = ProxyHeader::need_more;
    std::size_t taken = 0;
    for (std::size_t at = 0; at < row.bytes.size() && verdict == ProxyHeader::need_more; ++at) {
      verdict = reader.feed(as_bytes(std::string_view(row.bytes).substr(at, 1)), taken);
      EXPECT_EQ(taken, 1u);
    }
    EXPECT_EQ(verdict, row.verdict) << row.name;
  }
}

}  // namespace
}  // namespace perseid
