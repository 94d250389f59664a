// The SDK's pieces, each alone: urls, answers to the upgrade, JSON walked, values, back-off.
#include <gtest/gtest.h>
#include <perseid/value.h>

#include "codec/handshake.h"
#include "sdk/cpp/src/backoff.h"
#include "sdk/cpp/src/json_walk.h"
#include "sdk/cpp/src/upgrade.h"

namespace perseid {
namespace {

struct UrlCase {
  const char* url;
  const char* want;  // tls host port path, or "" where it is refused
};
const UrlCase kUrls[] = {
    {"ws://example.org", "ws example.org 80 /ws"},
    {"ws://example.org/", "ws example.org 80 /ws"},
    {"ws://example.org:8080/chat?room=1#x", "ws example.org 8080 /chat?room=1"},
    {"wss://example.org", "wss example.org 443 /ws"},
    {"ws://127.0.0.1:1?a=b", "ws 127.0.0.1 1 /ws?a=b"},
    {"ws://[::1]:8080/ws", "ws ::1 8080 /ws"},
    {"ws://[::1]", "ws ::1 80 /ws"},
    {"http://example.org", ""},
    {"ws://", ""},
    {"ws://a:0", ""},
    {"ws://a:65536", ""},
    {"ws://a:80x", ""},
    {"ws://me@a", ""},
    {"ws://[::1", ""},
    {"ws://a/b c", ""},
    {"ws://a/b\r\nX: y", ""},
    {"ws://a b/", ""},
};

TEST(Urls, AreReadOrRefused) {
  for (const UrlCase& row : kUrls) {
    Url url;
    std::string got;
    if (parse_url(row.url, url).empty()) {
      got = std::string(url.endpoint.tls ? "wss " : "ws ") + url.endpoint.host + " " +
            std::to_string(url.endpoint.port) + " " + url.path;
    }
    EXPECT_EQ(got, row.want) << row.url;
  }
}

const Upgrade kUpgrade{.key = "dGhlIHNhbXBsZSBub25jZQ==", .wire = Wire::binary};

std::string answer(const std::string& lines) {
  const std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  return read_upgrade_answer(head + lines + "\r\n", kUpgrade).problem;
}

TEST(Upgrades, OnlyTheAnswerToOurOwnIsTaken) {
  const std::string ours = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  const std::string binary = "Sec-WebSocket-Protocol: perseid.bin.v1\r\n";
  EXPECT_EQ(answer(ours + binary), "");
  EXPECT_NE(answer("Sec-WebSocket-Accept: x\r\n" + binary), "");
  EXPECT_NE(answer(binary), "");
  EXPECT_NE(answer(ours), "");
  EXPECT_NE(answer(ours + "Sec-WebSocket-Protocol: perseid.json.v1\r\n"), "");
  EXPECT_NE(answer(ours + binary + "Sec-WebSocket-Extensions: permessage-deflate\r\n"), "");
  const UpgradeAnswer full = read_upgrade_answer("HTTP/1.1 503 Unavailable\r\n\r\n", kUpgrade);
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.problem, "the relay answered 503 Unavailable");
  EXPECT_NE(read_upgrade_answer("ICY 200 OK\r\n\r\n", kUpgrade).problem, "");
}

TEST(Upgrades, AKeyIsSixteenBytesInBase64) {
  const u8 bytes[] = "the sample nonce";
  EXPECT_EQ(base64_16(bytes), "dGhlIHNhbXBsZSBub25jZQ==");
}

struct WalkCase {
  const char* json;
  const char* want;  // key=value| of each member
};
const WalkCase kWalks[] = {
    {R"({"a":1,"b":"x,}\"","c":{"d":[1,{"e":"]"}]},"f":[]})",
     R"(a=1|b="x,}\""|c={"d":[1,{"e":"]"}]}|f=[]|)"},
    {" { \"a\" : 1 , \"b\" : null } ", "a=1|b=null|"},
    {R"([1,"two",[3]])", R"(=1|="two"|=[3]|)"},
    {"{}", ""},
    {"[]", ""},
    {"", ""},
    {"7", ""},
    // What is no JSON ends somewhere, within itself.
    {"{", ""},
    {R"({"a")", ""},
    {R"({"a":)", ""},
    {R"({"a":1)", "a=1|"},
    {R"({"a":"x)", R"(a="x|)"},
    {R"({"a":[1)", "a=[1|"},
    {R"({"a":"\)", R"(a="\|)"},
    {"]]]", ""},
    {"[}", ""},
};

TEST(JsonWalks, GiveMembersAndElementsAsTheyStand) {
  for (const WalkCase& row : kWalks) {
    // In a block of exactly its size, so that a sanitizer sees a byte too many.
    const std::vector<char> exact(row.json, row.json + std::string_view(row.json).size());
    std::string got;
    for (JsonWalk walk({exact.data(), exact.size()}); walk.next();) {
      got += std::string(walk.key()) + "=" + std::string(walk.value()) + "|";
    }
    EXPECT_EQ(got, row.want) << row.json;
  }
}

TEST(JsonWalks, EveryPrefixOfAMessageEnds) {
  const std::string whole = R"({"type":"chat","a":[{"b":"\\\"\u00e9"},-1.5e3,true],"c":{"d":{}}})";
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    const std::vector<char> exact(whole.begin(),
                                  whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    u32 members = 0;
    for (JsonWalk walk({exact.data(), exact.size()}); walk.next();) ASSERT_LT(++members, 10u);
  }
}

TEST(Values, ReadAndWriteJson) {
  const char* same[] = {"null",  "true", "1.5",           "-7", R"("a\"b\\")", "[0,0,0.6,0.8]",
                        "[1,2]", "{}",   R"([1,2,3,"4"])"};
  for (const char* json : same) EXPECT_EQ(Value::from_json(json).json(), json);
  EXPECT_EQ(Value::from_json("1e2").number(), 100);
  EXPECT_EQ(Value::from_json(R"("\u00e9\n")").text(), "é\n");
  EXPECT_TRUE(Value::from_json("[1,2,3,4]").is_quaternion());
  EXPECT_FALSE(Value::from_json("[1,2,3,4,5]").is_quaternion());
  EXPECT_EQ(Value(0.1 + 0.2).json(), "0.30000000000000004");
}

TEST(Backoffs, DoubleToABoundWithAPartByChance) {
  Random random(1);
  Backoff backoff{.attempts_max = 8, .delay_ms = 100, .delay_ms_max = 1000};
  const double wholes[] = {100, 200, 400, 800, 1000, 1000, 1000, 1000};
  for (const double whole : wholes) {
    EXPECT_FALSE(backoff.exhausted());
    const double wait = backoff.next_ms(random);
    EXPECT_GE(wait, whole / 2);
    EXPECT_LE(wait, whole);
  }
  EXPECT_TRUE(backoff.exhausted());
}

}  // namespace
}  // namespace perseid
