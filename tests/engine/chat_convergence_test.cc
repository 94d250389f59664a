// Whatever is said and changed, a client that folds what it hears live has what the history says,
// and what a newcomer is sent.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <set>

#include "tests/engine/chats.h"
#include "tests/engine/random.h"

namespace perseid::test {
namespace {

namespace dom = simdjson::dom;

// A message as one client sees it.
struct Seen {
  std::string sender;
  std::string text;
  bool edited = false;
  bool deleted = false;
  std::map<std::string, std::set<std::string>> reactions;
};
using Chat = std::map<Seq, Seen>;

std::string string_of(dom::element element) {
  return std::string(element.get_string().value());
}

// What a client makes of the lane, by docs/protocol.md.
void fold(const std::vector<std::string>& messages, Chat& chat) {
  static dom::parser parser;
  for (const std::string& message : messages) {
    const dom::element json = parser.parse(message);
    dom::object event;
    u64 seq = 0;
    if (string_of(json["type"]) != "chat" || json["seq"].get(seq)) continue;
    const std::string sender = string_of(json["sender"]);
    const dom::element payload = json["payload"];
    if (!payload["react"].get(event)) {
      auto& who = chat[event["seq"].get_uint64().value()].reactions[string_of(event["emoji"])];
      bool remove = false;
      if (!event["remove"].get(remove) && remove) {
        who.erase(sender);
      } else {
        who.insert(sender);
      }
    } else if (!payload["edit"].get(event)) {
      Seen& seen = chat[event["seq"].get_uint64().value()];
      seen.text = string_of(event["text"]);
      seen.edited = true;
    } else if (!payload["delete"].get(event)) {
      Seen& seen = chat[event["seq"].get_uint64().value()];
      seen = {.sender = seen.sender, .text = {}, .deleted = true, .reactions = {}};
    } else {
      chat[seq] = {.sender = sender, .text = string_of(payload["text"]), .reactions = {}};
    }
  }
}

// One line a message, as `asker` sees it.
std::string shown(const Chat& chat, const std::string& asker) {
  std::string out;
  for (const auto& [seq, seen] : chat) {
    out += std::to_string(seq) + " " + seen.sender + " " + seen.text;
    if (seen.edited) out += " edited";
    if (seen.deleted) out += " deleted";
    for (const auto& [emoji, who] : seen.reactions) {
      if (who.empty()) continue;
      out += " " + emoji + std::to_string(who.size()) + (who.contains(asker) ? "!" : "");
    }
    out += "\n";
  }
  return out;
}

std::string shown(dom::array deliveries) {
  std::string out;
  for (const dom::element json : deliveries) {
    std::string_view text;
    out += std::to_string(json["seq"].get_uint64().value()) + " " + string_of(json["sender"]) + " ";
    if (!json["payload"]["text"].get(text)) out += text;
    bool flag = false;
    if (!json["edited"].get(flag)) out += " edited";
    if (!json["deleted"].get(flag)) out += " deleted";
    std::map<std::string, std::string> reactions;
    dom::array list;
    if (!json["reactions"].get(list)) {
      for (const dom::element reaction : list) {
        reactions[string_of(reaction["emoji"])] =
            std::to_string(reaction["count"].get_uint64().value()) +
            (reaction["mine"].get_bool().value() ? "!" : "");
      }
    }
    for (const auto& [emoji, count] : reactions) out += " " + emoji + count;
    out += "\n";
  }
  return out;
}

class Talk {
 public:
  explicit Talk(u32 seed) : dice_(seed), world_(2), room_(world_.room_at(seed % 2)) {
    for (u32 i = 0; i < 4; ++i) {
      Peer& peer = world_.connect(static_cast<ShardId>(i % 2));
      ids_.push_back(greet(world_, peer, "p" + std::to_string(i)));
      world_.join(peer, room_);
      peers_.push_back(&peer);
    }
  }

  void talk(u32 deeds) {
    for (u32 i = 0; i < deeds; ++i) {
      Peer& peer = *peers_[dice_.below(4)];
      const Seq target = 1 + dice_.below(i + 2);
      const u32 deed = dice_.below(10);
      if (deed < 4) {
        peer.say(text(room_, "t" + std::to_string(i)));
      } else if (deed < 7) {
        static const char* const kEmojis[] = {"a", "b", "c"};
        peer.say(react(room_, target, kEmojis[dice_.below(3)], "", dice_.percent(40)));
      } else if (deed < 9) {
        peer.say(edit(room_, target, "e" + std::to_string(i)));
      } else {
        peer.say(retract(room_, target));
      }
      if (dice_.percent(30)) world_.turn(dice_.below(5));
    }
    world_.settle();
  }

  void check() {
    for (u32 i = 0; i < 4; ++i) {
      Chat chat;
      fold(peers_[i]->take(), chat);
      const std::string answer = history(world_, *peers_[i], room_, R"(,"limit":1000)");
      dom::parser parser;
      EXPECT_EQ(shown(dom::array(parser.parse(answer)["messages"])), shown(chat, ids_[i]));
      if (i == 0) check_newcomer(chat);
    }
  }

 private:
  void check_newcomer(const Chat& chat) {
    Peer& peer = world_.connect(1);
    peer.say(system("join", room_field(room_) + R"(,"history":1000)"));
    world_.settle();
    std::string list;
    for (const std::string& message : peer.take()) {
      if (message.starts_with(R"({"type":"chat")")) list += (list.empty() ? "" : ",") + message;
    }
    dom::parser parser;
    EXPECT_EQ(shown(dom::array(parser.parse("[" + list + "]"))), shown(chat, "nobody"));
  }

  Random dice_;
  FakeWorld world_;
  std::string room_;
  std::vector<Peer*> peers_;
  std::vector<std::string> ids_;
};

TEST(ChatConvergence, history_is_what_who_listened_has) {
  for (u32 seed = 1; seed <= 60 && !testing::Test::HasFailure(); ++seed) {
    Talk run(seed);
    run.talk(10 + seed * 3);
    run.check();
  }
}

}  // namespace
}  // namespace perseid::test
