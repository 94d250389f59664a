// The form of signed payloads against its vectors (tests/vectors/signature_v1.json, shared with the
// SDKs; Node's crypto made them).
#include "codec/signed_payload.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/support/signer.h"
#include "tests/support/vector_json.h"

namespace perseid {
namespace {

using simdjson::dom::element;
using test::number;
using test::text;

class SignedPayloads : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = std::string(PERSEID_SOURCE_DIR) + "/tests/vectors/signature_v1.json";
    ASSERT_FALSE(parser_.load(path).get(vectors_));
  }
  simdjson::dom::array rows(const char* section) {
    simdjson::dom::array out;
    EXPECT_FALSE(vectors_[section].get(out));
    EXPECT_GT(out.size(), 10u);
    return out;
  }
  // As the vectors say: bytes that count up.
  static test::Signer signer(SignatureKind kind) {
    SigningKey key;
    for (u8 i = 0; i < key.size(); ++i) key[i] = static_cast<u8>(0x80 + i);
    test::Signer out = test::Signer::hmac(key);
    if (kind == SignatureKind::ed25519) {
      out = test::Signer::ed25519(0, 1);
      for (u8 i = 0; i < out.by.nonce.size(); ++i) out.by.nonce[i] = static_cast<u8>(0xa0 + i);
    }
    return out;
  }
  static SignedPlace place_of(std::string_view line) {
    const bool is_private = line.starts_with("to ");
    return {.is_private = is_private, .name = line.substr(is_private ? 3 : 5)};
  }
  simdjson::dom::parser parser_;
  element vectors_;
};

TEST_F(SignedPayloads, are_written_as_in_the_vectors) {
  for (const element row : rows("signed")) {
    SCOPED_TRACE(text(row, "name") + " " + text(row, "algorithm"));
    SignatureKind kind;
    ASSERT_TRUE(signature_kind_named(text(row, "algorithm"), kind));
    test::Signer own = signer(kind);
    own.by.count = number(row, "count") - 1;
    const MessageType type =
        text(row, "type") == "chat" ? MessageType::chat : MessageType::player_action;
    const std::string place = text(row, "place");
    EXPECT_EQ(own.sign(type, place_of(place), text(row, "body")), text(row, "payload"));
  }
}

TEST_F(SignedPayloads, are_read_as_in_the_vectors) {
  for (const element row : rows("signed")) {
    SCOPED_TRACE(text(row, "name") + " " + text(row, "algorithm"));
    const std::string payload = text(row, "payload");
    SignedPayload read;
    ASSERT_TRUE(read_signed_payload(payload, read));
    EXPECT_EQ(name(read.by.kind), text(row, "algorithm"));
    EXPECT_EQ(read.by.count, number(row, "count"));
    std::string signed_text;
    const std::string place = text(row, "place");
    append_signed_text(signed_text,
                       text(row, "type") == "chat" ? MessageType::chat : MessageType::player_action,
                       place_of(place), read.head);
    EXPECT_EQ(signed_text, text(row, "text"));
    const test::Signer own = signer(read.by.kind);
    EXPECT_EQ(read.by.key, own.by.key);
    EXPECT_EQ(read.by.nonce, own.by.nonce);
  }
}

TEST_F(SignedPayloads, of_another_form_are_none) {
  for (const element row : rows("not_signed")) {
    SignedPayload read;
    EXPECT_FALSE(read_signed_payload(text(row, "payload"), read)) << text(row, "name");
  }
}

// Cut anywhere, or with any one byte changed, it is not the same message: either no signed payload,
// or one whose text, signature or place differs.
TEST_F(SignedPayloads, no_byte_can_be_changed_unseen) {
  for (const element row : rows("signed")) {
    const std::string payload = text(row, "payload");
    SignedPayload whole;
    ASSERT_TRUE(read_signed_payload(payload, whole));
    for (std::size_t at = 0; at < payload.size(); ++at) {
      SignedPayload read;
      EXPECT_FALSE(read_signed_payload(std::string_view(payload).substr(0, at), read));
      std::string changed = payload;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      if (!read_signed_payload(changed, read)) continue;
      EXPECT_TRUE(read.head != whole.head || read.signature != whole.signature) << at;
    }
  }
}

}  // namespace
}  // namespace perseid
