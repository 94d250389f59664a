// In the steady state a relayed message allocates nothing: every malloc and new of this program is
// counted while messages pass.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "codec/binary.h"
#include "codec/coded_update.h"
#include "codec/deflate.h"
#include "codec/message_reader.h"
#include "engine/relay.h"
#include "tests/engine/messages.h"
#include "tests/engine/signers.h"
#include "tests/support/count_malloc.h"

namespace perseid::test {
namespace {

constexpr u32 kMembers = 100;
constexpr u32 kWarmUp = 12'000;
constexpr u32 kMeasured = 8000;

// Relays whose letters go through a fixed box, and members that read everything.
class Relays {
 public:
  // `create` as in a join; the first of the members makes the room.
  // With a greeting the first of them says that before anything else.
  explicit Relays(u32 count, std::string_view create = "", std::string_view greeting = "") {
    options_.creators_declare_rooms = true;
    options_.session_messages_per_second = 100'000'000;
    options_.session_bytes_per_second = ~0u;
    // A window that small deltas fill too before anything is measured.
    options_.state_window_bytes = 65536;
    // Nobody here answers pings, and time flies.
    options_.timeout_ms = options_.heartbeat_interval_ms = 3'600'000;
    for (u32 i = 0; i < count; ++i) {
      Post& post = *posts_.emplace_back(std::make_unique<Post>());
      post.letters.resize(1024);
      RelayConfig config{.options = &options_,
                         .shard = static_cast<ShardId>(i),
                         .shard_count = count,
                         .events_wanted = 0,
                         .seed = {}};
      config.seed[0] = static_cast<u8>(i);
      relays_.push_back(std::make_unique<Relay>(config, post));
    }
    now_ = {.mono_ms = 1000, .unix_ms = 1'700'000'000'000};
    turn({});
    for (u32 i = 0; i < kMembers; ++i) {
      const u32 at = i % count;
      const WireFormat format = WireFormat::at(static_cast<u8>(i / count % kWireFormats));
      const Slot slot = relays_[at]->open({.connection = {i, 1}, .format = format});
      std::string bytes = system("join", room_field("arena") + std::string(create));
      if (format.flavour == Flavour::bin) {
        std::string wrapped;
        append_binary_request(wrapped, {.kind = BinaryKind::system, .json = bytes});
        bytes = wrapped;
      }
      if (i == 0) speaker_ = slot;
      if (i == 0 && !greeting.empty()) {
        turn(greeting);
        turn({});
      }
      if (i == 2 * count) bin_speaker_ = slot;
      say(at, slot, format, bytes);
    }
    for (int i = 0; i < 10; ++i) turn({});
  }

  // One message of a member, and everything that it causes.
  void relay_one(std::string_view message, Flavour flavour = Flavour::json) {
    turn(message, flavour);
    turn({});
    turn({});
  }
  const Stats& stats(u32 relay) const { return relays_[relay]->stats(); }
  // What the speaker was sent up to the first message that it sent.
  const std::string& heard() const { return heard_; }

 private:
  struct Post final : World {
    bool post(ShardId to, Letter&& letter, perseid::Post) override {
      EXPECT_LT(count, letters.size());
      targets[count] = to;
      letters[count++] = std::move(letter);
      return true;
    }
    void close(Handle, CloseCode code, std::string_view) override {
      ADD_FAILURE() << "closed " << static_cast<int>(code);
    }
    void reseat(Handle, Slot) override { ADD_FAILURE() << "reseated"; }
    void emit(const Event&) override {}
    std::vector<Letter> letters;
    std::array<ShardId, 1024> targets{};
    u32 count = 0;
  };

  void say(u32 relay, Slot slot, WireFormat format, std::string_view message) {
    std::memcpy(buffer_, message.data(), message.size());
    relays_[relay]->receive(slot, format.flavour == Flavour::json ? Opcode::text : Opcode::binary,
                            {buffer_, message.size()});
  }

  void turn(std::string_view message, Flavour flavour = Flavour::json) {
    const WireFormat format{flavour, false};
    const Slot speaker = flavour == Flavour::json ? speaker_ : bin_speaker_;
    now_.mono_ms += 20;
    now_.unix_ms += 20;
    for (u32 i = 0; i < relays_.size(); ++i) {
      Relay& relay = *relays_[i];
      relay.begin_turn(now_);
      if (i == 0 && !message.empty()) say(0, speaker, format, message);
      for (auto& post : posts_) {
        for (u32 k = 0; k < post->count; ++k) {
          if (post->targets[k] != i) continue;
          relay.deliver(std::move(post->letters[k]));
          post->letters[k] = Letter();
          post->targets[k] = kShardsMax;
        }
      }
      relay.end_turn();
      for (const Slot slot : relay.touched()) {
        while (relay.wants_send(slot)) {
          SendBatch batch;
          relay.gather(slot, batch);
          if (batch.empty()) break;
          if (i == 0 && slot == speaker_ && heard_.empty()) hear(batch);
          relay.sent(slot, batch, batch.total_bytes);
        }
      }
    }
    for (auto& post : posts_) {
      u32 kept = 0;
      for (u32 k = 0; k < post->count; ++k) {
        if (post->targets[k] == kShardsMax) continue;
        if (k != kept) post->letters[kept] = std::move(post->letters[k]);
        post->targets[kept++] = post->targets[k];
      }
      post->count = kept;
    }
  }

