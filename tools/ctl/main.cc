// perseidctl: see --help.
#include <CLI/CLI.hpp>
#include <ctime>
#include <fstream>
#include <iostream>

#include "engine/options.h"
#include "tools/ctl/ctl.h"
#include "tools/ctl/token.h"

namespace {

// What looks after a store: one of them runs, with this folder and file.
struct StoreCommands {
  explicit StoreCommands(CLI::App& app) {
    exporting = add(app, "export", "Write all of it as JSON lines.");
    exporting->add_option("file", path, "Where to; standard output if left out.");
    importing = add(app, "import", "Take in what export has written; all or nothing.");
    importing->add_option("file", path, "Where from; standard input if left out.");
    checking = add(app, "check", "Look through the whole file, and say what is wrong.");
  }
  CLI::App* add(CLI::App& app, const char* name, const char* help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("--data-dir", folder, "The relay's --data-dir.")->capture_default_str();
    return command;
  }
  int run() const {
    if (checking->parsed()) return perseid::ctl::check_store(folder, std::cout, std::cerr);
    if (importing->parsed()) {
      std::ifstream file;
      if (!path.empty()) file.open(path);
      if (!path.empty() && !file) {
        std::cerr << path << ": cannot read it\n";
        return 1;
      }
      return perseid::ctl::import_store(folder, path.empty() ? std::cin : file, std::cerr);
    }
    std::ofstream file;
    if (!path.empty()) file.open(path);
    return perseid::ctl::export_store(folder, path.empty() ? std::cout : file, std::cerr);
  }

  std::string folder = perseid::Options{}.data_dir;
  std::string path;
  CLI::App* exporting = nullptr;
  CLI::App* importing = nullptr;
  CLI::App* checking = nullptr;
};

CLI::App* add_keys(CLI::App& app, perseid::ctl::KeysWish& wish) {
  CLI::App* command = app.add_subcommand("keys", "Make a key for signing tokens, in new files.");
  command->add_option("algorithm", wish.algorithm, "EdDSA, ES256, RS256 or HS256.")->required();
  command->add_option("--kid", wish.key_id, "Its name among others; 1 if left out.");
  command->add_option("--out", wish.path, "Where to: .json and .secret.json are added.")
      ->capture_default_str();
  return command;
}

CLI::App* add_token(CLI::App& app, perseid::ctl::TokenWish& wish) {
  CLI::App* command = app.add_subcommand("token", "Sign a token, and print it.");
  command->add_option("--keys", wish.keys_path, "File with the secret key.")->required();
  command->add_option("--sub", wish.user, "Whose it is.")->required();
  command->add_option("--name", wish.name, "What others see; the sub if left out.");
  command->add_option("--rooms", wish.rooms, "PATTERN=join,chat,… (repeatable); all if left out.");
  command->add_option("--permissions", wish.permissions,
                      "What holds everywhere: direct,moderate,…");
  command->add_option("--valid-s", wish.valid_s, "For so long, s.")->capture_default_str();
  command->add_option("--kid", wish.key_id, "Which key of the file; the first if left out.");
  command->add_option("--issuer", wish.issuer, "Its iss.");
  command->add_option("--audience", wish.audience, "Its aud.");
  command->add_option("--signing-key", wish.signing_key,
                      "Ed25519 public key (base64url): its bearer has to sign with it.");
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Looks after what a perseid keeps (--data-dir), while no relay is running on it, and "
      "makes keys and tokens for signing in.");
  app.set_version_flag("--version", PERSEID_VERSION);
  app.require_subcommand(1);
  const StoreCommands store(app);
  perseid::ctl::KeysWish keys;
  perseid::ctl::TokenWish token;
  const CLI::App* make_keys = add_keys(app, keys);
  const CLI::App* make_token = add_token(app, token);
  CLI11_PARSE(app, argc, argv);
  if (make_keys->parsed()) return perseid::ctl::make_keys(keys, std::cout, std::cerr);
  if (!make_token->parsed()) return store.run();
  const auto now_s = static_cast<perseid::u64>(std::time(nullptr));
  return perseid::ctl::make_token(token, now_s, std::cout, std::cerr);
}
