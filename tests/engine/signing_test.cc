// Messages that their senders sign: what is genuine goes on byte for byte, what is not is refused.
#include "engine/signers.h"

#include <gtest/gtest.h>

#include "tests/engine/durable_rules.h"
#include "tests/engine/signers.h"

namespace perseid::test {
namespace {

constexpr std::string_view kHi = R"({"text":"hi"})";

class Signing : public testing::Test {
 protected:
  FakeWorld world_{2};
  Signer ana_ = Signer::ed25519(1);

  SigningPeer in_room(const Signer* signer, std::string_view room = "r", ShardId shard = 0,
                      WireFormat format = kJson) {
    SigningPeer out = signing_peer(world_, signer, "", shard, format);
    world_.join(*out.peer, room);
    return out;
  }
  // "" if it was acknowledged or passed; else the code and the field.
  std::string fate(Peer& peer, std::string_view request) {
    const std::string answer = reply(world_, peer, request);
    if (field(answer, "op") != "error") return "";
    return field(answer, "code") + " " + field(answer, "field");
  }
  u64 refused() { return world_.relay(0).stats().signatures_refused; }
};

TEST_F(Signing, what_is_signed_is_delivered_byte_for_byte_in_every_format_and_verifies) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    const std::string room = world_.room_at(home);
    SigningPeer sender = in_room(&ana_, room);
    std::vector<Peer*> readers;
    for (const WireFormat format : {kJson, kJsonDeflate, kBin, kBinDeflate}) {
      readers.push_back(&world_.connect(1, format));
      world_.join(*readers.back(), room);
    }
    const std::string payload = sender.signer.chat(room, R"({ "text" : "\u00e9" , "n":1.50})");
    EXPECT_EQ(fate(*sender.peer, chat(room, payload, "1")), "");
    for (Peer* reader : readers) {
      const std::string got = reader->find("1.50");
      EXPECT_NE(got.find(payload), std::string::npos) << got;
    }
    EXPECT_TRUE(ana_.verify(MessageType::chat, {false, room}, payload));
    EXPECT_FALSE(ana_.verify(MessageType::player_action, {false, room}, payload));
  }
  EXPECT_EQ(world_.relay(0).stats().signatures_checked, 2u);
}

TEST_F(Signing, hmac_by_the_key_of_welcome_and_in_the_binary_flavour) {
  SigningPeer sender = in_room(nullptr);
  EXPECT_EQ(fate(*sender.peer, sender.chat("r", kHi, "1")), "");
  const std::string jump = sender.signer.sign(MessageType::player_action, {false, "r"}, "{}");
  EXPECT_EQ(fate(*sender.peer, action("r", jump, "2")), "");
  EXPECT_EQ(world_.relay(0).stats().signatures_checked, 2u);

  SigningPeer binary = signing_peer(world_, nullptr, "", 0, kBin);
  const u64 room = number(world_.join(*binary.peer, "r"), "room_number");
  std::string bytes;
  const std::string payload = binary.signer.chat("r", kHi);
  append_binary_request(bytes, {.room_number = static_cast<u32>(room),
                                .id_kind = BinaryId::number,
                                .id_number = 7,
                                .json = payload});
  binary.peer->send(bytes);
  world_.settle();
  EXPECT_TRUE(binary.peer->has(R"("op":"ack","id":7)"));
  binary.peer->send(bytes);  // by its number or not: it is for the room of that name
  world_.settle();
  EXPECT_EQ(binary.peer->count(R"("text":"hi")"), 1u);
}

TEST_F(Signing, once_a_session_signs_all_that_it_says_must_be_signed) {
  SigningPeer sender = in_room(&ana_);
  world_.join(world_.connect(), "r");
  for (const std::string& request :
       {chat("r", kHi, "1"), action("r", "[1]", "2"), chat("r", R"({"typing":true})", "3"),
        direct("@ben", kHi, "4"), chat("r", R"("text")", "5"), edit("r", 1, "x", "6")}) {
    EXPECT_EQ(fate(*sender.peer, request), "signature_required payload") << request;
  }
  EXPECT_EQ(fate(*sender.peer, state("r", R"({"set":{"e":{"x":1}}})", "7")), "");
  EXPECT_EQ(fate(*sender.peer, system("ping", R"("id":8)")), "");
  EXPECT_EQ(refused(), 6u);
}

