// Tokens that are genuine and tokens that are not: each attack of RFC 8725 a row.
#include "net/tokens/token_verifier.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <filesystem>
#include <fstream>

#include "net/tokens/token_keys.h"
#include "net/tokens/token_signer.h"
#include "tests/net/store_support.h"

namespace perseid::test {
namespace {

constexpr u64 kNowMs = 1'700'000'000'000;
constexpr std::string_view kGood = R"({"sub":"ana","exp":1700003600})";

std::string base64url(std::string_view bytes) {
  std::string out(bytes.size() * 4 / 3 + 4, '\0');
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

// Header, claims, and an HMAC under a secret that the forger knows.
std::string forged(std::string_view header, std::string_view claims, std::string_view secret) {
  const std::string text = base64url(header) + '.' + base64url(claims);
  unsigned char mac[32];
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, nullptr);
  return text + '.' + base64url({reinterpret_cast<const char*>(mac), sizeof mac});
}

std::string signed_by(const KeyPair& keys, std::string_view claims = kGood,
                      std::string_view key_id = "") {
  std::string problem;
  const auto token = sign_token(claims, keys.secret_json, key_id, problem);
  EXPECT_TRUE(token.has_value()) << problem;
  return token.value_or("");
}

// {"keys":[…]} of several sets.
std::string merged(std::initializer_list<std::string> sets) {
  std::string out;
  for (const std::string& set : sets) {
    const std::size_t begin = set.find('[') + 1;
    out += (out.empty() ? "" : ",") + set.substr(begin, set.rfind(']') - begin);
  }
  return R"({"keys":[)" + out + "]}";
}

class Tokens : public testing::Test {
 protected:
  Folder folder_;
  Options options_;
  std::unique_ptr<Keyring> keyring_;
  std::unique_ptr<TokenVerifier> verifier_;

  std::string path() const { return folder_.path() + "/keys.json"; }
  void write(const std::string& text) { std::ofstream(path()) << text; }
  std::string use(const std::string& keys) {
    write(keys);
    options_.token_keys = path();
    keyring_ = std::make_unique<Keyring>(options_);
    verifier_ = std::make_unique<TokenVerifier>(*keyring_, options_);
    return keyring_->reload();
  }
  Verdict verify(std::string_view token) { return verifier_->verify(token, kNowMs); }
  std::string why(std::string_view token) {
    const Verdict verdict = verify(token);
    EXPECT_EQ(verdict.grant == nullptr, verdict.error != Error::ok);
    return verdict.error == Error::ok ? "ok" : std::string(verdict.why);
  }
};

TEST_F(Tokens, EachAlgorithmSignsAndChecks) {
  for (const char* algorithm : {"HS256", "RS256", "ES256", "EdDSA"}) {
    const auto keys = make_key_pair(algorithm, "k1");
    ASSERT_TRUE(keys.has_value()) << algorithm;
    ASSERT_EQ(use(keys->public_json), "") << algorithm;
    const std::string token = signed_by(*keys);
    EXPECT_EQ(why(token), "ok") << algorithm;
    EXPECT_EQ(verify(token).grant->user, "ana");
    EXPECT_EQ(use(keys->secret_json), "") << "the secret set will do as well";
    EXPECT_EQ(why(token), "ok") << algorithm;
    const auto others = make_key_pair(algorithm, "k1");
    EXPECT_EQ(why(signed_by(*others)), "Its signature is not right.") << algorithm;
    // Any one character of it changed.
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string other = token;
      other[i] = other[i] == 'A' ? 'B' : 'A';
      EXPECT_NE(why(other), "ok") << algorithm << " at " << i;
    }
  }
}

TEST_F(Tokens, SeveralKeysAtOnceAndTheirNames) {
  const auto one = make_key_pair("EdDSA", "one");
  const auto two = make_key_pair("ES256", "two");
  ASSERT_EQ(use(merged({one->public_json, two->public_json})), "");
  EXPECT_EQ(why(signed_by(*one)), "ok");
  EXPECT_EQ(why(signed_by(*two)), "ok");
  const auto foreign = make_key_pair("EdDSA", "three");
  EXPECT_EQ(why(signed_by(*foreign)), "Its key (kid) is not known here.");
  const auto swapped = make_key_pair("EdDSA", "two");
  EXPECT_EQ(why(signed_by(*swapped)), "Its alg is not that of a key here.");
}

TEST_F(Tokens, row_33_the_algorithm_is_the_keys_not_the_tokens) {
  const auto rsa = make_key_pair("RS256", "k");
  ASSERT_EQ(use(rsa->public_json), "");
  // CVE-2015-9235: the public key as the secret of an HMAC.
  const std::string header = R"({"alg":"HS256","kid":"k"})";
  EXPECT_EQ(why(forged(header, kGood, rsa->public_json)), "Its alg is not that of a key here.");
  for (const char* none : {"none", "None", "nOnE", "NONE", ""}) {
    const std::string said = R"({"alg":")" + std::string(none) + "\"}";
    EXPECT_EQ(why(base64url(said) + '.' + base64url(kGood) + ".AA"),
              "Its alg is not HS256, RS256, ES256 or EdDSA.")
        << none;
    EXPECT_EQ(why(base64url(said) + '.' + base64url(kGood) + "."),
              "It is no signed token of three parts.")
        << none;
  }
}