  void hear(const SendBatch& batch) {
    for (u32 i = 0; i < batch.count; ++i)
      heard_ += as_text({batch.slices[i].data, batch.slices[i].size_bytes});
  }

  std::string heard_;
  Options options_;
  std::vector<std::unique_ptr<Post>> posts_;
  std::vector<std::unique_ptr<Relay>> relays_;
  Now now_;
  Slot speaker_ = kNoSlot;
  Slot bin_speaker_ = kNoSlot;
  u8 buffer_[4096 + kParsePaddingBytes];
};

struct AllocationCase {
  const char* name;
  std::string_view type;
  std::string_view payload;  // # becomes a number that changes
  bool with_id;
};

const AllocationCase kAllocationCases[] = {
    {"chat", "chat", R"({"text":"hello ####"})", false},
    {"chat with id", "chat", R"({"text":"hello ####"})", true},
    {"player_action", "player_action", R"({"move":[####,1]})", false},
    {"player_action with id", "player_action", R"({"move":[####,1]})", true},
    {"game_state", "game_state", R"({"set":{"e1":{"x":1####,"y":2}}})", false},
    {"game_state with id", "game_state", R"({"set":{"e1":{"x":1####,"y":2}}})", true},
};

void check(u32 relay_count, const AllocationCase& row) {
  Relays relays(relay_count);
  std::string message = publish(row.type, "arena", row.payload, row.with_id ? "####" : "");
  const auto number_it = [&message](u32 n) {
    // JSON forbids a leading zero, so ids run from 1000.
    char digits[5];
    std::snprintf(digits, sizeof digits, "%04u", 1000 + n % 9000);
    for (std::size_t at = 0; (at = message.find("####", at)) != std::string::npos; ++at) {
      std::memcpy(message.data() + at, digits, 4);
    }
  };
  std::vector<std::size_t> places;
  for (std::size_t at = 0; (at = message.find("####", at)) != std::string::npos; at += 4) {
    places.push_back(at);
  }
  const auto run = [&](u32 from, u32 to) {
    for (u32 n = from; n < to; ++n) {
      for (const std::size_t at : places) std::memcpy(message.data() + at, "####", 4);
      number_it(n);
      relays.relay_one(message);
    }
  };
  run(0, kWarmUp);
  const u64 before = allocations.load();
  const u64 sequenced = relays.stats(0).deliveries;
  run(kWarmUp, kWarmUp + kMeasured);
  EXPECT_EQ(allocations.load() - before, 0u) << row.name << " over " << relay_count << " relays";
  EXPECT_GT(relays.stats(0).deliveries - sequenced, kMeasured) << "and members did receive them";
}

// Rooms with rules. The keys are longer than what a string holds without memory of its own.
constexpr std::string_view kSchema =
    R"("schema":{"x":{"type":"float","min":-1000,"max":1000,"resolution":0.1},)"
    R"("pose":{"type":"quat","bits":9},"act":{"type":"enum","values":["a","b","c","d"]},)"
    R"("name":{"type":"string","max_bytes":64}})";
constexpr std::string_view kOwned = R"("ownership":"first_writer")";

std::string json_update(u32 n) {
  const std::string number = std::to_string(100 + n % 97);
  return publish("game_state", "arena",
                 R"({"set":{"an entity with a long key, 1":{"x":)" + number +
                     R"(.5,"pose":[0.5,0.5,0.5,0.)" + number + R"(],"act":")" +
                     std::string(1, static_cast<char>('a' + n % 4)) +
                     R"(","name":"a text that is not short, )" + number +
                     R"("},"an entity with a long key, 2":{"x":1}}})");
}

std::string coded_update(const Schema& schema, u32 n) {
  const StateRow row{.present = 15,
                     .parts = {5000 + n % 97, 3, 10, 20 + n % 50, 30, n % 4},
                     .texts = {"a text that is not short, " + std::to_string(100 + n % 97)}};
  const CodedEntity entity{.key = "an entity with a long key, 1", .set = 15, .row = &row};
  std::string update;
  append_coded_update(schema, {&entity, 1}, {}, update);
  std::string out;
  append_binary_request(out, {.kind = BinaryKind::coded_state,
                              .target = BinaryTarget::room_name,
                              .room = "arena",
                              .json = update});
  return out;
}

