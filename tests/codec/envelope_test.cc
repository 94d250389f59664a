// The JSON envelope: what is accepted, and the precise complaint about what is not.
#include "codec/envelope.h"

#include <gtest/gtest.h>

#include "tests/codec/envelope_text.h"

namespace perseid {
namespace {

struct Row {
  const char* name;
  std::string json;
  std::string want;
};

void expect_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(read_json(row.json), row.want) << row.name;
}

TEST(Envelope, ReadsEveryRequestOfTheProtocol) {
  expect_rows({
      {"hello with everything",
       R"({"type":"system","op":"hello","id":1,"name":"ana","token":"t.o.k","session":"s1","meta":{"a":[1]}})",
       R"(system:hello name=ana token=t.o.k session=s1 meta={"a":[1]} id=1)"},
      {"hello with nothing", R"({"type":"system","op":"hello"})", "system:hello"},
      {"join with everything",
       R"({"type":"system","op":"join","id":2,"room":"lobby","presence":true,"history":50,"since":{"epoch":"e1","chat":41,"player_action":97}})",
       "system:join room=lobby presence history=50 since.epoch=e1 since.chat=41 "
       "since.player_action=97 id=2"},
      {"join, its least", R"({"type":"system","op":"join","room":"lobby"})",
       "system:join room=lobby"},
      {"since with an epoch only",
       R"({"type":"system","op":"join","room":"r","since":{"epoch":"e"}})",
       "system:join room=r since.epoch=e"},
      {"seq 0: before the first message",
       R"({"type":"system","op":"join","room":"r","since":{"epoch":"e","chat":0}})",
       "system:join room=r since.epoch=e since.chat=0"},
      {"since far on",
       R"({"type":"system","op":"join","room":"r","since":{"epoch":"e","chat":9007199254740991}})",
       "system:join room=r since.epoch=e since.chat=9007199254740991"},
      {"leave", R"({"type":"system","op":"leave","id":3,"room":"lobby"})",
       "system:leave room=lobby id=3"},
      {"chat to a room", R"({"type":"chat","room":"lobby","payload":{"text":"hi"},"id":4})",
       R"(chat room=lobby payload={"text":"hi"} id=4)"},
      {"player_action", R"({"type":"player_action","room":"a","payload":[1,2]})",
       "player_action room=a payload=[1,2]"},
      {"chat to a client", R"({"type":"chat","to":"c0000000000004","payload":"psst","id":5})",
       R"(chat to=c0000000000004 payload="psst" id=5)"},
      {"game_state",
       R"({"type":"game_state","room":"arena","payload":{"set":{"e1":{"x":1.5}},"unset":["e7"]}})",
       R"(game_state room=arena payload={"set":{"e1":{"x":1.5}},"unset":["e7"]})"},
      {"discover", R"({"type":"system","op":"discover","id":6,"room":"lobby"})",
       "system:discover room=lobby id=6"},
      {"history", R"({"type":"system","op":"history","id":7,"room":"r","before":58,"limit":50})",
       "system:history room=r before=58 limit=50 id=7"},
      {"chat to a name", R"({"type":"chat","to":"@ana b","payload":1})",
       "chat to=@ana b payload=1"},
      {"read", R"({"type":"system","op":"read","room":"r","seq":57,"id":7})",
       "system:read room=r seq=57 id=7"},
      {"mute", R"({"type":"system","op":"mute","room":"r","name":"ben","duration_ms":60000})",
       "system:mute room=r name=ben duration_ms=60000"},
      {"unmute", R"({"type":"system","op":"unmute","room":"r","client":"c0000000000004"})",
       "system:unmute room=r client=c0000000000004"},
      {"kick", R"({"type":"system","op":"kick","room":"r","client":"c0000000000004"})",
       "system:kick room=r client=c0000000000004"},
      {"ban", R"({"type":"system","op":"ban","room":"r","client":"c0000000000004"})",
       "system:ban room=r client=c0000000000004"},
      {"unban", R"({"type":"system","op":"unban","room":"r","name":"ben"})",
       "system:unban room=r name=ben"},
      {"slow_mode", R"({"type":"system","op":"slow_mode","room":"r","interval_ms":5000})",
       "system:slow_mode room=r interval_ms=5000"},
      {"ping", R"({"type":"system","op":"ping","id":8})", "system:ping id=8"},
  });
}

TEST(Envelope, PayloadIsTheSendersOwnBytes) {
  const std::string payloads[] = {"null",
                                  "true",
                                  "-0",
                                  "1E+2",
                                  R"("\u0041\n")",
                                  "[ 1 ,\t2 ]",
                                  R"({"b":1,"a":2,"b":3})",
                                  R"({ "x" : { } })",
                                  R"("ü \/ \" ")",
                                  "9007199254740993",
                                  "100000000000000000000000000"};
  for (const std::string& payload : payloads) {
    const std::string message = R"({"type":"chat","room":"r","payload": )" + payload + " \n}";
    EXPECT_EQ(read_json(message), "chat room=r payload=" + payload);
  }
}

