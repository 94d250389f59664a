// perseidctl: see --help.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "engine/options.h"
#include "tools/ctl/ctl.h"

int main(int argc, char** argv) {
  CLI::App app("Looks after what a perseid keeps (--data-dir), while no relay is running on it.");
  app.set_version_flag("--version", PERSEID_VERSION);
  app.require_subcommand(1);
  std::string folder = perseid::Options{}.data_dir;
  std::string path;
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("--data-dir", folder, "The relay's --data-dir.")->capture_default_str();
    return command;
  };
  CLI::App* exporting = add("export", "Write all of it as JSON lines.");
  exporting->add_option("file", path, "Where to; standard output if left out.");
  CLI::App* importing = add("import", "Take in what export has written; all or nothing.");
  importing->add_option("file", path, "Where from; standard input if left out.");
  add("check", "Look through the whole file, and say what is wrong.");
  CLI11_PARSE(app, argc, argv);
  if (importing->parsed()) {
    std::ifstream file;
    if (!path.empty()) file.open(path);
    if (!path.empty() && !file) {
      std::cerr << path << ": cannot read it\n";
      return 1;
    }
    return perseid::ctl::import_store(folder, path.empty() ? std::cin : file, std::cerr);
  }
  if (!exporting->parsed()) return perseid::ctl::check_store(folder, std::cout, std::cerr);
  std::ofstream file;
  if (!path.empty()) file.open(path);
  return perseid::ctl::export_store(folder, path.empty() ? std::cout : file, std::cerr);
}