void check_state(u32 relay_count, std::string_view rule, Flavour flavour) {
  std::string problem;
  const auto schema = Schema::parse(kSchema.substr(kSchema.find('{')), problem);
  ASSERT_NE(schema, nullptr) << problem;
  Relays relays(relay_count, R"(,"create":{)" + std::string(rule) + "}");
  std::vector<std::string> messages;
  for (u32 n = 0; n < 388; ++n) {
    messages.push_back(flavour == Flavour::json ? json_update(n) : coded_update(*schema, n));
  }
  const auto run = [&](u32 count) {
    for (u32 n = 0; n < count; ++n) relays.relay_one(messages[n % messages.size()], flavour);
  };
  run(kWarmUp);
  const u64 before = allocations.load();
  const u64 ticks = relays.stats(0).state_ticks + relays.stats(relay_count - 1).state_ticks;
  run(kMeasured / 2);
  EXPECT_EQ(allocations.load() - before, 0u) << rule << " over " << relay_count << " relays";
  EXPECT_GT(relays.stats(0).state_ticks + relays.stats(relay_count - 1).state_ticks - ticks,
            kMeasured / 2 - 10);
  EXPECT_EQ(relays.stats(0).errors_answered, 0u);
}

TEST(Allocation, none_per_update_of_rooms_with_rules) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  const std::string both = std::string(kSchema) + "," + std::string(kOwned);
  for (const u32 relays : {1u, 2u}) {
    check_state(relays, kSchema, Flavour::json);
    check_state(relays, kSchema, Flavour::bin);
    check_state(relays, both, Flavour::json);
    check_state(relays, both, Flavour::bin);
    check_state(relays, kOwned, Flavour::json);
  }
}

// Signed beforehand: it is the relay that is counted.
void check_signed(u32 relay_count, const Signer* by) {
  const std::string how = by != nullptr ? by->hello() : R"("signing":"hmac-sha256")";
  Relays relays(relay_count, "", system("hello", how));
  Signer signer = by != nullptr ? *by : Signer();
  heed(signer, relays.heard());
  std::vector<std::string> messages;
  for (u32 n = 0; n < kWarmUp + kMeasured; ++n) {
    messages.push_back(chat("arena", signer.chat("arena", R"({"text":"hi"})")));
  }
  for (u32 n = 0; n < kWarmUp; ++n) relays.relay_one(messages[n]);
  const u64 before = allocations.load();
  for (u32 n = kWarmUp; n < messages.size(); ++n) relays.relay_one(messages[n]);
  EXPECT_EQ(allocations.load() - before, 0u) << how << " over " << relay_count << " relays";
  EXPECT_EQ(relays.stats(0).signatures_checked, messages.size());
}

TEST(Allocation, none_per_signed_message) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  const Signer ana = Signer::ed25519(1);
  for (const u32 relays : {1u, 2u}) {
    check_signed(relays, &ana);
    check_signed(relays, nullptr);
  }
}

TEST(Allocation, the_counter_counts) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  const u64 before = allocations.load();
  delete new std::string(100, 'x');
  std::free(std::malloc(10));
  EXPECT_GE(allocations.load() - before, 2u);
}

struct Swallow final : MessageSink {
  Error on_message(Opcode, MutableBytes payload) override {
    bytes += payload.size();
    return Error::ok;
  }
  Error on_control(Opcode, Bytes) override { return Error::ok; }
  u64 bytes = 0;
};

TEST(Allocation, none_for_a_frame_that_lies_in_two_reads) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  PartialPool pool;
  std::vector<MessageReader> readers(3);
  Swallow sink;
  u8 buffer[1024 + kParsePaddingBytes] = {};
  u64 before = 0;
  for (u32 i = 0; i < 1000; ++i) {
    if (i == 10) before = allocations.load();
    for (const u32 size : {600u, 414u}) {  // 1006 bytes of payload behind 8 of header and mask
      for (MessageReader& reader : readers) {
        std::memset(buffer, 0, sizeof buffer);
        if (size == 600) write_client_frame_header(buffer, Opcode::binary, 1006, {});
        ASSERT_EQ(reader.feed({buffer, size}, {.partials = &pool}, sink), Error::ok);
      }
    }
  }
  EXPECT_EQ(sink.bytes, 3u * 1000 * 1006);
  EXPECT_EQ(allocations.load() - before, 0u);
  EXPECT_EQ(pool.idle(), 3u);
}

TEST(Allocation, a_deflater_and_an_inflater_take_their_windows_with_the_first_message) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  const u64 before = allocations.load();
  Deflater deflater(15, true);
  Inflater inflater(15, true);
  EXPECT_LE(allocations.load() - before, 2u) << "their places alone";
  MutableBytes out;
  EXPECT_EQ(inflater.inflate(deflater.deflate(as_bytes("hello")), 100, out), Error::ok);
  EXPECT_EQ(as_text(out), "hello");
}

TEST(Allocation, none_per_message_to_a_hundred_members_on_one_shard) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  for (const AllocationCase& row : kAllocationCases) check(1, row);
}

TEST(Allocation, none_per_message_to_a_hundred_members_on_two_shards) {
  if (!kCountsAllocations) GTEST_SKIP() << "sanitizers bring their own malloc";
  for (const AllocationCase& row : kAllocationCases) check(2, row);
}

}  // namespace
}  // namespace perseid::test
