#include "tools/relay/options_cli.h"

#include <CLI/CLI.hpp>
#include <map>

#include "tools/relay/config_file.h"
#include "tools/relay/option_table.h"
#include "tools/relay/option_value.h"

namespace perseid {
namespace {

using Values = std::map<std::string_view, std::string>;  // by option name

struct CommandLine {
  CliAction action = CliAction::run;
  Values values;
  OptionError error;
};

OptionError unknown_argument(const std::string& argument) {
  const std::size_t name_at = argument.find_first_not_of('-');
  if (name_at == 0 || name_at == std::string::npos) {
    return "unexpected argument \"" + argument + "\"; perseid takes flags only, see --help";
  }
  const std::string flag = argument.substr(0, argument.find('='));
  const std::string_view nearest = nearest_option(std::string_view(flag).substr(name_at));
  return unknown_name("flag " + flag, nearest.empty() ? "" : flag_name(*find_option(nearest)));
}

void declare_options(CLI::App& app, Values& values) {
  for (const OptionInfo& option : option_table()) {
    const auto keep = [&values, name = option.name](const std::string& value) {
      values[name] = value;
    };
    if (option.kind == OptionKind::flag) {
      // Texts, so that --echo=maybe gets our own sentence.
      app.add_option_function<std::string>(flag_name(option), keep)->expected(0, 1)->take_last();
    } else {
      app.add_option_function<std::string>(flag_name(option), keep)->take_last();
    }
  }
}

// CLI11 takes what follows a flag for its value, the next flag too.
OptionError missing_value(const Values& values) {
  for (const auto& [name, value] : values) {
    if (value.rfind("--", 0) != 0) continue;
    return flag_name(*find_option(name)) + " needs a value, and " + value + " is the next flag";
  }
  return {};
}

CommandLine read_command_line(int argc, const char* const* argv) {
  CommandLine out;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  bool help = false;
  bool version = false;
  bool reference = false;
  app.add_flag("-h,--help", help);
  app.add_flag("--version", version);
  app.add_flag("--reference", reference);
  declare_options(app, out.values);
  try {  // Exceptions may end start-up: CLI11 tells of a missing value by one.
    app.parse(argc, argv);
  } catch (const CLI::ArgumentMismatch& mismatch) {
    const std::string what = mismatch.what();  // "--port: 1 required TEXT missing"
    out.error = what.substr(0, what.find(':')) + " needs a value; see perseid --help";
  } catch (const CLI::ParseError& error) {
    out.error = std::string(error.what());
  }
  if (help) out.action = CliAction::help;
  if (version) out.action = CliAction::version;
  if (reference) out.action = CliAction::reference;
  if (!out.error) out.error = missing_value(out.values);
  if (!out.error && app.remaining_size() > 0) out.error = unknown_argument(app.remaining()[0]);
  return out;
}

// PERSEID_ names that no option has are told, not refused: the environment is shared, and what
// runs a container puts names of its own there.
Values read_environment(const char* const* environment, std::vector<Warning>& warnings) {
  constexpr std::string_view kPrefix = "PERSEID_";
  Values out;
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    const std::size_t equals = entry.find('=');
    if (entry.rfind(kPrefix, 0) != 0 || equals == std::string_view::npos) continue;
    std::string name(entry.substr(kPrefix.size(), equals - kPrefix.size()));
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const OptionInfo* option = find_option(name);
    if (option != nullptr && environment_name(*option) == entry.substr(0, equals)) {
      out[option->name] = std::string(entry.substr(equals + 1));
      continue;
    }
    const std::string_view near = nearest_option(name);
    warnings.push_back(
        {"option_ignored", unknown_name("environment name " + std::string(entry.substr(0, equals)),
                                        near.empty() ? "" : environment_name(*find_option(near)))});
  }
  return out;
}

OptionError apply(const CommandLine& line, const Values& environment, Options& options,
                  RoomRules& rules) {
  const auto named_file = [](const Values& values) {
    const auto found = values.find("config");
    return found == values.end() ? std::string() : found->second;
  };
  std::string file = named_file(line.values);
  if (file.empty()) file = named_file(environment);
  if (!file.empty()) {
    if (OptionError error = read_config_file(file, options, rules)) return error;
  }
  for (const auto& [name, value] : environment) {
    // What runs a container may put a PERSEID_PORT of its own there; who gives the flag means that.
    if (line.values.count(name) != 0) continue;
    const OptionInfo& option = *find_option(name);
    const std::string where = "the environment's " + environment_name(option);
    if (OptionError error = set_option(option, where, value, options)) return error;
  }
  for (const auto& [name, value] : line.values) {
    const OptionInfo& option = *find_option(name);
    const bool bare = option.kind == OptionKind::flag && value.empty();
    const std::string_view text = bare ? std::string_view("true") : value;
    if (OptionError error = set_option(option, flag_name(option), text, options)) return error;
  }
  return check_together(options);
}

}  // namespace

CliResult read_options(int argc, const char* const* argv, const char* const* environment) {
  CliResult result;
  const CommandLine line = read_command_line(argc, argv);
  result.action = line.action;
  if (result.action != CliAction::run) return result;
  OptionError error = line.error;
  if (!error) {
    const Values from_environment = read_environment(environment, result.warnings);
    error = apply(line, from_environment, result.options, result.room_rules);
  }
  if (error) {
    result.action = CliAction::fail;
    result.error = *error;
    return result;
  }
  for (Warning& warning : option_warnings(result.options)) {
    result.warnings.push_back(std::move(warning));
  }
  return result;
}

}  // namespace perseid
