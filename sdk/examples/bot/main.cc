// perseid-bot: headless players. Each walks about a room, tells where it is, watches the others
// between their ticks, and answers who says "ping".
//
//   perseid-bot --help
#include <perseid/client.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr const char* kHelp =
    "perseid-bot [URL] [flags]: headless players\n"
    "  URL                ws:// or wss://HOST:PORT/ws; ws://127.0.0.1:8080/ws if absent\n"
    "  --ca FILE          of wss://: PEM, the only authorities to be trusted; else the system's\n"
    "  --token TOKEN      to a relay that asks who one is\n"
    "  --token-file FILE  the same from a file, read for each connection and before a token ends\n"
    "  --room NAME        arena if absent\n"
    "  --bots N           3 if absent\n"
    "  --seconds N        until it is interrupted if absent\n"
    "  --json             the JSON flavour\n";

struct Settings {
  std::string url = "ws://127.0.0.1:8080/ws";
  std::string room = "arena";
  int bots = 3;
  double seconds = 0;  // 0: until it is told to stop
  perseid::Wire wire = perseid::Wire::binary;
  std::string ca_file;
  std::string token;
  std::string token_file;
  bool help = false;
};

volatile std::sig_atomic_t interrupted = 0;

bool read_settings(int count, char** words, Settings& out) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool has_value = i + 1 < count;
    if (word == "--help") {
      out.help = true;
    } else if (word == "--json") {
      out.wire = perseid::Wire::json;
    } else if (word == "--room" && has_value) {
      out.room = words[++i];
    } else if (word == "--bots" && has_value) {
      out.bots = std::atoi(words[++i]);
    } else if (word == "--seconds" && has_value) {
      out.seconds = std::atof(words[++i]);
    } else if (word == "--ca" && has_value) {
      out.ca_file = words[++i];
    } else if (word == "--token" && has_value) {
      out.token = words[++i];
    } else if (word == "--token-file" && has_value) {
      out.token_file = words[++i];
    } else if (word.starts_with("ws://") || word.starts_with("wss://")) {
      out.url = word;
    } else {
      return false;
    }
  }
  return out.bots > 0;
}

perseid::ClientConfig config_of(const Settings& settings, const std::string& name) {
  perseid::ClientConfig out{.url = settings.url,
                            .name = name,
                            .token = settings.token,
                            .wire = settings.wire,
                            .tls = {.ca_file = settings.ca_file}};
  if (settings.token_file.empty()) return out;
  out.fetch_token = [path = settings.token_file](const perseid::GiveToken& give) {
    std::string token;
    if (std::ifstream(path) >> token) {
      give(token);
    } else {
      give.fail(path + " cannot be read, or is empty");
    }
  };
  return out;
}

class Bot {
 public:
  Bot(const Settings& settings, int number)
      : name_("bot" + std::to_string(number)),
        phase_(number * 2.1),
        client_(config_of(settings, name_)),
        room_(client_.join(settings.room)) {
    room_.interpolate();
    client_.on.link = [this](const perseid::LinkEvent& event) {
      std::printf("%s: %s %s\n", name_.c_str(), perseid::name_of(event.state).data(),
                  std::string(event.reason).c_str());
    };
    room_.on.chat = [this](const perseid::Message& message) {
      if (message.text() == "ping" && !message.old) room_.chat("pong from " + name_);
    };
    room_.on.joined = [this](const perseid::Joined& joined) {
      if (!joined.again) room_.chat(name_ + " is here");
    };
  }

  bool connect() {
    if (client_.connect()) return true;
    std::fprintf(stderr, "%s: %s\n", name_.c_str(), client_.failure().message.c_str());
    return false;
  }
  bool alive() const { return client_.state() != perseid::LinkState::closed; }

  void frame(double seconds) {
    client_.poll();
    const double x = 40 * std::sin(0.3 * seconds + phase_);
    const double y = 40 * std::cos(0.23 * seconds + phase_);
    room_.set(name_, {{"x", x}, {"y", y}});
    seen_ = room_.at(client_.now_ms()).size();
    client_.flush();
  }

  void report() const {
    const perseid::LinkStats stats = client_.stats();
    std::printf("%s: sees %zu entities, rtt %.1f ms, jitter %.1f ms, %llu bytes in, %llu out\n",
                name_.c_str(), seen_, stats.rtt_ms, stats.jitter_ms,
                static_cast<unsigned long long>(stats.bytes_in),
                static_cast<unsigned long long>(stats.bytes_out));
  }

  void leave() {
    room_.unset(name_);
    client_.close();
  }

 private:
  std::string name_;
  double phase_;
  perseid::Client client_;
  perseid::Room& room_;
  std::size_t seen_ = 0;
};

// 30 frames a second, a report every few.
int play(const Settings& settings) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::unique_ptr<Bot>> bots;
  for (int i = 0; i < settings.bots; ++i) {
    bots.push_back(std::make_unique<Bot>(settings, i));
    if (!bots.back()->connect()) return 2;
  }
  constexpr int kFramesPerReport = 150;
  const auto begin = Clock::now();
  bool alive = true;
  for (int frame = 1; interrupted == 0 && alive; ++frame) {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (settings.seconds > 0 && seconds > settings.seconds) break;
    alive = false;
    for (const auto& bot : bots) {
      bot->frame(seconds);
      alive |= bot->alive();
      if (frame % kFramesPerReport == 0) bot->report();
    }
    std::fflush(stdout);
    std::this_thread::sleep_until(begin + std::chrono::milliseconds(frame * 1000LL / 30));
  }
  for (const auto& bot : bots) {
    bot->report();
    bot->leave();
  }
  return alive ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  Settings settings;
  if (!read_settings(count, words, settings)) {
    std::fputs(kHelp, stderr);
    return 2;
  }
  if (settings.help) return std::fputs(kHelp, stdout) < 0 ? 1 : 0;
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  return play(settings);
}
