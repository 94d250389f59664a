// Chat payloads: what they say, and of every malformed one the error and the place.
#include "codec/chat_payload.h"

#include <gtest/gtest.h>

namespace perseid {
namespace {

std::string padded(std::string_view text) {
  return std::string(text) + std::string(kParsePaddingBytes, '"');
}

struct Read {
  Error error = Error::ok;
  std::string field;
  ChatPayload payload;
  std::string emoji;
  std::string text;
};

Read read(std::string_view payload) {
  ChatPayloadReader reader;
  Read out;
  const std::string bytes = padded(payload);
  std::string_view field;
  out.error = reader.read(std::string_view(bytes).substr(0, payload.size()), out.payload, field);
  out.field = field;
  out.emoji = out.payload.emoji;
  out.text = out.payload.text;
  return out;
}

std::string times(std::string_view text, u32 count) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}

const std::string kDeep = times("[", 30) + times("]", 30);

struct GoodCase {
  const char* name;
  std::string payload;
  ChatKind kind = ChatKind::message;
  u64 target = 0;
  const char* emoji = "";
  const char* text = "";
  bool remove = false;
};

const GoodCase kGoodCases[] = {
    {"a text", R"({"text":"hi"})"},
    {"an empty text", R"({"text":""})"},
    {"a text with a NUL in it", R"({"text":"a\u0000b"})"},
    {"an emoji", R"({"emoji":"👍"})"},
    {"text, emoji and data", R"({"text":"hi","emoji":"👍","data":{"a":[1]}})"},
    {"other fields", R"({"sound":"bell","volume":11})"},
    {"nothing", "{}"},
    {"a string", R"("hi")"},
    {"a number", "7"},
    {"null", "null"},
    {"an array", R"([{"react":5}])"},
    {"our keys further in", R"({"data":{"react":5,"edit":"x","delete":1,"typing":9}})"},
    {"a key in other letters", R"({"React":5,"TEXT":1})"},
    {"deep data", R"({"data":)" + kDeep + "}"},
    {"a reaction", R"({"react":{"seq":4,"emoji":"👍"}})", ChatKind::react, 4, "👍"},
    {"a reaction by a short name", R"({"react":{"emoji":":+1:","seq":4}})", ChatKind::react, 4,
     ":+1:"},
    {"an escaped emoji", R"({"react":{"seq":4,"emoji":"\ud83d\udc4d"}})", ChatKind::react, 4, "👍"},
    {"a family, joined by U+200D", R"({"react":{"seq":4,"emoji":"👨‍👩‍👧‍👦"}})",
     ChatKind::react, 4, "👨‍👩‍👧‍👦"},
    {"a reaction taken away", R"({"react":{"seq":4,"emoji":"x","remove":true}})", ChatKind::react,
     4, "x", "", true},
    {"a reaction not taken away", R"({"react":{"seq":4,"emoji":"x","remove":false}})",
     ChatKind::react, 4, "x"},
    {"the largest seq", R"({"delete":{"seq":9007199254740991}})", ChatKind::erase,
     9007199254740991u},
    {"an edit", R"({"edit":{"seq":4,"text":"bye \"now\"\n"}})", ChatKind::edit, 4, "",
     R"("bye \"now\"\n")"},
    {"an edit to nothing", R"({"edit":{"seq":4,"text":""}})", ChatKind::edit, 4, "", R"("")"},
    {"white space within", "{ \"edit\" : { \"seq\" : 4 , \"text\" : \"b\" } }", ChatKind::edit, 4,
     "", R"("b")"},
    {"an escaped key", R"({"\u0065dit":{"seq":4,"text":"b"}})", ChatKind::edit, 4, "", R"("b")"},
    {"data beside an edit", R"({"data":1,"edit":{"seq":4,"text":"b","data":2},"more":3})",
     ChatKind::edit, 4, "", R"("b")"},
    {"a deletion", R"({"delete":{"seq":4}})", ChatKind::erase, 4},
    {"text in a deletion says nothing", R"({"delete":{"seq":4,"text":5}})", ChatKind::erase, 4},
    {"typing", R"({"typing":true})", ChatKind::typing},
    {"typing no more, with data", R"({"typing":false,"data":"x"})", ChatKind::typing},
};

TEST(ChatPayload, says_what_it_is) {
  for (const GoodCase& row : kGoodCases) {
    const Read got = read(row.payload);
    EXPECT_EQ(got.error, Error::ok) << row.name << " " << got.field;
    EXPECT_EQ(got.field, "") << row.name;
    EXPECT_EQ(got.payload.kind, row.kind) << row.name;
    EXPECT_EQ(got.payload.target, row.target) << row.name;
    EXPECT_EQ(got.emoji, row.emoji) << row.name;
    EXPECT_EQ(got.text, row.text) << row.name;
    EXPECT_EQ(got.payload.remove, row.remove) << row.name;
  }
}

