// Keeps what a server tells of security, for tests.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "engine/event.h"

namespace perseid::test {

class HeardEvents final : public EventListener {
 public:
  struct One {
    Error error = Error::ok;
    std::string address;
    std::string detail;
  };
  bool wants(EventKind kind) const override {
    return kind == EventKind::error_occurred || kind == EventKind::health_updated;
  }
  void on_event(const Event& event) override {
    if (!event.audit) return;
    const std::lock_guard guard(lock_);
    all_.push_back({event.error, std::string(event.address), std::string(event.detail)});
  }
  std::vector<One> all() const {
    const std::lock_guard guard(lock_);
    return all_;
  }
  // Whether one of that error from that address (or one that begins so) says so.
  bool has(Error error, std::string_view address, std::string_view text = {}) const {
    for (const One& one : all()) {
      const bool same = one.error == error && one.address.starts_with(address);
      if (same && one.detail.find(text) != std::string::npos) return true;
    }
    return false;
  }

 private:
  mutable std::mutex lock_;
  std::vector<One> all_;
};

}  // namespace perseid::test