TEST(Envelope, IdIsEchoedAsItIsWritten) {
  expect_rows({
      {"zero", R"({"type":"system","op":"ping","id":0})", "system:ping id=0"},
      {"least", R"({"type":"system","op":"ping","id":-9223372036854775808})",
       "system:ping id=-9223372036854775808"},
      {"largest", R"({"type":"system","op":"ping","id":9223372036854775807})",
       "system:ping id=9223372036854775807"},
      {"string", R"({"type":"system","op":"ping","id":"a1"})", R"(system:ping id="a1")"},
      {"empty string", R"({"type":"system","op":"ping","id":""})", R"(system:ping id="")"},
      {"escapes stay", R"({"type":"system","op":"ping","id":"\u00e9\""})",
       R"(system:ping id="\u00e9\"")"},
      {"32 bytes", R"({"type":"system","op":"ping","id":")" + std::string(32, 'x') + "\"}",
       "system:ping id=\"" + std::string(32, 'x') + '"'},
      {"33 bytes", R"({"type":"system","op":"ping","id":")" + std::string(33, 'x') + "\"}",
       "bad_value(id)"},
      {"beyond 64 bits", R"({"type":"system","op":"ping","id":9223372036854775808})",
       "bad_value(id)"},
      {"fraction", R"({"type":"system","op":"ping","id":1.0})", "bad_value(id)"},
      {"exponent", R"({"type":"system","op":"ping","id":1e3})", "bad_value(id)"},
      {"null counts as absent", R"({"type":"system","op":"ping","id":null})", "system:ping"},
      {"wherever it stands, first", R"({"id":4,"type":"nope"})", "unknown_type(type) id=4"},
      {"wherever it stands, last", R"({"type":"nope","id":4})", "unknown_type(type) id=4"},
      {"last, behind a missing field", R"({"type":"chat","payload":1,"id":4})",
       "missing_field(room) id=4"},
  });
}

TEST(Envelope, NamesThePreciseProblem) {
  expect_rows({
      {"no type", R"({"room":"r"})", "missing_field(type)"},
      {"unknown type", R"({"type":"shout","room":"r"})", "unknown_type(type)"},
      {"no op", R"({"type":"system"})", "missing_field(op)"},
      {"unknown op", R"({"type":"system","op":"sudo"})", "unknown_op(op)"},
      {"join without a room", R"({"type":"system","op":"join"})", "missing_field(room)"},
      {"history without a room", R"({"type":"system","op":"history"})", "missing_field(room)"},
      {"chat without a place", R"({"type":"chat","payload":1})", "missing_field(room)"},
      {"chat without a payload", R"({"type":"chat","room":"r"})", "missing_field(payload)"},
      {"to a room and to a client",
       R"({"type":"chat","room":"r","to":"c0000000000004","payload":1})", "bad_value(to)"},
      {"state to a client",
       R"({"type":"game_state","room":"r","to":"c0000000000004","payload":{}})", "bad_value(to)"},
      {"state that is no object", R"({"type":"game_state","room":"r","payload":[]})",
       "wrong_type(payload)"},
      {"to nobody's id", R"({"type":"chat","to":"bob","payload":1})", "bad_value(to)"},
      {"empty room", R"({"type":"system","op":"join","room":""})", "bad_value(room)"},
      {"since without an epoch", R"({"type":"system","op":"join","room":"r","since":{"chat":1}})",
       "missing_field(since.epoch)"},
      {"mistyped inside since",
       R"({"type":"system","op":"join","room":"r","since":{"epoch":"e","chat":"1"},"id":9})",
       "wrong_type(since.chat) id=9"},
      {"mistyped epoch", R"({"type":"system","op":"join","room":"r","since":{"epoch":7}})",
       "wrong_type(since.epoch)"},
      {"negative history", R"({"type":"system","op":"join","room":"r","history":-1})",
       "bad_value(history)"},
      {"since beyond a double's whole numbers",
       R"({"type":"system","op":"join","room":"r","since":{"epoch":"e","chat":9007199254740992}})",
       "bad_value(since.chat)"},
      {"history beyond 32 bits", R"({"type":"system","op":"join","room":"r","history":4294967296})",
       "bad_value(history)"},
      {"history as a float", R"({"type":"system","op":"join","room":"r","history":1.5})",
       "bad_value(history)"},
      {"meta that is no object", R"({"type":"system","op":"hello","meta":"x"})",
       "wrong_type(meta)"},
      {"duplicate of a known field", R"({"type":"chat","type":"chat","id":1})",
       "duplicate_field(type) id=1"},
      {"duplicate inside since",
       R"({"type":"system","op":"join","room":"r","since":{"epoch":"a","epoch":"b"}})",
       "duplicate_field(since.epoch)"},
      {"the first of two problems is told",
       R"({"type":"system","op":"join","room":1,"history":"x"})", "wrong_type(room)"},
  });
}

