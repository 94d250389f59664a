#include "tools/relay/help_text.h"

#include <sstream>

#include "tools/relay/option_table.h"

namespace perseid {
namespace {

constexpr std::size_t kColumnsMax = 100;
constexpr std::size_t kTextColumn = 37;

std::string_view argument_name(const OptionInfo& option) {
  if (option.kind == OptionKind::flag) return "";
  if (option.name == "host") return " ADDRESS";
  if (option.name == "allow_origin") return " ORIGINS";
  if (option.name == "config") return " FILE";
  if (option.kind == OptionKind::text) return " WORD";
  if (option.unit == "ms") return " MS";
  return option.unit == "bytes" ? " BYTES" : " N";
}

std::string bracket(const OptionInfo& option) {
  if (option.kind == OptionKind::flag) return "";
  const std::string bounds =
      option.kind == OptionKind::number
          ? "; " + std::to_string(option.min) + ".." + std::to_string(option.max) +
                (option.word.empty() ? "" : " or " + std::string(option.word))
          : "";
  return option.initial.empty() ? "" : "[" + default_text(option) + bounds + "]";
}

// The words of `text`, then `last` whole, wrapped between the text column and the right edge.
void append_wrapped(std::string& out, std::string_view text, const std::string& last) {
  std::size_t column = kTextColumn;
  const auto put = [&](const std::string& word) {
    if (word.empty()) return;
    if (column + 1 + word.size() > kColumnsMax) {
      out += '\n' + std::string(kTextColumn, ' ');
      column = kTextColumn;
    } else if (column > kTextColumn) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  };
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) put(word);
  put(last);
  out += '\n';
}

void append_row(std::string& out, const std::string& left, std::string_view text,
                const std::string& last) {
  out += "  " + left;
  if (left.size() + 4 > kTextColumn) {
    out += '\n' + std::string(kTextColumn, ' ');
  } else {
    out += std::string(kTextColumn - 2 - left.size(), ' ');
  }
  append_wrapped(out, text, last);
}

}  // namespace

std::string help_text() {
  std::string out =
      "perseid " + std::string(kVersion) +
      ": a relay for real-time games and chat\n"
      "\n"
      "Usage: perseid [flags]        for example: perseid --port 8080 --host 0.0.0.0\n"
      "\n"
      "Square brackets hold the default and the bounds. Every flag may also stand in\n"
      "the environment (--state-hz 30 as PERSEID_STATE_HZ=30) or in the TOML file of\n"
      "--config (state_hz = 30). A flag wins over the environment, that over the file.\n";
  std::string_view group;
  for (const OptionInfo& option : option_table()) {
    if (option.group != group) {
      group = option.group;
      out += "\n" + std::string(group) + "\n";
    }
    append_row(out, flag_name(option) + std::string(argument_name(option)), option.help,
               bracket(option));
  }
  out += "\nAbout\n";
  append_row(out, "-h, --help", "Print this and end.", "");
  append_row(out, "--version", "Print the version and end.", "");
  append_row(out, "--reference", "Print the reference page (docs/reference.md) and end.", "");
  out +=
      "\nSIGTERM, SIGINT or SIGHUP drains and ends with 0; a second one ends at once with 128 + "
      "its\nnumber; "
      "SIGUSR1 logs the counters. Ends with 2 for a wrong flag, 1 if it cannot start.\n";
  return out;
}

}  // namespace perseid
