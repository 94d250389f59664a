// Addresses and networks as people and proxies write them; whom X-Forwarded-For stands for.
#include "net/ip_address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/forwarded_for.h"

namespace perseid::test {
namespace {

IpAddress ip(std::string_view text) {
  const auto out = IpAddress::parse(text);
  EXPECT_TRUE(out.has_value()) << text;
  return out.value_or(IpAddress{});
}

std::string shown(const IpAddress& address) {
  return std::string(AddressText(address).view());
}

TEST(IpAddress, one_is_the_same_however_it_is_written) {
  EXPECT_EQ(ip("203.0.113.7"), ip("::ffff:203.0.113.7"));
  EXPECT_EQ(ip("2001:db8::1"), ip("2001:0DB8:0:0:0:0:0:1"));
  EXPECT_EQ(shown(ip("::ffff:203.0.113.7")), "203.0.113.7");
  EXPECT_EQ(shown(ip("2001:DB8:0::1")), "2001:db8::1");
  EXPECT_EQ(AddressText(ip("10.0.0.1"), 80).view(), "10.0.0.1 port 80");
  EXPECT_EQ(shown(IpAddress{}), "");
  for (const std::string_view none :
       {"", " ", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "[::1]",
        "::1%lo", ":::", "g::1", "localhost", "1.2.3.4\n",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999",
        "0000000000000000000000000000000000000000000000000000000001"}) {
    EXPECT_FALSE(IpAddress::parse(none).has_value()) << none;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)).has_value());
}

TEST(IpAddress, of_a_socket) {
  sockaddr_storage storage{};
  auto& in = reinterpret_cast<sockaddr_in&>(storage);
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(0xcb007107);
  EXPECT_EQ(IpAddress::of(storage), ip("203.0.113.7"));
  auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
  in6 = {};
  in6.sin6_family = AF_INET6;
  in6.sin6_addr = in6addr_loopback;
  EXPECT_EQ(IpAddress::of(storage), ip("::1"));
  storage.ss_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::of(storage).known());
}

TEST(IpNetwork, holds_what_begins_alike) {
  struct Row {
    const char* network;
    const char* address;
    bool is_in;
  };
  for (const Row& row : {Row{"10.0.0.0/8", "10.255.0.1", true},
                         {"10.0.0.0/8", "11.0.0.0", false},
                         {"10.0.0.0/8", "::ffff:10.1.1.1", true},
                         {"192.168.4.0/23", "192.168.5.255", true},
                         {"192.168.4.0/23", "192.168.6.0", false},
                         {"127.0.0.1", "127.0.0.1", true},
                         {"127.0.0.1", "127.0.0.2", false},
                         {"0.0.0.0/0", "8.8.8.8", true},
                         {"0.0.0.0/0", "2001:db8::1", false},
                         {"::/0", "8.8.8.8", true},
                         {"2001:db8::/33", "2001:db8:7fff::1", true},
                         {"2001:db8::/33", "2001:db8:8000::1", false},
                         {"::1/128", "::1", true},
                         {"::1/128", "::2", false}}) {
    const auto network = IpNetwork::parse(row.network);
    ASSERT_TRUE(network.has_value()) << row.network;
    EXPECT_EQ(network->contains(ip(row.address)), row.is_in) << row.network << ' ' << row.address;
  }
  EXPECT_FALSE(IpNetwork::parse("::/0")->contains(IpAddress{})) << "unknown is in none";
}

TEST(IpNetwork, a_list_with_a_fault_is_none) {
  EXPECT_EQ(parse_networks("10.0.0.0/8, 2001:db8::/32,127.0.0.1")->size(), 3u);
  EXPECT_EQ(parse_networks("")->size(), 0u);
  for (const std::string_view list :
       {",", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/", "::/129", "10.0.0.0/8,,::1",
        "example.com", "10.0.0.0 /8", "10.0.0.0/8;::1"}) {
    EXPECT_FALSE(parse_networks(list).has_value()) << list;
  }
}

