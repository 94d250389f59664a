// TlsSession by itself, in memory: every cut of the ciphertext means the same, and nothing leaves
// as it is.
#include <gtest/gtest.h>

#include "net/send_op.h"
#include "net/tls_context.h"
#include "tests/support/tls_files.h"
#include "tests/support/tls_wire.h"

namespace perseid::test {
namespace {

Options files() {
  Options options;
  options.tls_cert = default_cert().cert;
  options.tls_key = default_cert().key;
  return options;
}

// A server's session and a client, with nothing between them.
class Pair {
 public:
  explicit Pair(int version) : client(-1, {.version = version}) {
    static TlsTickets tickets(3600);
    static const TlsLoaded loaded = TlsContext::load(files(), tickets);
    server = loaded.context->begin();
  }
  // Hands `bytes` over, cut at `cut`; what the server reads is added to `heard`.
  TlsRead give(const std::string& bytes, std::size_t cut) {
    TlsRead last = TlsRead::want_more;
    for (const std::string_view part :
         {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
      std::array<u8, 16384> plain;
      server->lend(as_bytes(part));
      std::size_t got = 0;
      while ((last = server->read(plain, got)) == TlsRead::bytes) {
        heard += as_text({plain.data(), got});
      }
      if (last != TlsRead::want_more) break;
    }
    return last;
  }
  void take(std::vector<u8>& bytes) {
    BIO_write(SSL_get_rbio(client.ssl()), bytes.data(), static_cast<int>(bytes.size()));
    bytes.clear();
  }
  bool shake(std::size_t cut = 0) {
    for (int i = 0; i < 3; ++i) {
      SSL_do_handshake(client.ssl());
      const std::string out = client.sealed({});
      give(out, std::min(cut, out.size()));
      take(server->owed());
    }
    return server->is_ready() && SSL_is_init_finished(client.ssl()) != 0;
  }

  TlsWire client;
  std::unique_ptr<TlsSession> server;
  std::string heard;
};

class TlsSessions : public testing::TestWithParam<int> {};

TEST_P(TlsSessions, the_handshake_may_be_cut_anywhere) {
  for (std::size_t cut = 0; cut < 600; cut += 7) {
    Pair pair(GetParam());
    EXPECT_TRUE(pair.shake(cut)) << cut;
  }
}

TEST_P(TlsSessions, a_message_may_be_cut_anywhere) {
  Pair pair(GetParam());
  ASSERT_TRUE(pair.shake());
  const std::string text(200, 'm');
  std::size_t size = 1;
  for (std::size_t cut = 0; cut < size; ++cut) {
    const std::string sealed = pair.client.sealed(text);
    size = sealed.size();
    pair.heard.clear();
    EXPECT_EQ(pair.give(sealed, cut), TlsRead::want_more);
    ASSERT_EQ(pair.heard, text) << cut;
  }
}

TEST_P(TlsSessions, what_is_sealed_is_read_by_the_other_side_and_by_nobody_else) {
  Pair pair(GetParam());
  ASSERT_TRUE(pair.shake());
  const std::string secret = "nobody else reads this";
  std::vector<u8> sealed;
  ASSERT_TRUE(pair.server->seal(as_bytes(secret), sealed));
  EXPECT_EQ(as_text(sealed).find(secret), std::string_view::npos);
  pair.take(sealed);
  std::array<char, 100> plain;
  const int got = SSL_read(pair.client.ssl(), plain.data(), plain.size());
  EXPECT_EQ(std::string_view(plain.data(), static_cast<std::size_t>(std::max(got, 0))), secret);
}

TEST_P(TlsSessions, what_it_owes_leaves_before_what_is_sealed_after_it) {
  Pair pair(GetParam());
  ASSERT_TRUE(pair.shake());
  std::vector<u8> sealed;
  ASSERT_TRUE(pair.server->seal(as_bytes("first"), sealed));
  pair.server->owed() = sealed;
  sealed.clear();
  ASSERT_TRUE(pair.server->seal(as_bytes("second"), sealed));
  EXPECT_TRUE(pair.server->owed().empty());
  pair.take(sealed);
  std::array<char, 100> plain;
  for (const std::string_view expected : {"first", "second"}) {
    const int got = SSL_read(pair.client.ssl(), plain.data(), plain.size());
    EXPECT_EQ(std::string_view(plain.data(), static_cast<std::size_t>(std::max(got, 0))), expected);
  }
}

TEST_P(TlsSessions, a_failed_one_seals_nothing_more) {
  Pair pair(GetParam());
  ASSERT_TRUE(pair.shake());
  std::string bad = pair.client.sealed("x");
  bad.back() = static_cast<char>(bad.back() ^ 1);
  EXPECT_EQ(pair.give(bad, 0), TlsRead::failed);
  EXPECT_NE(pair.server->failure(), "");
  std::vector<u8> sealed;
  pair.server->owed().clear();
  EXPECT_FALSE(pair.server->seal(as_bytes("x"), sealed));
  EXPECT_TRUE(sealed.empty());
}

TEST_P(TlsSessions, a_goodbye_is_an_end) {
  Pair pair(GetParam());
  ASSERT_TRUE(pair.shake());
  pair.client.say_goodbye();
  EXPECT_EQ(pair.give(pair.client.sealed({}), 0), TlsRead::ended);
}

INSTANTIATE_TEST_SUITE_P(Both, TlsSessions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST(TlsSend, a_send_that_should_be_encrypted_and_is_not_has_nothing_to_say) {
  SendOp op;
  op.own.assign(100, 's');
  op.aim(true);
  EXPECT_EQ(op.left_bytes, 0u);
}

}  // namespace
}  // namespace perseid::test