struct BadCase {
  const char* name;
  std::string payload;
  Error error;
  const char* field;
};

const BadCase kBadCases[] = {
    {"text: a number", R"({"text":5})", Error::wrong_type, "payload.text"},
    {"text: null", R"({"text":null})", Error::wrong_type, "payload.text"},
    {"text: an object", R"({"text":{"seq":1}})", Error::wrong_type, "payload.text"},
    {"text: deep", R"({"text":)" + kDeep + "}", Error::wrong_type, "payload.text"},
    {"text twice", R"({"text":"a","text":"b"})", Error::duplicate_field, "payload.text"},
    {"emoji: a number", R"({"emoji":5})", Error::wrong_type, "payload.emoji"},
    {"emoji: empty", R"({"emoji":""})", Error::bad_value, "payload.emoji"},
    {"emoji: too long", R"({"emoji":")" + times("e", 65) + R"("})", Error::bad_value,
     "payload.emoji"},
    {"emoji: a NUL", R"({"emoji":"\u0000"})", Error::bad_value, "payload.emoji"},
    {"emoji twice", R"({"emoji":"a","text":"t","emoji":"b"})", Error::duplicate_field,
     "payload.emoji"},
    {"react: a string", R"({"react":"👍"})", Error::wrong_type, "payload.react"},
    {"react: null", R"({"react":null})", Error::wrong_type, "payload.react"},
    {"react: an array", R"({"react":[]})", Error::wrong_type, "payload.react"},
    {"react: nothing in it", R"({"react":{}})", Error::missing_field, "payload.react.seq"},
    {"react: no seq", R"({"react":{"emoji":"x"}})", Error::missing_field, "payload.react.seq"},
    {"react: no emoji", R"({"react":{"seq":4}})", Error::missing_field, "payload.react.emoji"},
    {"react: seq 0", R"({"react":{"seq":0,"emoji":"x"}})", Error::bad_value, "payload.react.seq"},
    {"react: seq below 0", R"({"react":{"seq":-1,"emoji":"x"}})", Error::bad_value,
     "payload.react.seq"},
    {"react: half a seq", R"({"react":{"seq":1.5,"emoji":"x"}})", Error::bad_value,
     "payload.react.seq"},
    {"react: seq with an exponent", R"({"react":{"seq":1e3,"emoji":"x"}})", Error::bad_value,
     "payload.react.seq"},
    {"react: seq beyond 2^53", R"({"react":{"seq":9007199254740992,"emoji":"x"}})",
     Error::bad_value, "payload.react.seq"},
    {"react: seq beyond 2^64", R"({"react":{"seq":99999999999999999999999,"emoji":"x"}})",
     Error::bad_value, "payload.react.seq"},
    {"react: seq a string", R"({"react":{"seq":"4","emoji":"x"}})", Error::wrong_type,
     "payload.react.seq"},
    {"react: seq null", R"({"react":{"seq":null,"emoji":"x"}})", Error::wrong_type,
     "payload.react.seq"},
    {"react: seq twice", R"({"react":{"seq":4,"seq":5,"emoji":"x"}})", Error::duplicate_field,
     "payload.react.seq"},
    {"react: emoji a number", R"({"react":{"seq":4,"emoji":1}})", Error::wrong_type,
     "payload.react.emoji"},
    {"react: emoji empty", R"({"react":{"seq":4,"emoji":""}})", Error::bad_value,
     "payload.react.emoji"},
    {"react: emoji too long", R"({"react":{"seq":4,"emoji":")" + times("👍", 16) + R"(x"}})",
     Error::bad_value, "payload.react.emoji"},
    {"react: emoji a line break", R"({"react":{"seq":4,"emoji":"\n"}})", Error::bad_value,
     "payload.react.emoji"},
    {"react: emoji turns the text", R"({"react":{"seq":4,"emoji":"\u202e"}})", Error::bad_value,
     "payload.react.emoji"},
    {"react: emoji twice", R"({"react":{"seq":4,"emoji":"x","emoji":"x"}})", Error::duplicate_field,
     "payload.react.emoji"},
    {"react: remove a number", R"({"react":{"seq":4,"emoji":"x","remove":1}})", Error::wrong_type,
     "payload.react.remove"},
    {"react: remove twice", R"({"react":{"remove":true,"remove":true}})", Error::duplicate_field,
     "payload.react.remove"},
    {"react twice", R"({"react":{"seq":4,"emoji":"x"},"react":{"seq":5,"emoji":"x"}})",
     Error::duplicate_field, "payload.react"},
    {"edit: a string", R"({"edit":"new"})", Error::wrong_type, "payload.edit"},
    {"edit: nothing in it", R"({"edit":{}})", Error::missing_field, "payload.edit.seq"},
    {"edit: no text", R"({"edit":{"seq":4}})", Error::missing_field, "payload.edit.text"},
    {"edit: text a number", R"({"edit":{"seq":4,"text":5}})", Error::wrong_type,
     "payload.edit.text"},
    {"edit: text twice", R"({"edit":{"seq":4,"text":"a","text":"b"}})", Error::duplicate_field,
     "payload.edit.text"},
    {"edit: seq true", R"({"edit":{"seq":true,"text":"a"}})", Error::wrong_type,
     "payload.edit.seq"},
    {"delete: a number", R"({"delete":4})", Error::wrong_type, "payload.delete"},
    {"delete: true", R"({"delete":true})", Error::wrong_type, "payload.delete"},
    {"delete: nothing in it", R"({"delete":{}})", Error::missing_field, "payload.delete.seq"},
    {"delete: seq an array", R"({"delete":{"seq":[4]}})", Error::wrong_type, "payload.delete.seq"},
    {"delete: seq 0", R"({"delete":{"seq":0}})", Error::bad_value, "payload.delete.seq"},
    {"typing: a number", R"({"typing":1})", Error::wrong_type, "payload.typing"},
    {"typing: null", R"({"typing":null})", Error::wrong_type, "payload.typing"},
    {"typing twice", R"({"typing":true,"typing":true})", Error::duplicate_field, "payload.typing"},
    {"two things at once", R"({"delete":{"seq":4},"react":{"seq":4,"emoji":"x"}})",
     Error::bad_value, "payload.react"},
    {"a change and typing", R"({"delete":{"seq":4},"typing":true})", Error::bad_value,
     "payload.typing"},
    {"a change and a text", R"({"text":"hi","delete":{"seq":4}})", Error::bad_value,
     "payload.text"},
    {"a change and an emoji", R"({"edit":{"seq":4,"text":"b"},"emoji":"x"})", Error::bad_value,
     "payload.emoji"},
    {"typing and a text", R"({"typing":true,"text":"would be lost"})", Error::bad_value,
     "payload.text"},
};