// Of "==" the library made a size below zero: the fuzzer ended the process with it.
TEST_F(Tokens, row_29_parts_that_are_no_base64url_are_refused_wherever_they_stand) {
  const std::string secret(32, 's');
  options_.token_secret = secret;
  keyring_ = std::make_unique<Keyring>(options_);
  ASSERT_EQ(keyring_->reload(), "");
  verifier_ = std::make_unique<TokenVerifier>(*keyring_, options_);
  const std::string good = forged(R"({"alg":"HS256"})", kGood, secret);
  ASSERT_EQ(why(good), "ok");
  const std::size_t first = good.find('.');
  const std::size_t second = good.find('.', first + 1);
  const std::vector<std::string> parts = {
      good.substr(0, first), good.substr(first + 1, second - first - 1), good.substr(second + 1)};
  for (const std::string bad : {"=", "==", "===", "====", "A", "A=", "AA==", "AAA=", "A===",
                                "AAAAA", "+/+/", "AA A", "AA\nA", "\xff\xff", "=AAA", "A\x7f=="}) {
    for (std::size_t at = 0; at < parts.size(); ++at) {
      std::string token;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        token += (i == 0 ? "" : ".") + (i == at ? bad : parts[i]);
      }
      EXPECT_NE(why(token), "ok") << token;
      EXPECT_NE(why(token), "") << token;
    }
  }
}

struct Row {
  const char* header;
  const char* why;
};

