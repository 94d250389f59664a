// Audit: what an operator looks for in an attack: who was refused, and why, with the address. In
// the log at `warn`, but never more of it than a person can read, and never a secret.
// Thread: the shard's. Invariant: of each kind (Error) at most kToldPerSecondMax a second; the rest
// is told as a number with the next.
#pragma once

#include <array>

#include "engine/event.h"
#include "net/ip_address.h"

namespace perseid {

struct ServerShared;

class Audit {
 public:
  Audit(const ServerShared& shared, ShardId shard) : shared_(shared), shard_(shard) {}

  // Whether anybody wants to hear it.
  bool is_wanted() const;
  // `what`: never anything secret.
  void tell(Now now, std::string_view address, Error error, std::string_view what);
  // Something that the rules tell of a session, told on with its address. False if it is not, for
  // there were too many.
  bool pass_on(Event event, std::string_view address);
  // Of these, what is for an operator.
  static bool is_security(const Event& event);

 private:
  static constexpr u32 kToldPerSecondMax = 5;
  struct Told {
    u64 second = 0;
    u32 told = 0;
    u64 untold = 0;
  };
  bool has_room(Now now, Error error);

  const ServerShared& shared_;
  const ShardId shard_;
  std::array<Told, 256> told_{};  // by Error
};

}  // namespace perseid