TEST(ChatPayload, every_malformed_one_has_its_error_and_its_place) {
  for (const BadCase& row : kBadCases) {
    const Read got = read(row.payload);
    EXPECT_EQ(got.error, row.error) << row.name << " " << info(got.error).code;
    EXPECT_EQ(got.field, row.field) << row.name;
  }
}

TEST(ChatPayload, an_emoji_has_up_to_64_bytes) {
  const std::string longest = times("👍", 16);
  EXPECT_EQ(read(R"({"react":{"seq":1,"emoji":")" + longest + R"("}})").emoji, longest);
  EXPECT_EQ(read(R"({"emoji":")" + longest + R"("})").error, Error::ok);
}

TEST(ChatPayload, what_is_no_json_is_refused_wherever_it_is_cut) {
  for (const GoodCase& row : kGoodCases) {
    if (!row.payload.starts_with('{')) continue;
    for (std::size_t cut = 1; cut < row.payload.size(); ++cut) {
      const Read got = read(row.payload.substr(0, cut));
      EXPECT_NE(got.error, Error::ok) << row.name << " " << cut;
    }
  }
}

struct EditCase {
  const char* name;
  const char* payload;
  const char* edited;
};

const EditCase kEditCases[] = {
    {"the text", R"({"text":"old"})", R"({"text":"new"})"},
    {"what stands beside it stays", R"({"emoji":"x","text":"old","data":{"a":[1, 2]}})",
     R"({"text":"new","emoji":"x","data":{"a":[1, 2]}})"},
    {"no text before", R"({"data":5})", R"({"text":"new","data":5})"},
    {"a key with an escape", R"({"a\"b":1})", R"({"text":"new","a\"b":1})"},
    {"no object", R"("old")", R"({"text":"new"})"},
    {"an empty one", "{}", R"({"text":"new"})"},
};

TEST(ChatPayload, an_edit_replaces_the_text_alone) {
  ChatPayloadReader reader;
  for (const EditCase& row : kEditCases) {
    const std::string bytes = padded(row.payload);
    std::string out;
    reader.append_edited(out, std::string_view(bytes).substr(0, std::string(row.payload).size()),
                         R"("new")");
    EXPECT_EQ(out, row.edited) << row.name;
  }
}

}  // namespace
}  // namespace perseid