TEST_F(Signing, typing_edits_and_reactions_are_signed_like_all_chat) {
  SigningPeer sender = in_room(&ana_);
  Peer& reader = world_.connect(1);
  world_.join(reader, "r");
  EXPECT_EQ(fate(*sender.peer, sender.chat("r", kHi, "1")), "");
  EXPECT_EQ(fate(*sender.peer, sender.chat("r", R"({"typing":true})", "2")), "");
  EXPECT_EQ(fate(*sender.peer, sender.chat("r", R"({"react":{"seq":1,"emoji":"+"}})", "3")), "");
  EXPECT_EQ(fate(*sender.peer, sender.chat("r", R"({"edit":{"seq":1,"text":"ho"}})", "4")), "");
  EXPECT_TRUE(reader.has(R"("typing":true)"));
  EXPECT_NE(history(world_, reader, "r").find(R"("count":1)"), std::string::npos);
}

// A review found that what the relay refuses could come about by an edit: the history's row would
// have been, to the byte, what somebody else had signed.
TEST_F(Signing, hostile_an_edit_makes_no_signed_payload) {
  SigningPeer sender = in_room(&ana_);
  const std::string genuine = sender.signer.chat("r", kHi);
  EXPECT_EQ(fate(*sender.peer, chat("r", genuine, "1")), "");
  Peer& eve = world_.connect();
  world_.join(eve, "r");
  std::string near = genuine;
  near.replace(near.find("hi"), 2, "x");
  near.insert(near.find(R"("signed")"), " ");
  EXPECT_EQ(fate(eve, chat("r", near, "1")), "") << "of no form that says anything";
  EXPECT_EQ(fate(eve, edit("r", 2, "hi", "2")), "");
  const std::string page = history(world_, eve, "r");
  EXPECT_EQ(page.find(genuine), page.rfind(genuine));
  EXPECT_NE(page.find(R"("payload":{"text":"hi"}})"), std::string::npos) << page;
}

// To look at one takes as long as very many messages, and counts like them.
TEST_F(Signing, hostile_forgeries_are_looked_at_ever_less) {
  SigningPeer sender = in_room(&ana_);
  SignedBy stolen = sender.signer.by;
  stolen.count = 1;
  const Signer eve = Signer::ed25519(2);
  const std::string forged = chat("r", eve.sign_as(stolen, MessageType::chat, {false, "r"}, kHi));
  for (u32 i = 0; i < 2000; ++i) {  // ten seconds, as often as signatures are allowed
    sender.peer->say(forged);
    world_.run_for(5, 5);
  }
  EXPECT_LT(refused(), 12u * 64 + 10) << "16 KiB each, of 1 MiB a second, and two seconds at once";
  EXPECT_GT(world_.relay(0).stats().rate_limited, 1000u);
}

// HOSTILE, "replay of a signed message", "truncated MAC", "swapped key id".
TEST_F(Signing, hostile_forgeries_are_refused_and_say_where) {
  const Signer eve = Signer::ed25519(2);
  for (const bool by_hmac : {false, true}) {
    SigningPeer sender = in_room(by_hmac ? nullptr : &ana_);
    world_.join(*sender.peer, "other");
    const auto with = [&](auto&& change) {
      SignedBy said = sender.signer.by;
      ++said.count;
      change(said);
      return sender.signer.sign_as(said, MessageType::chat, {false, "r"}, kHi);
    };
    const std::string good = with([](SignedBy&) {});
    std::string flipped = good;
    flipped[flipped.size() - 5] = flipped[flipped.size() - 5] == 'A' ? 'B' : 'A';
    std::string cut = good;
    cut.erase(cut.size() - 4, 1);
    std::string other_text = good;
    other_text[10] = 'H';
    const std::string wrong = "bad_signature payload.signature";
    EXPECT_EQ(fate(*sender.peer, chat("r", flipped, "1")), wrong);
    EXPECT_EQ(fate(*sender.peer, chat("r", other_text, "2")), wrong);
    EXPECT_EQ(fate(*sender.peer, chat("r", cut, "3")), "signature_required payload");
    EXPECT_EQ(fate(*sender.peer, chat("other", good, "4")), wrong) << "another room";
    EXPECT_EQ(fate(*sender.peer, action("r", good, "5")), wrong) << "another type";
    EXPECT_EQ(fate(*sender.peer, direct("@r", good, "6")), wrong) << "private, not a room";
    if (!by_hmac) {
      EXPECT_EQ(fate(*sender.peer, chat("r", with([&](SignedBy& b) { b.key = eve.by.key; }), "7")),
                "bad_signature payload.signed.key");
      SignedBy stolen = sender.signer.by;
      stolen.count = 9;
      EXPECT_EQ(fate(*sender.peer,
                     chat("r", eve.sign_as(stolen, MessageType::chat, {false, "r"}, kHi), "8")),
                wrong)
          << "another's signature under our key";
      // As HS256 by an RSA key: an HMAC under the public key, which everybody knows.
      Signer confused = Signer::hmac(sender.signer.by.key);
      EXPECT_EQ(fate(*sender.peer, chat("r", confused.chat("r", kHi), "9")),
                "bad_signature payload.signed");
    }
    // Nothing of all that has used up its count.
    EXPECT_EQ(fate(*sender.peer, chat("r", good, "10")), "");
  }
}

