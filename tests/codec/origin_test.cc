#include "codec/origin.h"

#include <gtest/gtest.h>

namespace perseid {
namespace {

struct OriginCase {
  const char* name;
  const char* origin;
  const char* host;
  const char* allowed;
  bool loopback;
  bool want;
};

const OriginCase kCases[] = {
    {"same host", "https://game.example", "game.example", "", false, true},
    {"same host, other port", "https://game.example:8443", "game.example:80", "", false, true},
    {"same host, other case", "https://Game.Example", "gAME.eXAMPLE", "", false, true},
    {"same v6 host", "http://[2001:db8::1]:9", "[2001:db8::1]:8080", "", false, true},
    {"other host", "https://evil.example", "game.example", "", false, false},
    {"suffix", "https://evil-game.example", "game.example", "", false, false},
    {"subdomain", "https://a.game.example", "game.example", "", false, false},
    {"prefix", "https://game.example.evil", "game.example", "", false, false},
    {"user information", "https://game.example@evil.example", "game.example", "", false, false},
    {"port that is none", "https://game.example:evil", "game.example", "", false, false},
    {"backslash", "https://game.example\\.evil.example", "game.example", "", false, false},
    {"path", "https://game.example/", "game.example", "", false, false},
    {"IDN look-alike", "https://g\xd0\xb0me.example", "game.example", "", false, false},
    {"two origins", "https://game.example, https://evil.example", "game.example", "", false, false},
    {"null", "null", "game.example", "", false, false},
    {"empty origin", "", "game.example", "", false, false},
    {"empty host", "https://", "", "", false, false},
    {"absent host", "https://game.example", "", "", false, false},
    {"loopback: localhost page", "http://localhost:3000", "127.0.0.1:8080", "", true, true},
    {"loopback: 127.x page", "http://127.1.2.3", "localhost:8080", "", true, true},
    {"loopback: v6 page", "http://[::1]:3000", "127.0.0.1:8080", "", true, true},
    {"loopback: file", "null", "127.0.0.1:8080", "", true, true},
    {"loopback: foreign page", "https://evil.example", "127.0.0.1:8080", "", true, false},
    {"loopback: name that begins so", "http://127.0.0.1.evil.example", "localhost", "", true,
     false},
    {"loopback: short form", "http://127.1", "localhost", "", true, false},
    {"loopback: localhost suffix", "http://evil-localhost", "127.0.0.1", "", true, false},
    {"not loopback: localhost page", "http://localhost:3000", "game.example", "", false, false},
    {"star", "https://evil.example", "game.example", "*", false, true},
    {"star and null", "null", "game.example", "*", false, true},
    {"listed", "https://a.example", "h", "https://a.example, https://b.example:8443", false, true},
    {"listed with port", "https://b.example:8443", "h", "https://a.example,https://b.example:8443",
     false, true},
    {"listed, other case", "HTTPS://A.example", "h", "https://a.example", false, true},
    {"listed, other scheme", "http://a.example", "h", "https://a.example", false, false},
    {"listed, other port", "https://a.example:1", "h", "https://a.example", false, false},
    {"listed, suffix", "https://evil-a.example", "h", "a.example", false, false},
    {"listed null", "null", "h", "null", false, true},
    {"a list shuts out the own host", "https://h.example", "h.example", "https://a.example", true,
     false},
};

TEST(Hostile, row_31_origins) {
  for (const OriginCase& row : kCases) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(is_origin_allowed(row.origin, row.host, split_origins(row.allowed), row.loopback),
              row.want);
  }
}

TEST(Origin, what_no_browser_sends_is_none) {
  for (const char* text : {"https://a.example", "http://a.example:81", "app://localhost",
                           "http://[::1]:3000", "null", "*"}) {
    EXPECT_TRUE(is_origin(text)) << text;
  }
  for (const char* text : {"", "a.example", "a.example:80", "https://", "https://a.example/",
                           "://a", "https://a.example:x", "https://u@a.example"}) {
    EXPECT_FALSE(is_origin(text)) << text;
  }
}

TEST(Origin, list_is_split_and_trimmed) {
  EXPECT_EQ(split_origins(" a , ,b,"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(split_origins("").empty());
}

}  // namespace
}  // namespace perseid