TEST_F(Tokens, row_32_and_33_headers_that_are_refused_though_the_signature_is_right) {
  const std::string secret(32, 's');
  options_.token_secret = secret;
  keyring_ = std::make_unique<Keyring>(options_);
  ASSERT_EQ(keyring_->reload(), "");
  verifier_ = std::make_unique<TokenVerifier>(*keyring_, options_);
  EXPECT_EQ(why(forged(R"({"alg":"HS256"})", kGood, secret)), "ok");
  constexpr std::string_view kNot = "Its header asks for what is not supported here.";
  for (const char* header :
       {R"({"alg":"HS256","crit":["exp"],"exp":1})", R"({"alg":"HS256","zip":"DEF"})",
        R"({"alg":"HS256","b64":false,"crit":["b64"]})"}) {
    EXPECT_EQ(why(forged(header, kGood, secret)), kNot) << header;
  }
  for (const char* header : {R"({"alg":"HS256","alg":"none"})", R"(["HS256"])", "{", "",
                             R"({"alg":1})", R"({"kid":["x"],"alg":"HS256"})"}) {
    const std::string said = why(forged(header, kGood, secret));
    EXPECT_TRUE(said == "Its first part is no JSON header." ||
                said == "It is no signed token of three parts.")
        << header << ": " << said;
  }
  EXPECT_EQ(why(forged("{}", kGood, secret)), "Its header has no alg.");
  // Keys that it brings along, or says where to find, are not looked at.
  const auto own = make_key_pair("EdDSA", "x");
  const std::string jwk = own->public_json.substr(own->public_json.find('[') + 1);
  const std::string with_key = R"({"alg":"EdDSA","jwk":)" + jwk.substr(0, jwk.rfind(']')) + "}";
  EXPECT_EQ(why(forged(with_key, kGood, secret)), "Its alg is not that of a key here.");
  for (const char* kid : {"../../../../dev/null", "' OR 1=1 --", "http://127.0.0.1:1/jwks"}) {
    const std::string header = R"({"alg":"HS256","kid":")" + std::string(kid) + "\"}";
    EXPECT_EQ(why(forged(header, kGood, secret)), "Its key (kid) is not known here.") << kid;
  }
}

TEST_F(Tokens, row_33_claims_are_looked_at_once_the_signature_is_right) {
  const auto keys = make_key_pair("EdDSA", "k");
  options_.token_issuer = "studio";
  options_.token_audience = "relay";
  ASSERT_EQ(use(keys->public_json), "");
  const std::string rest = R"("iss":"studio","aud":["web","relay"],)";
  const auto with = [&](std::string_view claims) {
    return why(signed_by(*keys, "{" + rest + std::string(claims) + "}"));
  };
  EXPECT_EQ(with(R"("sub":"ana","exp":1700000001)"), "ok");
  EXPECT_EQ(with(R"("sub":"ana","exp":1699999996)"), "ok") << "clocks differ by 5 s";
  EXPECT_EQ(with(R"("sub":"ana","exp":1699999995)"), "It has expired (exp).");
  EXPECT_EQ(with(R"("sub":"ana","exp":1700000001,"nbf":1700000005)"), "ok");
  EXPECT_EQ(with(R"("sub":"ana","exp":1700000001,"nbf":1700000006)"), "It is not valid yet (nbf).");
  EXPECT_EQ(with(R"("sub":"ana")"), "It has no exp: a token has to end.");
  EXPECT_EQ(with(R"("exp":1700000001)"), "It has no sub: whose it is.");
  EXPECT_EQ(with(R"("sub":"ana","exp":1700000001,"exp":1800000000)"),
            "A claim stands there twice.");
  EXPECT_EQ(with(R"("sub":"a\u0000b","exp":1700000001)"), "Its sub is not a name.");
  EXPECT_EQ(with(R"("sub":"ana","exp":"tomorrow")"), "Its exp is not a number of seconds.");
  EXPECT_EQ(with(R"("sub":"ana","exp":1e300)"), "Its exp is not a number of seconds.");
  EXPECT_EQ(with(R"("sub":"ana","exp":1700000001,"permissions":["fly"])"),
            "Its permissions are not a list of known ones.");
  EXPECT_EQ(with(R"("sub":"ana","exp":1700000001,"rooms":["r"])"),
            "Its rooms are not patterns with permissions.");
  EXPECT_EQ(why(signed_by(*keys, R"({"sub":"a","exp":1700000001,"aud":"relay","iss":"other"})")),
            "It is of another issuer (iss).");
  EXPECT_EQ(why(signed_by(*keys, R"({"sub":"a","exp":1700000001,"aud":"web","iss":"studio"})")),
            "It is for another audience (aud).");
  EXPECT_EQ(verify(signed_by(*keys, "{" + rest + R"("sub":"a","exp":1})")).error,
            Error::token_expired);
}

