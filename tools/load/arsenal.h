// Arsenal: what hostile connections send: every kind of attack as bytes, made once. HOSTILE.md over
// real sockets, from one place.
// Thread: made by one, read by any. Owns: the bytes.
// Invariant: a kind that drips sends its shot byte by byte; any other a whole shot at each act.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "codec/bytes.h"
#include "tools/load/config.h"

namespace perseid::load {

// name, as --kinds and the report call it
#define PERSEID_ATTACKS(X) \
  X(head_drip)             \
  X(tls_drip)              \
  X(frame_drip)            \
  X(pings)                 \
  X(fragments)             \
  X(bad_json)              \
  X(bombs)                 \
  X(closes)                \
  X(churn)                 \
  X(forgeries)             \
  X(rooms)                 \
  X(deaf)                  \
  X(bad_frames)            \
  X(bad_heads)

enum class Attack : u8 {
#define X(name) name,
  PERSEID_ATTACKS(X)
#undef X
};
constexpr std::array kAttackNames{
#define X(name) std::string_view(#name),
    PERSEID_ATTACKS(X)
#undef X
};
constexpr std::size_t kAttacks = kAttackNames.size();

// Those of --kinds, or all; tls_drip only with TLS. Empty if one is not known.
std::vector<Attack> attacks_of(const Config& config);

class Arsenal {
 public:
  explicit Arsenal(const Config& config);

  // The request of an upgrade, or nothing where the attack is on what comes before it.
  std::string_view opening(Attack kind) const;
  // What the n-th act sends; of what drips one byte.
  std::string_view shot(Attack kind, u64 n) const;
  // Its shots are one stream, from the first of a connection on; else each stands alone.
  bool is_stream(Attack kind) const { return drips(kind) || kind == Attack::fragments; }
  bool is_bare(Attack kind) const { return kind == Attack::tls_drip; }       // past TLS
  bool is_deaf(Attack kind) const { return kind == Attack::deaf; }           // reads nothing
  bool ends_with_reset(Attack kind) const { return kind == Attack::churn; }  // by its own act

 private:
  static bool drips(Attack kind) {
    return kind == Attack::head_drip || kind == Attack::tls_drip || kind == Attack::frame_drip;
  }
  void add(Attack kind, std::string shot) {
    shots_[static_cast<std::size_t>(kind)].push_back(std::move(shot));
  }
  void add_floods();
  void add_messages();
  void add_protocol();

  std::string upgrade_;
  std::array<std::vector<std::string>, kAttacks> shots_;
};

}  // namespace perseid::load
