// An update of a room's state is merged whole or not at all, and its limits are asked of what it
// leaves. Both were otherwise once: 257 fields left 256 behind an error, and an update that took
// one entity's place for another was refused, the removal done.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "engine/room_state.h"
#include "tests/engine/random.h"
#include "tests/engine/table.h"

namespace perseid::test {
namespace {

constexpr u32 kEntitiesMax = 4;
constexpr u32 kFieldsMax = 3;

using Model = std::map<std::string, std::map<std::string, std::string>>;

std::string keyframe_of(const Model& model) {
  std::string out;
  for (const auto& [entity, fields] : model) {
    out += entity + "{";
    for (const auto& [key, value] : fields) out += key + "=" + value + ",";
    out += "}";
  }
  return out;
}

bool within_limits(const Model& model) {
  if (model.size() > kEntitiesMax) return false;
  for (const auto& [entity, fields] : model) {
    if (fields.size() > kFieldsMax) return false;
  }
  return true;
}

struct Update {
  std::string json;
  Model after;
};

// `set` first, then `unset`, or the other way round; every key once.
Update draw_update(Random& dice, Model model) {
  std::string set;
  std::string unset;
  const bool unset_first = dice.percent(50);
  std::vector<std::string> gone;
  for (u32 e = 0; e < 6; ++e) {
    if (dice.percent(20)) gone.push_back("e" + std::to_string(e));
  }
  if (unset_first) {
    for (const std::string& entity : gone) model.erase(entity);
  }
  for (u32 e = 0; e < 6; ++e) {
    if (!dice.percent(25)) continue;
    const std::string entity = "e" + std::to_string(e);
    set += (set.empty() ? "\"" : ",\"") + entity + "\":{";
    bool first = true;
    bool lives = model.contains(entity);
    for (u32 f = 0; f < 5; ++f) {
      if (!dice.percent(40)) continue;
      const std::string key = "f" + std::to_string(f);
      const bool removes = dice.percent(30);
      const std::string value = removes ? "null" : std::to_string(dice.below(9));
      set += (first ? "\"" : ",\"") + key + "\":" + value;
      first = false;
      if (!removes) {
        model[entity][key] = value;
        lives = true;
      } else if (lives) {
        model[entity].erase(key);
      }
    }
    set += "}";
    if (first) model[entity];
  }
  for (const std::string& entity : gone) {
    unset += (unset.empty() ? "\"" : ",\"") + entity + "\"";
    if (!unset_first) model.erase(entity);
  }
  set = R"("set":{)" + set + "}";
  unset = R"("unset":[)" + unset + "]";
  return {"{" + (unset_first ? unset + "," + set : set + "," + unset) + "}", std::move(model)};
}

Model read_keyframe(RoomState& state) {
  std::string text;
  state.write_full(text);
  Table table;
  table.apply(text);
  return {table.entities.begin(), table.entities.end()};
}

void check_updates(u32 seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random dice(seed);
  Options options;
  options.room_entities_max = kEntitiesMax;
  options.entity_fields_max = kFieldsMax;
  RoomState state(options, KeyedHash{});
  StateUpdateReader reader;
  Model model;
  Table follower;
  u32 refused = 0;
  for (int i = 0; i < 300; ++i) {
    Update update = draw_update(dice, model);
    update.json.append(kParsePaddingBytes, ' ');
    const std::string_view payload(update.json.data(), update.json.size() - kParsePaddingBytes);
    std::string_view field;
    StateUpdateCheck check;
    ASSERT_EQ(reader.read(payload, check, field), Error::ok);
    bool careful = false;
    if (!state.surely_fits(check, payload.size())) {
      RoomState::Growth growth(state);
      (void)reader.read(payload, growth, field);
      careful = !growth.fits();
    }
    state.begin_update(careful);
    (void)reader.read(payload, state, field);
    const Error error = state.end_update();
    const bool fits = within_limits(update.after);
    ASSERT_EQ(error, fits ? Error::ok : Error::state_limit) << payload;
    if (fits) model = update.after;
    refused += fits ? 0 : 1;
    std::string delta;
    if (dice.percent(40) && state.take_delta(delta)) {
      follower.apply(delta);
      ASSERT_EQ(keyframe_of({follower.entities.begin(), follower.entities.end()}),
                keyframe_of(model))
          << payload;
    }
  }
  ASSERT_EQ(keyframe_of(read_keyframe(state)), keyframe_of(model));
  ASSERT_GT(refused, 10u);
}

TEST(StateUpdate, is_merged_whole_or_not_at_all) {
  for (u32 seed = 1; seed <= 50 && !testing::Test::HasFatalFailure(); ++seed) check_updates(seed);
}

}  // namespace
}  // namespace perseid::test