TEST(PeerAddress, is_an_ipv4_address_or_the_64_of_an_ipv6_address) {
  EXPECT_EQ(PeerAddress(ip("2001:db8:1:2::1")), PeerAddress(ip("2001:db8:1:2:ffff::9")));
  EXPECT_NE(PeerAddress(ip("2001:db8:1:2::1")), PeerAddress(ip("2001:db8:1:3::1")));
  EXPECT_NE(PeerAddress(ip("10.0.0.1")), PeerAddress(ip("10.0.0.2")));
  EXPECT_FALSE(PeerAddress(IpAddress{}).known());
  EXPECT_EQ(AddressText(PeerAddress(ip("10.0.0.1"))).view(), "10.0.0.1");
  EXPECT_EQ(AddressText(PeerAddress(ip("::1"))).view(), "::1");
  EXPECT_EQ(AddressText(PeerAddress(ip("2001:db8:1:2::1"))).view(), "2001:db8:1:2::/64");
  EXPECT_EQ(AddressText(PeerAddress{}).view(), "");
  const auto network = [](std::string_view text, u32 v4, u32 v6) {
    return PeerAddress(ip(text)).network(v4, v6);
  };
  EXPECT_EQ(network("10.1.2.3", 24, 48), network("10.1.2.255", 24, 48));
  EXPECT_NE(network("10.1.2.3", 24, 48), network("10.1.3.3", 24, 48));
  EXPECT_EQ(network("10.1.2.3", 32, 48), PeerAddress(ip("10.1.2.3")));
  EXPECT_EQ(network("2001:db8:1:2::1", 24, 48), network("2001:db8:1:ffff::1", 24, 48));
  EXPECT_NE(network("2001:db8:1:2::1", 24, 48), network("2001:db8:2:2::1", 24, 48));
  EXPECT_NE(network("2001:db8:1:2::1", 24, 64), network("2001:db8:1:3::1", 24, 64));
  EXPECT_TRUE(network("::1", 8, 16).known());
}

// The right end is our proxies', the left anybody's.
TEST(ForwardedFor, the_rightmost_that_is_not_trusted_is_believed) {
  const IpNetworks trusted = parse_networks("10.0.0.0/8,2001:db8::/32").value();
  struct Row {
    const char* list;
    const char* who;
  };
  for (const Row& row : {Row{"203.0.113.7", "203.0.113.7"},
                         {"6.6.6.6, 203.0.113.7", "203.0.113.7"},
                         {"6.6.6.6,203.0.113.7,10.0.0.2", "203.0.113.7"},
                         {"6.6.6.6,203.0.113.7\t, 10.0.0.2 ,2001:db8::2", "203.0.113.7"},
                         {"203.0.113.7:4711", "203.0.113.7"},
                         {"2001:470::7", "2001:470::7"},
                         {"[2001:470::7]:4711", "2001:470::7"},
                         {"[2001:470::7]", "2001:470::7"},
                         {"::ffff:203.0.113.7", "203.0.113.7"},
                         {"10.0.0.3, 10.0.0.2", "10.0.0.3"},
                         {"", "10.0.0.1"},
                         {",", "10.0.0.1"},
                         {"203.0.113.7,", "10.0.0.1"},
                         {"203.0.113.7, unknown", "10.0.0.1"},
                         {"203.0.113.7, _hidden, 10.0.0.2", "10.0.0.2"},
                         {"203.0.113.7, ::", "10.0.0.1"},
                         {"203.0.113.7, [10.0.0.2", "10.0.0.1"},
                         {"203.0.113.7 10.0.0.2", "10.0.0.1"},
                         {"203.0.113.7, 999.0.0.1", "10.0.0.1"}}) {
    EXPECT_EQ(shown(forwarded_for(row.list, ip("10.0.0.1"), trusted)), row.who) << row.list;
  }
  EXPECT_EQ(shown(forwarded_for("1.2.3.4", ip("203.0.113.9"), trusted)), "203.0.113.9")
      << "who is no proxy is not believed";
}

}  // namespace
}  // namespace perseid::test
