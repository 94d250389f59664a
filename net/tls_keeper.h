// TlsKeeper: the certificates in use, and those that take their place: on reload(), or when their
// files change. Who is connected notices nothing; a new certificate that is not right changes
// nothing either and is told with what to do.
// Thread: current() of any shard, per handshake; reload() of any; its own looks at the files.
// Owns: that thread, the TlsContext for new connections, the ticket keys.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/event.h"
#include "net/tls_context.h"

namespace perseid {

using HandshakeLock =
    std::unique_lock<std::mutex>;  // tidy: allow lock, because only handshakes and reloads take it

class TlsKeeper {
 public:
  TlsKeeper(const Options& options, EventListener* listener)
      : options_(options), listener_(listener), tickets_(options.tls_ticket_key_s) {}
  ~TlsKeeper();
  TlsKeeper(const TlsKeeper&) = delete;
  TlsKeeper& operator=(const TlsKeeper&) = delete;

  // The reason in words if the certificates cannot be used.
  std::string start(std::vector<Warning>& warnings);
  // Looks at the files every --tls-reload-s from now on, and to it that old ticket keys go.
  void watch_files();
  // Reads all files anew. The reason in words if the old certificates stay.
  std::string reload();
  std::shared_ptr<const TlsContext> current() const;
  TlsTickets& tickets() { return tickets_; }

  // Handshakes under way on all shards, of --tls-handshakes-max.
  std::atomic<u32> handshakes{0};
  std::atomic<u64> reloads{0};
  std::atomic<u64> reload_failures{0};

 private:
  void watch();
  void tell(EventKind kind, const std::string& detail) const;

  const Options& options_;
  EventListener* const listener_;
  TlsTickets tickets_;
  std::mutex reloading_;          // tidy: allow lock, because reloads come one at a time
  mutable std::mutex lock_;       // tidy: allow lock, because only handshakes and reloads take it
  std::condition_variable wake_;  // tidy: allow lock, because no shard waits for it
  std::shared_ptr<const TlsContext> current_;
  std::string stamp_;
  bool ending_ = false;
  std::thread watcher_;
};

}  // namespace perseid