TEST_F(Signing, hostile_replays_on_this_or_any_other_session_are_refused) {
  SigningPeer sender = in_room(&ana_);
  Peer& reader = world_.connect(1);
  world_.join(reader, "r");
  const std::string payload = sender.signer.chat("r", kHi);
  EXPECT_EQ(fate(*sender.peer, chat("r", payload)), "");
  EXPECT_EQ(fate(*sender.peer, chat("r", payload)), "replayed payload.signed.count");
  EXPECT_EQ(fate(*sender.peer, chat("r", payload, "1")), "replayed payload.signed.count");
  // Its owner on another connection, here and on another shard.
  for (const ShardId shard : {ShardId{0}, ShardId{1}}) {
    SigningPeer again = in_room(&ana_, "r", shard);
    EXPECT_NE(again.signer.by.nonce, sender.signer.by.nonce);
    EXPECT_EQ(fate(*again.peer, chat("r", payload)), "replayed payload.signed.nonce");
  }
  // Somebody else, signing or not.
  const Signer eve = Signer::ed25519(2);
  EXPECT_EQ(fate(*in_room(&eve).peer, chat("r", payload)), "bad_signature payload.signed.key");
  Peer& plain = world_.connect();
  world_.join(plain, "r");
  EXPECT_EQ(fate(plain, chat("r", payload)), "bad_signature payload.signature");
  EXPECT_EQ(fate(plain, direct("@ben", payload, "1")), "bad_signature payload.signature");
  SigningPeer hmac = in_room(nullptr);
  EXPECT_EQ(fate(plain, chat("r", hmac.signer.chat("r", kHi))), "bad_signature payload.signature");
  EXPECT_EQ(reader.count(R"("text":"hi")"), 1u);
}

// In the same place of the same shard: neither key nor nonce comes twice, and nothing is left of
// who was there before.
TEST_F(Signing, a_session_in_the_place_of_another_begins_anew) {
  SigningPeer first = in_room(&ana_);
  const std::string payload = first.signer.chat("r", kHi);
  const Slot slot = first.peer->slot;
  first.peer->say(system("ping"));
  world_.disconnect(*first.peer);
  world_.run_for(world_.options.resume_window_ms + world_.options.room_linger_ms + 1000, 50);
  Peer& plain = world_.connect();
  ASSERT_EQ(plain.slot, slot);
  world_.join(plain, "r");
  EXPECT_EQ(fate(plain, chat("r", kHi, "1")), "") << "it does not sign";
  world_.disconnect(plain);
  world_.run_for(1000, 50);
  SigningPeer second = in_room(&ana_);
  ASSERT_EQ(second.peer->slot, slot);
  EXPECT_NE(second.signer.by.nonce, first.signer.by.nonce);
  EXPECT_EQ(fate(*second.peer, chat("r", payload)), "replayed payload.signed.nonce");
}

