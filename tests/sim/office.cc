#include "tests/sim/office.h"

#include <algorithm>

#include "engine/parcel.h"

namespace perseid::sim {
namespace {

constexpr std::string_view kCount = R"("count":)";

bool has_id(const SharedSlice& parcel) {
  return !open_parcel(parcel).id.empty();
}

PublishLetter copy_of(const PublishLetter& letter) {
  const MutableBytes bytes = letter.parcel.bytes();
  Segment* segment = letter.parcel.segment();
  const u32 offset = static_cast<u32>(bytes.data() - segment->data());
  return {.room = letter.room,
          .sender = letter.sender,
          .parcel = SharedSlice(segment, offset, static_cast<u32>(bytes.size())),
          .repeat_key = letter.repeat_key,
          .lane = letter.lane,
          .moderator = letter.moderator,
          .chat = letter.chat};
}

}  // namespace

Office::Office(const Plan& plan, Dice& dice, Verdict& verdict)
    : plan_(plan), dice_(dice), verdict_(verdict), boxes_(plan.shards * plan.shards) {}

bool Office::post(ShardId from, ShardId to, Letter&& letter, Post urgency) {
  if (urgency == Post::bulk && plan_.refusals && !prompt && dice_.percent(5)) return false;
  std::deque<Waiting>& box = boxes_[from * plan_.shards + to];
  if (plan_.fault == Fault::lend_entities) lend(letter);
  if (fault_due && !fault_committed && betray(box, to, letter)) return true;
  if (is_silenced(to, letter)) return true;
  const u64 delay_ms = prompt ? 0 : dice_.percent(70) ? dice_.below(3) : dice_.below(40);
  box.push_back({std::move(letter), verdict_.now_ms + delay_ms});
  ++letters_;
  return true;
}

bool Office::take(ShardId to, u64 now_ms, Letter& out) {
  const u32 first = dice_.below(plan_.shards);
  for (u32 i = 0; i < plan_.shards; ++i) {
    std::deque<Waiting>& box = boxes_[(first + i) % plan_.shards * plan_.shards + to];
    if (box.empty() || box.front().at_ms > now_ms) continue;
    out = std::move(box.front().letter);
    box.pop_front();
    --letters_;
    return true;
  }
  return false;
}

bool Office::is_victim(const Letter& letter) const {
  const auto* publish = std::get_if<PublishLetter>(&letter.body);
  const bool sequenced =
      publish != nullptr && publish->lane != index(Lane::game_state) && has_id(publish->parcel);
  switch (plan_.fault) {
    case Fault::drop_publish:
    case Fault::swap_publishes:
    case Fault::repeat_publish:
      return sequenced;
    case Fault::drop_answer:
      return std::holds_alternative<PublishAnswer>(letter.body);
    case Fault::drop_direct:
      return std::holds_alternative<DirectLetter>(letter.body) &&
             has_id(std::get<DirectLetter>(letter.body).parcel);
    case Fault::drop_leave:
      return std::holds_alternative<LeaveLetter>(letter.body);
    case Fault::drop_keyframe:
      return std::holds_alternative<KeyframeLetter>(letter.body);
    case Fault::drop_joined:
      return std::holds_alternative<std::unique_ptr<JoinAnswer>>(letter.body);
    case Fault::drop_roster: {
      const auto* text = std::get_if<std::unique_ptr<TextAnswer>>(&letter.body);
      return text != nullptr && (*text)->is_roster;
    }
    case Fault::miscount: {  // at rest, when it is known what there should be
      const auto* text = std::get_if<std::unique_ptr<TextAnswer>>(&letter.body);
      return prompt && text != nullptr && (*text)->json.find(kCount) != std::string::npos;
    }
    case Fault::keep_cell: {
      const auto* cells = std::get_if<std::unique_ptr<CellsLetter>>(&letter.body);
      return cells != nullptr && !(*cells)->leave.empty();
    }
    case Fault::drop_cells:
      return std::holds_alternative<std::unique_ptr<CellsLetter>>(letter.body);
    case Fault::silence_lane: {
      const auto* advance = std::get_if<LaneAdvance>(&letter.body);
      return advance != nullptr && !advance->reset && advance->lane != index(Lane::system);
    }
    default:
      return false;
  }
}

// All that follows the first as well: a later letter would tell of what the lost one held.
bool Office::is_silenced(ShardId to, const Letter& letter) const {
  if (!fault_committed) return false;
  if (plan_.fault == Fault::drop_roster) return is_victim(letter);
  if (plan_.fault != Fault::silence_lane) return false;
  const auto* advance = std::get_if<LaneAdvance>(&letter.body);
  return advance != nullptr && !advance->reset && to == silenced_.shard &&
         advance->view == silenced_.view && advance->format == silenced_.format &&
         advance->lane == silenced_.lane;
}

// All that is written without an id, which is what is shared, as if one member had written it.
void Office::lend(Letter& letter) {
  auto* publish = std::get_if<PublishLetter>(&letter.body);
  if (publish == nullptr || publish->lane != index(Lane::game_state) || has_id(publish->parcel)) {
    return;
  }
  if (!borrower_) borrower_ = publish->sender;
  fault_committed |= publish->sender != borrower_;
  publish->sender = borrower_;
}

// True if the letter was dealt with. Not at once: a run should be under way.
bool Office::betray(std::deque<Waiting>& box, ShardId to, Letter& letter) {
  if (!is_victim(letter)) return false;
  const bool at_once = plan_.fault == Fault::drop_roster || plan_.fault == Fault::miscount;
  if (!at_once && !dice_.percent(10)) return false;
  if (plan_.fault == Fault::swap_publishes) {
    if (box.empty()) return false;
    auto* before = std::get_if<PublishLetter>(&box.back().letter.body);
    auto& after = std::get<PublishLetter>(letter.body);
    if (before == nullptr || before->sender != after.sender || before->room != after.room ||
        before->lane != after.lane) {
      return false;
    }
    std::swap(*before, after);
  }
  fault_committed = true;
  if (const auto* advance = std::get_if<LaneAdvance>(&letter.body)) {
    silenced_ = {to, advance->view, advance->format, advance->lane};
  }
  if (plan_.fault == Fault::keep_cell) {
    std::get<std::unique_ptr<CellsLetter>>(letter.body)->leave.clear();
    return false;
  }
  if (plan_.fault == Fault::miscount) {
    std::string& json = std::get<std::unique_ptr<TextAnswer>>(letter.body)->json;
    ++json[json.find(kCount) + kCount.size()];
    return false;
  }
  if (plan_.fault == Fault::repeat_publish) {
    box.push_back({Letter(copy_of(std::get<PublishLetter>(letter.body))), verdict_.now_ms});
    ++letters_;
  }
  return plan_.fault != Fault::swap_publishes && plan_.fault != Fault::repeat_publish;
}

}  // namespace perseid::sim
