#include "tools/relay/option_table.h"

#include <algorithm>
#include <array>
#include <utility>

namespace perseid {
namespace {

constexpr std::array<std::string_view, 6> kLogLevels = {"trace", "debug", "info",
                                                        "warn",  "error", "off"};
constexpr std::array<std::string_view, 2> kLogFormats = {"text", "json"};
constexpr std::array<std::string_view, 3> kDurabilities = {"memory", "async", "commit"};

constexpr std::array<std::string_view, 2> kTlsVersions = {"1.2", "1.3"};

std::span<const std::string_view> choices_of(std::string_view name) {
  if (name == "log_level") return kLogLevels;
  if (name == "log_format") return kLogFormats;
  if (name == "private_durability") return kDurabilities;
  if (name == "tls_min_version") return kTlsVersions;
  return {};
}

struct Row {  // What every kind of option has.
  std::string_view group;
  std::string_view name;
  std::string_view help;
};

OptionInfo flag_option(const Row& row, void (*set)(Options&, bool)) {
  OptionInfo out;
  out.kind = OptionKind::flag;
  out.group = row.group;
  out.name = row.name;
  out.help = row.help;
  out.set_flag = set;
  return out;
}

OptionInfo number_option(const Row& row, u64 initial, u64 min, u64 max, std::string_view unit,
                         void (*set)(Options&, u64)) {
  OptionInfo out;
  out.kind = OptionKind::number;
  out.group = row.group;
  out.name = row.name;
  out.help = row.help;
  out.initial = std::to_string(initial);
  out.min = min;
  out.max = max;
  out.unit = unit;
  out.set_number = set;
  return out;
}

// A number, or the word auto, which the options hold as kAuto.
OptionInfo auto_option(OptionInfo number) {
  number.word = "auto";
  return number;
}

OptionInfo text_option(const Row& row, std::string_view initial,
                       void (*set)(Options&, std::string)) {
  OptionInfo out;
  out.kind = OptionKind::text;
  out.group = row.group;
  out.name = row.name;
  out.help = row.help;
  out.initial = initial;
  out.choices = choices_of(row.name);
  out.set_text = set;
  return out;
}

// A statement per option, and nothing else.
std::vector<OptionInfo> make_table() {  // NOLINT(readability-function-size)
  std::vector<OptionInfo> table;
  std::string_view group;
#define GROUP(title) group = title;
#define FLAG(name, help) \
  table.push_back(       \
      flag_option({group, #name, help}, [](Options& o, bool value) { o.name = value; }));
#define NUM(type, name, init, min, max, unit, help)             \
  table.push_back(                                              \
      number_option({group, #name, help}, init, min, max, unit, \
                    [](Options& o, u64 value) { o.name = static_cast<type>(value); }));
#define AUTO(type, name, init, min, max, unit, help)            \
  table.push_back(auto_option(                                  \
      number_option({group, #name, help}, init, min, max, unit, \
                    [](Options& o, u64 value) { o.name = static_cast<type>(value); })));
#define TEXT(name, init, help)                            \
  table.push_back(text_option({group, #name, help}, init, \
                              [](Options& o, std::string value) { o.name = std::move(value); }));
  PERSEID_OPTIONS(GROUP, FLAG, NUM, AUTO, TEXT)
#undef GROUP
#undef FLAG
#undef NUM
#undef AUTO
#undef TEXT
  return table;
}

std::string spelled(std::string_view name, char from, char to) {
  std::string out(name);
  std::replace(out.begin(), out.end(), from, to);
  return out;
}

// Edits (insert, remove, replace, swap of neighbours) between two names.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

const std::vector<OptionInfo>& option_table() {
  static const std::vector<OptionInfo> table = make_table();
  return table;
}

const OptionInfo* find_option(std::string_view name) {
  const std::string snake = spelled(name, '-', '_');
  for (const OptionInfo& option : option_table()) {
    if (option.name == snake) return &option;
  }
  return nullptr;
}

std::string_view nearest_option(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 64;  // The cost is quadratic, the input anyone's.
  if (name.empty() || name.size() > kNameBytesMax) return {};
  const std::string snake = spelled(name, '-', '_');
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const OptionInfo& option : option_table()) {
    const std::size_t distance = edit_distance(snake, option.name);
    if (distance < best_distance) {
      best = option.name;
      best_distance = distance;
    }
  }
  if (!best.empty()) return best;
  for (const OptionInfo& option : option_table()) {  // "message-bytes" for max_message_bytes
    if (snake.size() >= 4 && option.name.find(snake) != std::string_view::npos) return option.name;
  }
  return {};
}

std::string flag_name(const OptionInfo& option) {
  return "--" + spelled(option.name, '_', '-');
}

std::string environment_name(const OptionInfo& option) {
  std::string out = "PERSEID_" + std::string(option.name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string bounds_text(const OptionInfo& option) {
  if (option.kind == OptionKind::number) {
    const std::string unit = option.unit.empty() ? "" : " " + std::string(option.unit);
    const std::string word = option.word.empty() ? "" : " or " + std::string(option.word);
    return std::to_string(option.min) + " to " + std::to_string(option.max) + unit + word;
  }
  std::string out;
  for (std::size_t i = 0; i < option.choices.size(); ++i) {
    if (i > 0) out += i + 1 == option.choices.size() ? " or " : ", ";
    out += option.choices[i];
  }
  return out;
}

std::string default_text(const OptionInfo& option) {
  if (option.kind == OptionKind::flag) return "off";
  if (option.initial.empty()) return "empty";
  return option.unit.empty() ? option.initial : option.initial + " " + std::string(option.unit);
}

}  // namespace perseid
