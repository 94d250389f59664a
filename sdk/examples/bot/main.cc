// perseid-bot: headless players. Each walks about a room, tells where it is, watches the others
// between their ticks, and answers who says "ping".
//
//   perseid-bot [ws://HOST:PORT/ws] [--room NAME] [--bots N] [--seconds N] [--json]
#include <perseid/client.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Settings {
  std::string url = "ws://127.0.0.1:8080/ws";
  std::string room = "arena";
  int bots = 3;
  double seconds = 0;  // 0: until it is told to stop
  perseid::Wire wire = perseid::Wire::binary;
};

volatile std::sig_atomic_t interrupted = 0;

bool read_settings(int count, char** words, Settings& out) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool has_value = i + 1 < count;
    if (word == "--json") {
      out.wire = perseid::Wire::json;
    } else if (word == "--room" && has_value) {
      out.room = words[++i];
    } else if (word == "--bots" && has_value) {
      out.bots = std::atoi(words[++i]);
    } else if (word == "--seconds" && has_value) {
      out.seconds = std::atof(words[++i]);
    } else if (word.starts_with("ws://")) {
      out.url = word;
    } else {
      return false;
    }
  }
  return out.bots > 0;
}

class Bot {
 public:
  Bot(const Settings& settings, int number)
      : name_("bot" + std::to_string(number)),
        phase_(number * 2.1),
        client_({.url = settings.url, .name = name_, .wire = settings.wire}),
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

  bool connect() { return client_.connect(); }
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
    std::fprintf(
        stderr,
        "perseid-bot [ws://HOST:PORT/ws] [--room NAME] [--bots N] [--seconds N] [--json]\n");
    return 2;
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  return play(settings);
}