TEST_F(Signing, counts_may_skip_and_come_in_any_order_within_sixty_four) {
  SigningPeer sender = in_room(nullptr);
  const auto say = [&](u64 count) {
    SignedBy said = sender.signer.by;
    said.count = count;
    return fate(*sender.peer,
                chat("r", sender.signer.sign_as(said, MessageType::chat, {false, "r"}, kHi)));
  };
  const std::string replayed = "replayed payload.signed.count";
  EXPECT_EQ(say(100), "");
  EXPECT_EQ(say(37), "");
  EXPECT_EQ(say(36), replayed) << "64 below the highest";
  EXPECT_EQ(say(99), "");
  EXPECT_EQ(say(99), replayed);
  EXPECT_EQ(say(100), replayed);
  EXPECT_EQ(say(101), "");
  EXPECT_EQ(say(37), replayed);
  EXPECT_EQ(say(38), "");
  EXPECT_EQ(say(kSignatureCountMax), "");
  EXPECT_EQ(say(102), replayed);
}

// Against a plain reading of the rule.
TEST(SigningWindow, takes_each_count_once_and_none_too_old) {
  CountWindow window;
  std::vector<bool> seen(2000);
  u64 newest = 0;
  u32 random = 1;
  for (u32 i = 0; i < 20000; ++i) {
    random = random * 1664525 + 1013904223;
    const u64 count = 1 + std::min<u64>(1998, i / 12 + (random >> 24) % 90);
    const bool takes = !seen[count] && (count > newest || newest - count < CountWindow::kCounts);
    ASSERT_EQ(window.take(count), takes) << count;
    if (takes) seen[count] = true;
    newest = std::max(newest, takes ? count : 0);
    ASSERT_EQ(window.newest(), newest);
  }
}

// A client that saw no ack sends again, byte for byte.
TEST_F(Signing, a_publish_repeated_with_its_id_is_acknowledged_again_and_not_delivered_twice) {
  for (const ShardId home : {ShardId{0}, ShardId{1}}) {
    const std::string room = world_.room_at(home);
    SigningPeer sender = in_room(&ana_, room);
    Peer& reader = world_.connect(1);
    world_.join(reader, room);
    const std::string request = sender.chat(room, kHi, "1");
    const std::string lost = sender.chat(room, R"({"text":"lost"})", "2");
    const std::string ack = reply(world_, *sender.peer, request);
    EXPECT_EQ(field(ack, "op"), "ack");
    EXPECT_EQ(reply(world_, *sender.peer, request), ack);
    world_.disconnect(*sender.peer);
    world_.turn();
    Peer& back = world_.connect();
    back.say(system("hello", R"("id":1,"session":")" + sender.secret + '"'));
    world_.settle();
    const std::string welcome = back.find("welcome");
    EXPECT_NE(welcome.find(R"("resumed":true)"), std::string::npos) << welcome;
    EXPECT_EQ(field(welcome.substr(welcome.find("signing")), "count"), "1");
    EXPECT_EQ(reply(world_, back, request), ack);
    EXPECT_EQ(fate(back, lost), "");
    EXPECT_EQ(fate(back, chat(room, kHi, "3")), "signature_required payload");
    EXPECT_EQ(fate(back, sender.chat(room, R"({"text":"on"})", "4")), "");
    EXPECT_EQ(reader.count(R"("text":"hi")"), 1u);
    EXPECT_EQ(reader.count(R"("text":"lost")"), 1u);
  }
}

TEST_F(Signing, private_messages_are_signed_for_whom_they_are_to) {
  SigningPeer sender = in_room(&ana_);
  Peer& ben = world_.connect(1);
  const std::string client = greet(world_, ben, "ben");
  EXPECT_EQ(fate(*sender.peer, direct(client, sender.signer.direct(client, kHi), "1")), "");
  const std::string named = sender.signer.direct("@ben", kHi);
  EXPECT_EQ(fate(*sender.peer, direct("@ben", named, "2")), "");
  EXPECT_EQ(fate(*sender.peer, direct(client, named, "3")), "bad_signature payload.signature");
  EXPECT_EQ(ben.count(R"("text":"hi")"), 2u);
  EXPECT_TRUE(ben.has(named));
}

TEST_F(Signing, ed25519_is_checked_only_so_often) {
  world_.options.session_signatures_per_second = 5;
  SigningPeer sender = in_room(&ana_);
  std::string got;
  u32 passed = 0;
  for (; passed < 20 && got.empty(); ++passed) {
    got = fate(*sender.peer, sender.chat("r", kHi, std::to_string(passed)));
  }
  EXPECT_EQ(got, "rate_limited ");
  EXPECT_EQ(passed, 11u) << "ten at once, and the one that was too much";
  // Forgeries count as well, and HMAC costs too little to.
  SigningPeer cheap = in_room(nullptr);
  for (u32 i = 0; i < 30; ++i) EXPECT_EQ(fate(*cheap.peer, cheap.chat("r", kHi)), "");
  world_.run_for(1000, 50);
  EXPECT_EQ(fate(*sender.peer, sender.chat("r", kHi, "99")), "");
}

TEST_F(Signing, a_hello_that_cannot_be_is_refused_and_may_be_said_again) {
  const std::string key = R"("signing_key":")" + base64url(ana_.by.key) + '"';
  const std::string rows[][2] = {
      {R"("signing":"none")", "bad_value signing"},
      {R"("signing":"HMAC-SHA-256")", "bad_value signing"},
      {R"("signing":1)", "wrong_type signing"},
      {R"("signing":"ed25519")", "missing_field signing_key"},
      {R"("signing":"hmac-sha256",)" + key, "bad_value signing_key"},
      {key, "missing_field signing"},
      {R"("signing":"ed25519","signing_key":"AAAA")", "bad_value signing_key"},
      {R"("signing":"ed25519","signing_key":")" + std::string(43, '=') + '"',
       "bad_value signing_key"},
      {R"("signing":"ed25519","signing":"ed25519",)" + key, "duplicate_field signing"},
  };
  for (const auto& [fields, expected] : rows) {
    Peer& peer = world_.connect();
    EXPECT_EQ(fate(peer, system("hello", R"("id":1,)" + fields)), expected) << fields;
    EXPECT_EQ(fate(peer, system("hello", R"("id":1,"signing":"ed25519",)" + key)), "");
  }
}

