#include "tools/relay/config_file.h"

#include <toml++/toml.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

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
  if (option.kind == OptionKind::text && node.is_string()) return node.as_string()->get();
  return {};
}

std::string_view wanted_type(const OptionInfo& option) {
  switch (option.kind) {
    case OptionKind::flag:
      return "true or false, without quotes";
    case OptionKind::number:
      return "a whole number, without quotes";
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
  if (!text) return where + ": it takes " + std::string(wanted_type(*option));
  return set_option(*option, where, *text, options);
}

}  // namespace

OptionError read_config_text(std::string_view text, const std::string& path, Options& options) {
  try {  // Exceptions may end start-up: toml++ tells of a syntax error by one.
    const toml::table table = toml::parse(text, path);
    std::set<std::string_view> seen;  // state_hz and state-hz are two keys to TOML, one to us.
    for (const auto& [key, node] : table) {
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

OptionError read_config_file(const std::string& path, Options& options) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // To a stream, inserting nothing is a failure; an empty file is none.
  if (file.is_open() && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || !text) {
    return "--config: cannot read " + path + ": " + std::strerror(errno);
  }
  return read_config_text(text.str(), path, options);
}

}  // namespace perseid
