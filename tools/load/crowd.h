// Crowd: hostile connections, some of each kind of attack, each acting at the rate asked for and
// coming back when the relay has closed it. On a thread of its own, which gives way to that of the
// players (nice), so that they are not kept waiting by us.
// Thread: start, stop and held() the owner's; all else its own. Owns: the sockets.
// Invariants: a connection acts once in an interval, whatever came of the act before; it is closed
// by a reset, so that no port lingers.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tools/load/arsenal.h"
#include "tools/load/config.h"
#include "tools/load/result.h"
#include "tools/load/tls_link.h"

namespace perseid::load {

class Crowd {
 public:
  explicit Crowd(const Config& config);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void start();
  void stop();  // closes all
  u32 held() const { return held_.load(std::memory_order_relaxed); }
  bool has_dialled_all() const { return dialled_all_.load(std::memory_order_relaxed); }
  // Behind stop().
  void add_to(AttackFigures& figures) const;

 private:
  enum class Stage : u8 { away, connecting, asking, open };
  struct Foe {
    int fd = -1;
    Attack kind = Attack::pings;
    Stage stage = Stage::away;
    u64 acts = 0;  // all in all: the next shot
    u64 at = 0;    // since it is connected
    std::string unsent;
    std::string partial;
    std::unique_ptr<TlsLink> tls;
  };

  void run(const std::stop_token& stopping);
  void act(u32 index);
  void shoot(Foe& foe);
  void dial(u32 index);
  void connected(Foe& foe, u32 index);
  void readable(Foe& foe, u32 index);
  std::size_t consume(Foe& foe, std::string_view in, u32 index);
  void opened(Foe& foe, u32 index);
  bool send(Foe& foe, std::string_view bytes);
  bool send_bare(Foe& foe, std::string_view bytes);
  void watch(const Foe& foe, u32 index, u32 events, int operation) const;
  void closed_by_relay(Foe& foe, u32 how);
  void drop(Foe& foe);
  u64 due_ns(u64 act) const;

  const Config& config_;
  const Arsenal arsenal_;
  const std::vector<Attack> kinds_;
  std::unique_ptr<TlsClients> tls_;
  int epoll_;
  std::vector<Foe> foes_;
  std::vector<u8> buffer_, plain_, sealed_;
  u64 start_ns_ = 0;
  u64 next_ = 0;  // act, of all in turn
  std::atomic<u32> held_ = 0;
  std::atomic<bool> dialled_all_ = false;
  AttackFigures figures_;
  std::jthread thread_;
};

}  // namespace perseid::load
