// Answers are valid JSON whatever the names in them.
#include "engine/answers.h"

#include <gtest/gtest.h>

#include <functional>

#include "codec/envelope.h"
#include "codec/json_document.h"

namespace perseid::test {
namespace {

// Valid UTF-8, as the envelope guarantees; everything else may be in a name that an option allows.
const std::string kHostileNames[] = {
    "",
    "lobby",
    "\"},{\"type\":\"chat",
    "\\",
    "\\u0000",
    "</script><script>alert(1)</script>",
    "'; drop table rooms; --",
    std::string("nul\0nul", 7),
    "line\nbreak\r\n\t\x1b[31m",
    "\x7f\xc2\x80\xc2\x9f",
    "\xe2\x80\xa8\xe2\x80\xa9",
    "\xe2\x80\xae evil",
    "Zo\xc3\xab \xf0\x9f\x8e\xb2",
    "../../etc/passwd",
    "*.>.$SYS",
    "%00%0d%0a",
    "{{7*7}}${x}",
    std::string(1024, '"'),
};
const std::string_view kIds[] = {"", "0", "-9223372036854775808", R"("a\"b")"};

using Writer = std::function<void(std::string&, std::string_view id, std::string_view name)>;

struct Row {
  const char* name;
  Writer write;
};

const Options kOptions;

JoinAnswer join_answer(std::string_view id, std::string_view name) {
  JoinAnswer answer;
  answer.id = id;
  answer.has_since = true;
  answer.epoch = "0123456789abcdef";
  answer.members_json = "[";
  answers::member(answer.members_json, {1}, name);
  answer.members_json += ']';
  return answer;
}

const Row kRows[] = {
    {"welcome",
     [](auto& out, auto id, auto) {
       answers::welcome(out, id, {.client = {~u64{0}}, .secret = "s00"}, kOptions, ~u64{0});
     }},
    {"welcome",
     [](auto& out, auto id, auto name) {
       std::string rooms;
       answers::resumed_room(rooms, {.room = name, .room_number = 3, .epoch = "01", .chat = ~0u});
       answers::welcome(
           out, id,
           {.client = {7}, .secret = "s00", .resumed = true, .rooms_json = rooms + "," + rooms},
           kOptions, 1);
     }},
    {"joined", [](auto& out, auto id,
                  auto name) { answers::joined(out, name, join_answer(id, name), Options{}); }},
    {"left", [](auto& out, auto id, auto name) { answers::left(out, id, name); }},
    {"ack", [](auto& out, auto id, auto name) { answers::ack(out, id, name, ~0u, 1); }},
    {"pong", [](auto& out, auto id, auto) { answers::pong(out, id, 1); }},
    {"error",
     [](auto& out, auto id, auto) { answers::error(out, id, Error::wrong_type, "since.chat", 9); }},
    {"gap",
     [](auto& out, auto, auto name) { answers::gap(out, name, Lane::player_action, 1, ~0u); }},
    {"presence",
     [](auto& out, auto, auto name) { answers::presence(out, name, "join", {7}, name); }},
    {"roster",
     [](auto& out, auto, auto name) {
       std::string members = "[";
       answers::member(members, {7}, name);
       answers::roster(out, name, members + "]", 1);
     }},
    {"goaway", [](auto& out, auto, auto name) { answers::goaway(out, name, 1000); }},
    {"history", [](auto& out, auto id, auto name) { answers::history(out, id, name, "[]"); }},
    {"clients",
     [](auto& out, auto id, auto name) {
       std::string clients;
       answers::client(clients, {7}, name, "quiet", 1, "websocket");
       answers::clients(out, id, name, clients);
     }},
};

void expect_one_object(const Row& row, std::string text) {
  const std::size_t size = text.size();
  text.append(kParsePaddingBytes, ' ');
  JsonDocument document;
  ASSERT_EQ(document.open(std::string_view(text).substr(0, size)), Error::ok) << row.name << text;
  ASSERT_TRUE(document.is_object()) << row.name;
  auto object = document.document().get_object();
  std::string_view type;
  std::string_view op;
  ASSERT_FALSE(object["type"].get_string().get(type));
  ASSERT_FALSE(object["op"].get_string().get(op));
  EXPECT_EQ(type, "system");
  EXPECT_EQ(op, row.name);
}

TEST(Answers, are_one_json_object_whatever_the_names) {
  for (const Row& row : kRows) {
    for (const std::string& name : kHostileNames) {
      for (const std::string_view id : kIds) {
        std::string text;
        row.write(text, id, name);
        expect_one_object(row, text);
      }
    }
  }
}

TEST(Answers, give_a_room_name_back_as_it_was) {
  for (const std::string& name : kHostileNames) {
    std::string text;
    answers::left(text, "1", name);
    text.append(kParsePaddingBytes, ' ');
    JsonDocument document;
    ASSERT_EQ(document.open(std::string_view(text).substr(0, text.size() - kParsePaddingBytes)),
              Error::ok);
    std::string_view room;
    ASSERT_FALSE(document.document().get_object()["room"].get_string().get(room));
    EXPECT_EQ(room, name);
  }
}

TEST(Answers, append_and_do_not_overwrite) {
  std::string text = "before";
  answers::pong(text, "1", 2);
  EXPECT_EQ(text, R"(before{"type":"system","op":"pong","id":1,"timestamp":2})");
}

TEST(Answers, every_error_of_the_list_has_code_and_sentence) {
#define X(name, close, status, sentence)                                                        \
  {                                                                                             \
    std::string text;                                                                           \
    answers::error(text, {}, Error::name, "room", 250);                                         \
    EXPECT_NE(text.find(R"("code":")" #name "\""), std::string::npos) << text;                  \
    EXPECT_NE(text.find(R"("message":"room: )"), std::string::npos) << text;                    \
    EXPECT_NE(text.find(R"("field":"room","retry_after_ms":250})"), std::string::npos) << text; \
  }
  PERSEID_ERRORS(X)
#undef X
}

}  // namespace
}  // namespace perseid::test
