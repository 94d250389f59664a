// Private messages by name that are kept: what players do with them, and what the history of two
// names has to hold when all is at rest.
#include <algorithm>
#include <set>

#include "tests/sim/simulation.h"

namespace perseid::sim {

std::string recipient(const Publish& publish) {
  return publish.to_name.empty() ? publish.to : '@' + publish.to_name;
}

void Player::do_named(const Life& to) {
  Publish publish{.life = life_, .to = to.uid, .to_name = to.name};
  const u32 number = stage_.book.write(std::move(publish), stage_.dice.below(100));
  const std::string id = stage_.dice.percent(80) ? new_id() : std::string();
  if (!id.empty()) {
    pending_[id] = waiting(Kind::publish, {});
    pending_[id].number = number;
  }
  const Publish& said = stage_.book.publishes[number];
  send_publish(Lane::chat, {}, recipient(said), id, said.payload);
  if (stage_.dice.percent(20)) read_private(said.to_name, ~0u, stage_.dice.below(40));
}

void Player::read_private(const std::string& with, Seq before, u32 limit) {
  Waiting question = waiting(Kind::private_history, {});
  question.before = before;
  question.limit = limit;
  question.epoch = with;
  send_system("history", new_id(),
              R"(,"to":"@)" + with + R"(","limit":)" + std::to_string(limit) + R"(,"before":)" +
                  std::to_string(before),
              std::move(question));
}

// A page: of these two, in order.
void Player::on_private_history(simdjson::dom::element message, const Waiting& answer) {
  simdjson::dom::array messages;
  if (message["messages"].get(messages) != simdjson::SUCCESS) return fail("history is no list");
  if (text_of(message, "to") != '@' + answer.epoch) fail("the history of another user");
  private_page.clear();
  private_first = 0;
  Seq last = 0;
  for (const simdjson::dom::element one : messages) {
    const Seq seq = static_cast<Seq>(number_of(one, "seq"));
    if (seq <= last || seq >= answer.before) fail("private history is out of order");
    if (last == 0) private_first = seq;
    last = seq;
    simdjson::dom::element payload;
    if (one["payload"].get(payload) != simdjson::SUCCESS) return fail("history without payloads");
    private_page.push_back(stage_.book.see_private(stage_.book.lives[life_].name, answer.epoch,
                                                   text_of(one, "sender"), text_of(one, "to"),
                                                   simdjson::minify(payload)));
  }
  if (private_page.size() > answer.limit) fail("more history than asked for");
}

// Returns the number of the message.
u32 Book::see_private(const std::string& reader, const std::string& other,
                      const std::string& sender, const std::string& to,
                      const std::string& payload) {
  u32 number = 0;
  const Publish* publish = find(payload, number);
  if (publish == nullptr) return ~0u;
  const std::string& from = lives[publish->life].name;
  const bool is_theirs = (from == reader && publish->to_name == other) ||
                         (from == other && publish->to_name == reader);
  if (!is_theirs || sender != '@' + from || to != '@' + publish->to_name) {
    verdict_.fail("private message " + std::to_string(number) + " is told to " + reader);
  }
  return number;
}

// `numbers` is all that is told of the two. What is stored first is told if it was acknowledged,
// and not if it was refused; of what is stored behind nothing is missing while the store takes all.
void Book::check_private(const std::string& one, const std::string& other,
                         const std::vector<u32>& numbers, bool all_kept) {
  std::set<u32> told;
  std::map<u32, u32> newest_of_life;
  for (const u32 number : numbers) {
    const std::string what = "private message " + std::to_string(number);
    if (!told.insert(number).second) verdict_.fail(what + " is told twice");
    const Publish& publish = publishes[number];
    if (publish.retried) continue;
    if (publish.fate == Fate::refused) verdict_.fail(what + " was refused, but is told");
    u32& newest = newest_of_life[publish.life];
    if (number < newest) verdict_.fail(what + " was overtaken in the history");
    newest = number;
  }
  for (u32 number = 0; number < publishes.size(); ++number) {
    const Publish& publish = publishes[number];
    if (publish.to_name.empty() || publish.fate != Fate::acknowledged) continue;
    const std::string& from = lives[publish.life].name;
    const bool is_theirs =
        (from == one && publish.to_name == other) || (from == other && publish.to_name == one);
    if (!is_theirs) continue;
    ++privates_checked;
    if (all_kept && told.count(number) == 0) {
      verdict_.fail("private message " + std::to_string(number) + " was acknowledged, and is lost");
    }
  }
}

void Simulation::check_private(u32 first_auditor) {
  constexpr u32 kPagesMax = 60;
  constexpr std::size_t kPartnersMax = 3;
  const std::string& durability = plan_.options.private_durability;
  if (durability == "memory" || plan_.options.chat_history == 0) return;
  for (u32 i = 0; i < first_auditor && verdict_.green(); ++i) {
    Player& player = *players_[i];
    const std::string name = book_.lives[player.life()].name;
    if (!player.connected() || player.uid().empty()) continue;
    std::set<std::string> partners;
    for (const Publish& publish : book_.publishes) {
      if (publish.to_name.empty() || partners.size() >= kPartnersMax) continue;
      if (publish.to_name == name) partners.insert(book_.lives[publish.life].name);
      if (book_.lives[publish.life].name == name) partners.insert(publish.to_name);
    }
    for (const std::string& other : partners) {
      std::vector<u32> numbers;
      Seq before = ~0u;
      for (u32 page = 0; page < kPagesMax && before > 0; ++page) {
        player.private_first = 0;  // an error ends it
        player.private_page.clear();
        player.read_private(other, before, 25);
        await(player);
        numbers.insert(numbers.begin(), player.private_page.begin(), player.private_page.end());
        before = player.private_first;
      }
      const bool all_kept = before == 0 && (durability == "commit" || !plan_.refusals) &&
                            plan_.options.session_messages_per_second > 1000;
      book_.check_private(name, other, numbers, all_kept);
    }
  }
}

}  // namespace perseid::sim