// Points of small order would make one signature good for every message (RFC 8032 section 5.1.7).
TEST_F(Signing, hostile_a_weak_key_verifies_nothing) {
  Signer weak = ana_;
  weak.by.key.fill(0);
  weak.by.key[0] = 1;  // the neutral point
  SigningPeer sender = in_room(&weak);
  SignedBy said = sender.signer.by;
  said.count = 1;
  std::string payload;
  append_signed_head(payload, kHi, said);
  std::array<u8, 64> signature{};
  signature[0] = 1;  // R neutral, S 0: R = S B - h A holds
  append_signature(payload, signature);
  EXPECT_EQ(fate(*sender.peer, chat("r", payload)), "bad_signature payload.signature");
}

TEST_F(Signing, forgeries_are_told_to_who_listens) {
  world_.shard().collects_events = true;
  SigningPeer sender = in_room(&ana_);
  (void)fate(*sender.peer, chat("r", Signer::ed25519(2).chat("r", kHi)));
  const auto& told = world_.shard().event_details;
  EXPECT_NE(std::find(told.begin(), told.end(), "payload.signed.key"), told.end());
}

// Where it was kept it is still what its sender signed, and worthless to who says it again.
TEST(SigningKept, hostile_a_signature_outlives_the_relay_but_cannot_be_replayed_after_it) {
  FakeStore store;
  const Signer ana = Signer::ed25519(1);
  std::string payload;
  const auto start = [&] {
    return std::make_unique<FakeWorld>(1, FakeWorld::Tweak{}, durable_rules(), nullptr, &store);
  };
  auto world = start();
  SigningPeer sender = signing_peer(*world, &ana);
  world->join(*sender.peer, "commit");
  payload = sender.signer.chat("commit", kHi);
  EXPECT_EQ(field(reply(*world, *sender.peer, chat("commit", payload, "1")), "op"), "ack");
  const SigningNonce before = sender.signer.by.nonce;
  world.reset();
  store.run([](ShardId, Letter&&) {});
  world = start();
  SigningPeer again = signing_peer(*world, &ana);
  EXPECT_NE(again.signer.by.nonce, before);
  world->join(*again.peer, "commit");
  EXPECT_NE(history(*world, *again.peer, "commit").find(payload), std::string::npos);
  EXPECT_EQ(field(reply(*world, *again.peer, chat("commit", payload, "1")), "code"), "replayed");
}

}  // namespace
}  // namespace perseid::test
