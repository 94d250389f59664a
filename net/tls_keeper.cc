#include "net/tls_keeper.h"

#include <pthread.h>

#include <chrono>

#include "net/clock.h"
#include "net/tls_files.h"

namespace perseid {

TlsKeeper::~TlsKeeper() {
  {
    const HandshakeLock guard(lock_);
    ending_ = true;
  }
  wake_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

std::string TlsKeeper::start(std::vector<Warning>& warnings) {
  stamp_ = tls_files_stamp(options_);
  TlsLoaded loaded = TlsContext::load(options_, tickets_);
  if (loaded.context == nullptr) return loaded.problem;
  warnings.insert(warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
  current_ = std::move(loaded.context);
  return {};
}

void TlsKeeper::watch_files() {
  watcher_ = std::thread([this] { watch(); });
}

std::string TlsKeeper::reload() {
  const HandshakeLock one(reloading_);
  const std::string stamp = tls_files_stamp(options_);
  TlsLoaded loaded = TlsContext::load(options_, tickets_);
  {
    const HandshakeLock guard(lock_);
    stamp_ = stamp;
    if (loaded.context != nullptr) current_ = loaded.context;
  }
  if (loaded.context == nullptr) {
    ++reload_failures;
    tell(EventKind::error_occurred, "The certificates in use stay. " + loaded.problem);
    return loaded.problem;
  }
  ++reloads;
  tell(EventKind::health_updated, "New connections get the certificates as they are now.");
  for (const Warning& each : loaded.warnings) tell(EventKind::error_occurred, each.text);
  return {};
}

std::shared_ptr<const TlsContext> TlsKeeper::current() const {
  const HandshakeLock guard(lock_);
  return current_;
}

// A certificate and its key are two files: between the writing of one and of the other they do not
// fit, which is told once, and put right at the next look.
void TlsKeeper::watch() {
  (void)::pthread_setname_np(::pthread_self(), "tls-files");
  HandshakeLock guard(lock_);
  const bool looks = options_.tls_reload_s > 0;
  const std::chrono::seconds period(looks ? options_.tls_reload_s : options_.tls_ticket_key_s);
  while (!wake_.wait_for(guard, period, [this] { return ending_; })) {
    const std::string stamp = stamp_;
    // Shards take this lock for each connection, and files may be slow.
    guard.unlock();
    tickets_.age();
    if (looks && tls_files_stamp(options_) != stamp) (void)reload();
    guard.lock();
  }
}

void TlsKeeper::tell(EventKind kind, const std::string& detail) const {
  if (listener_ == nullptr || !listener_->wants(kind)) return;
  Event event;
  event.kind = kind;
  event.now = read_clock();
  event.error = kind == EventKind::error_occurred ? Error::tls_failed : Error::ok;
  event.detail = detail;
  listener_->on_event(event);
}

}  // namespace perseid
