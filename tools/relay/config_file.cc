#include "tools/relay/config_file.h"

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "codec/json_text.h"

namespace perseid {
namespace {

// The value as text, so that one function checks it whatever its source; nothing if the TOML type
// is not the option's.
std::optional<std::string> value_text(const OptionInfo& option, const toml::node& node) {
  if (option.kind == OptionKind::flag && node.is_boolean()) {
    return node.as_boolean()->get() ? "true" : "false";
  }
  if (option.kind == OptionKind::number && node.is_integer()) {
    return std::to_string(node.as_integer()->get());
  }
  const bool is_word = option.kind == OptionKind::number && node.is_string() &&
                       !option.word.empty() && node.as_string()->get() == option.word;
  if (is_word) return std::string(option.word);
  if (option.kind == OptionKind::text && node.is_string()) return node.as_string()->get();
  return {};
}

std::string wanted_type(const OptionInfo& option) {
  switch (option.kind) {
    case OptionKind::flag:
      return "true or false, without quotes";
    case OptionKind::number:
      return option.word.empty()
                 ? "a whole number, without quotes"
                 : "a whole number without quotes, or \"" + std::string(option.word) + "\"";
    case OptionKind::text:
      return "a text in quotes";
  }
  return "";
}

OptionError set_from_node(const std::string& path, std::string_view key, const toml::node& node,
                          Options& options) {
  const std::string where =
      path + ":" + std::to_string(node.source().begin.line) + ": " + std::string(key);
  const OptionInfo* option = find_option(key);
  if (option == nullptr) {
    if (node.is_table()) return where + ": a table; names stand at the top level of the file";
    return path + ":" + std::to_string(node.source().begin.line) + ": " +
           unknown_name("key " + std::string(key), nearest_option(key));
  }
  if (option->name == "config") return where + ": a file cannot name another";
  const std::optional<std::string> text = value_text(*option, node);
  if (!text) return where + ": it takes " + wanted_type(*option);
  return set_option(*option, where, *text, options);
}

// TOML's tables are sorted by key; the fields of a schema stand in the order they were written in.
void append_json(const toml::node& node, std::ostream& out);

void append_json(const toml::table& table, std::ostream& out) {
  std::vector<std::pair<const toml::key*, const toml::node*>> items;
  for (const auto& [key, node] : table) items.emplace_back(&key, &node);
  std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
    return a.first->source().begin < b.first->source().begin;
  });
  const char* before = "{";
  for (const auto& [key, node] : items) {
    std::string name;
    append_json_escaped(name, key->str());
    out << before << '"' << name << "\":";
    append_json(*node, out);
    before = ",";
  }
  out << (table.empty() ? "{}" : "}");
}

void append_json(const toml::node& node, std::ostream& out) {
  if (const toml::table* table = node.as_table()) return append_json(*table, out);
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    out << toml::json_formatter{node};
    return;
  }
  const char* before = "[";
  for (const toml::node& item : *array) {
    out << before;
    append_json(item, out);
    before = ",";
  }
  out << (array->empty() ? "[]" : "]");
}

// Each [[room]] in the file's order, which decides: the first that matches a room's name.
OptionError read_rooms(const toml::node& node, const std::string& path, RoomRules& rules) {
  const toml::array* rooms = node.as_array();
  if (rooms == nullptr || !rooms->is_array_of_tables()) {
    return path + ":" + std::to_string(node.source().begin.line) +
           ": room: rules for rooms are tables, each begun by [[room]]";
  }
  for (const toml::node& room : *rooms) {
    std::ostringstream json;
    append_json(room, json);
    const std::string wrong = rules.add(json.str());
    if (wrong.empty()) continue;
    const std::string pattern = room.as_table()->get("pattern") == nullptr
                                    ? std::string()
                                    : (*room.as_table())["pattern"].value_or(std::string());
    std::string problem = path + ":" + std::to_string(room.source().begin.line) + ": room";
    if (!pattern.empty()) problem.append(" \"").append(pattern).append("\"");
    return problem.append(": ").append(wrong);
  }
  return {};
}

}  // namespace

OptionError read_config_text(std::string_view text, const std::string& path, Options& options,
                             RoomRules& rules) {
  try {  // Exceptions may end start-up: toml++ tells of a syntax error by one.
    const toml::table table = toml::parse(text, path);
    std::set<std::string_view> seen;  // state_hz and state-hz are two keys to TOML, one to us.
    for (const auto& [key, node] : table) {
      if (key.str() == "room") {
        if (OptionError error = read_rooms(node, path, rules)) return error;
        continue;
      }
      const OptionInfo* option = find_option(key.str());
      if (option != nullptr && !seen.insert(option->name).second) {
        return path + ":" + std::to_string(node.source().begin.line) + ": " +
               std::string(key.str()) + " stands there twice, in its two spellings";
      }
      if (OptionError error = set_from_node(path, key.str(), node, options)) return error;
    }
  } catch (const toml::parse_error& error) {
    return path + ":" + std::to_string(error.source().begin.line) +
           ": not TOML: " + std::string(error.description());
  }
  return {};
}

OptionError read_config_file(const std::string& path, Options& options, RoomRules& rules) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // To a stream, inserting nothing is a failure; an empty file is none.
  if (file.is_open() && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || !text) {
    return "--config: cannot read " + path + ": " + std::strerror(errno);
  }
  return read_config_text(text.str(), path, options, rules);
}

}  // namespace perseid
