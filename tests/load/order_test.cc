// The verdict of the load: every fault that a relay could commit must be seen.
#include "tools/load/order.h"

#include <gtest/gtest.h>

#include "tools/load/ledger.h"

namespace perseid::load {
namespace {

struct OrderCase {
  const char* name;
  std::vector<u32> numbers;  // as one member hears one sender
  u64 missing;
  u64 repeated;
};

const OrderCase kCases[] = {
    {"all in order", {1, 2, 3, 4}, 0, 0},    {"a hole", {1, 3, 4}, 1, 0},
    {"a repetition", {1, 2, 2, 3, 4}, 0, 1}, {"two exchanged", {1, 3, 2, 4}, 1, 1},
    {"the first lost", {2, 3, 4}, 1, 0},     {"all again", {1, 2, 3, 4, 1, 2, 3, 4}, 0, 4},
};

TEST(Order, SeesWhatASenderSuffers) {
  for (const OrderCase& row : kCases) {
    Order order(2, 3, 2);
    for (int i = 0; i < 4; ++i) order.sent(1, 1);
    for (const u32 number : row.numbers) EXPECT_TRUE(order.received(1, 2, 1, number));
    EXPECT_EQ(order.faults().missing, row.missing) << row.name;
    EXPECT_EQ(order.faults().repeated, row.repeated) << row.name;
  }
}

TEST(Order, RefusesWhatNobodySent) {
  Order order(1, 1, 1);
  order.sent(0, 0);
  EXPECT_FALSE(order.received(0, 0, 0, 0));
  EXPECT_FALSE(order.received(0, 0, 0, 2));
  EXPECT_FALSE(order.received(0, 0, 1, 1));
  EXPECT_TRUE(order.received(0, 0, 0, 1));
}

TEST(Order, SeqStartsWhereTheMemberJoined) {
  Order order(1, 2, 1);
  order.joined_at(0, 1, 41);
  order.received_seq(0, 1, 42);
  EXPECT_EQ(order.faults().total(), 0u);
  order.received_seq(0, 1, 44);
  EXPECT_EQ(order.faults().seq_holes, 1u);
  order.received_seq(0, 1, 44);
  EXPECT_EQ(order.faults().seq_repeated, 1u);
}

class LedgerTest : public testing::Test {
 protected:
  static Config config() {
    Config config;
    config.members = 1;
    config.verify = true;
    return config;
  }
  static std::string delivery(u32 seq, u32 number) {
    std::string payload = make_payload(64);
    write_stamp(payload.data(), {.sent_ns = 1000, .sender = 0, .number = number});
    return R"({"type":"player_action","room":"room","seq":)" + std::to_string(seq) +
           R"(,"sender":"c","timestamp":1,"payload":)" + payload + "}";
  }
  bool receive(const std::string& message) {
    Stamp stamp;
    return ledger_.note_received(client_, message, 3000, stamp);
  }

  Config config_ = config();
  Ledger ledger_{config_, 1, 1, 1, 4};
  Client client_;
};

TEST_F(LedgerTest, OwesWhatWasSentUntilItCame) {
  ledger_.note_sent(0, 0, 1);
  EXPECT_EQ(ledger_.owed(), 1u);
  EXPECT_TRUE(receive(delivery(1, 1)));
  EXPECT_EQ(ledger_.owed(), 0u);
  EXPECT_EQ(ledger_.order().faults().total(), 0u);
  EXPECT_EQ(ledger_.latency().max(), 2000u);
}

TEST_F(LedgerTest, FindsSeqWhereverItStands) {
  ledger_.note_sent(0, 0, 1);
  std::string message = delivery(1, 1);
  message.insert(1, R"("new":true,)");
  EXPECT_TRUE(receive(message));
  EXPECT_EQ(ledger_.order().faults().total(), 0u);
}

TEST_F(LedgerTest, ASeqThatSkipsIsAFaultEvenIfTheSendersNumbersAreWhole) {
  ledger_.note_sent(0, 0, 1);
  ledger_.note_sent(0, 0, 1);
  EXPECT_TRUE(receive(delivery(1, 1)));
  EXPECT_TRUE(receive(delivery(3, 2)));
  EXPECT_EQ(ledger_.order().faults().seq_holes, 1u);
}

TEST_F(LedgerTest, ADamagedPayloadIsBroken) {
  ledger_.note_sent(0, 0, 1);
  std::string message = delivery(1, 1);
  message[message.size() - 5] = '?';
  EXPECT_FALSE(receive(message));
  EXPECT_EQ(ledger_.broken(), 1u);
  EXPECT_EQ(ledger_.owed(), 1u);
}

}  // namespace
}  // namespace perseid::load