TEST_F(Tokens, WhatIsNoTokenIsRefusedByItsShape) {
  const auto keys = make_key_pair("HS256", "k");
  ASSERT_EQ(use(keys->public_json), "");
  const std::string token = signed_by(*keys);
  EXPECT_EQ(why(token), "ok");
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), token + ".",
        "." + token, token + ".a.b", token.substr(0, token.rfind('.')), token + "=", token + "\n",
        std::string("\0", 1) + token, " " + token, token + "%41"}) {
    const std::string said = why(text);
    EXPECT_TRUE(said == "It is no signed token of three parts." ||
                said == "Its first part is no JSON header.")
        << text << ": " << said;
  }
  EXPECT_EQ(why(std::string(100'000, 'a')), "It is longer than --token-bytes-max.");
  std::string cut = token;
  while (cut.size() > 1) {
    cut.pop_back();
    EXPECT_NE(why(cut), "ok");
  }
}

TEST_F(Tokens, KeysThatAreRefusedAtTheStart) {
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(use("nonsense"), "no JSON Web Key Set"));
  EXPECT_TRUE(has(use("{}"), "no JSON Web Key Set"));
  EXPECT_TRUE(has(use(R"({"keys":[{"kty":"oct","k":"c2hvcnQ"}]})"), "shorter than 32 bytes"));
  const auto keys = make_key_pair("EdDSA", "k");
  EXPECT_TRUE(has(use(merged({keys->public_json, keys->public_json})), "kid stands there twice"));
  // A slip in one of two: the other alone would refuse half of the players.
  const std::string broken = R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"x"}]})";
  EXPECT_TRUE(has(use(merged({keys->public_json, broken})), "or one of its keys is broken"));
  options_.token_secret = "short";
  EXPECT_TRUE(has(use(keys->public_json), "--token-secret: the secret is shorter"));
  options_.token_secret.clear();
  options_.token_keys = folder_.path() + "/absent.json";
  EXPECT_TRUE(has(Keyring(options_).reload(), "cannot read it"));
}

// As a provider may have them beside those that matter here.
TEST_F(Tokens, KeysOfOtherKindsArePassedOver) {
  const auto keys = make_key_pair("EdDSA", "k");
  const auto rsa = make_key_pair("RS256", "r");
  std::string other = rsa->public_json;
  other.replace(other.find("RS256"), 5, "RS512");
  ASSERT_EQ(use(merged({other, keys->public_json})), "");
  EXPECT_EQ(keyring_->keys()->passed_over(), 1u);
  EXPECT_EQ(why(signed_by(*keys)), "ok");
  EXPECT_EQ(why(signed_by(*rsa)), "Its key (kid) is not known here.");
  EXPECT_NE(use(other).find("no key for signatures"), std::string::npos);
}

// A file that is not in order leaves the keys that were there; one that is takes effect at once.
TEST_F(Tokens, AReloadTakesNewKeysAndKeepsOldOnesFromABadFile) {
  const auto old_keys = make_key_pair("EdDSA", "old");
  const auto new_keys = make_key_pair("EdDSA", "new");
  ASSERT_EQ(use(old_keys->public_json), "");
  const std::string by_old = signed_by(*old_keys);
  const std::string by_new = signed_by(*new_keys);
  EXPECT_EQ(why(by_old), "ok");
  write("half a fi");
  EXPECT_NE(keyring_->reload(), "");
  EXPECT_EQ(why(by_old), "ok");
  write(merged({old_keys->public_json, new_keys->public_json}));
  EXPECT_EQ(keyring_->reload(), "");
  EXPECT_EQ(why(by_old), "ok");
  EXPECT_EQ(why(by_new), "ok");
  write(new_keys->public_json);
  EXPECT_EQ(keyring_->reload(), "");
  EXPECT_EQ(why(by_old), "Its key (kid) is not known here.");
  EXPECT_EQ(why(by_new), "ok");
}

}  // namespace
}  // namespace perseid::test