TEST(Envelope, LimitsNamesAndMeta) {
  const auto join = [](const std::string& room) {
    return read_json(R"({"type":"system","op":"join","room":")" + room + "\"}");
  };
  EXPECT_EQ(join(std::string(128, 'r')), "system:join room=" + std::string(128, 'r'));
  EXPECT_EQ(join(std::string(129, 'r')), "name_too_long(room)");
  const auto hello = [](const std::string& field, const std::string& value) {
    return read_json(R"({"type":"system","op":"hello",")" + field + "\":" + value + "}");
  };
  EXPECT_EQ(hello("name", '"' + std::string(64, 'n') + '"'),
            "system:hello name=" + std::string(64, 'n'));
  EXPECT_EQ(hello("name", '"' + std::string(65, 'n') + '"'), "name_too_long(name)");
  const auto meta = [](std::size_t bytes) {
    return "{\"k\":\"" + std::string(bytes - 8, 'm') + "\"}";
  };
  EXPECT_EQ(hello("meta", meta(1024)), "system:hello meta=" + meta(1024));
  EXPECT_EQ(hello("meta", meta(1025)), "payload_too_large(meta)");
}

TEST(Envelope, UnknownFieldsAreLeftAlone) {
  EXPECT_EQ(
      read_json(R"({"x":{"type":"chat"},"type":"system","y":[{"id":1}],"op":"ping","z":null})"),
      "system:ping");
  EXPECT_EQ(read_json(R"({"x":1,"x":2,"type":"system","op":"ping"})"), "system:ping");
}

TEST(Envelope, ArraysKeepOrderAndOneBadElementHurtsNoOther) {
  EXPECT_EQ(read_json(R"([{"type":"system","op":"ping","id":1},{"type":"chat","id":2},7,[],null,)"
                      R"({"type":"system","op":"ping","id":3}])"),
            "system:ping id=1 | missing_field(room) id=2 | not_an_object | not_an_object | "
            "not_an_object | system:ping id=3");
  EXPECT_EQ(read_json("[]"), "");
}

TEST(Envelope, TooManyMessagesConcernTheWholeFrame) {
  const auto pings = [](u32 count) {
    std::string text = "[";
    for (u32 i = 0; i < count; ++i) text += R"({"type":"system","op":"ping"},)";
    text.back() = ']';
    return text;
  };
  EnvelopeReader reader{EnvelopeLimits{.messages_per_frame_max = 3}};
  EXPECT_EQ(read_all(reader, pings(3)), "system:ping | system:ping | system:ping");
  EXPECT_EQ(read_all(reader, pings(4)), "frame: too_many_messages_in_frame");
}

TEST(Envelope, OneReaderServesManyMessages) {
  EnvelopeReader reader{EnvelopeLimits{}};
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(read_all(reader, "{"), "frame: invalid_json");
    EXPECT_EQ(read_all(reader, R"([{"type":"system","op":"ping"}])"), "system:ping");
    EXPECT_EQ(read_all(reader, R"({"type":"system","op":"ping"})"), "system:ping");
    const std::string big(100000 << round, 'x');  // makes the parser grow, then reuse
    EXPECT_EQ(read_all(reader, R"({"type":"chat","room":"r","payload":")" + big + "\"}"),
              "chat room=r payload=\"" + big + '"');
  }
}

}  // namespace
}  // namespace perseid
