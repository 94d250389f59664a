// StateModel: a room's state as the room knows it: updates go in, a delta per tick and whole states
// come out. RoomState takes any JSON, TypedState what a schema says.
// Thread: the room's home shard.
// Invariants: an update is merged whole or not at all; what the last delta said plus the next one
// is the state; a whole state and the deltas behind it are the state.
#pragma once

#include <string>
#include <string_view>

#include "codec/coded_update.h"
#include "codec/error.h"
#include "codec/state_update.h"
#include "codec/wire_format.h"
#include "engine/entity_owners.h"
#include "engine/state_staging.h"

namespace perseid {

// What a member sent.
struct StateUpdate {
  std::string_view payload;  // with kParsePaddingBytes readable behind it
  bool coded = false;        // codec/coded_update.h; else JSON
  SessionUid sender = {};
  EntityOwners* owners = nullptr;  // where entities have owners
};

// Their buffers serve all rooms of a shard.
struct StateReaders {
  StateUpdateReader json;
  CodedUpdateReader coded;
  StateStaging staging;
};

// A tick's delta, in the flavours that somebody reads.
struct StateDelta {
  bool wants_json = false;
  bool wants_bin = false;
  bool wants_checksum = false;  // in a coded delta
  std::string json;
  std::string bin;  // the coded frame, of a state that is coded
};

class StateModel {
 public:
  virtual ~StateModel() = default;
  // `field` names the place of an error.
  virtual Error merge(const StateUpdate& update, StateReaders& readers,
                      std::string_view& field) = 0;
  // Removes an entity, as an update that lists it in `unset` does.
  virtual void remove(std::string_view entity) = 0;

  virtual bool dirty() const = 0;
  virtual bool empty() const = 0;
  // Of a keyframe's payload in the binary flavour or the JSON one, about.
  virtual u32 bytes(Flavour flavour) const = 0;
  // The binary flavour has coded frames (codec/state_encoder.h), not JSON.
  virtual bool coded() const = 0;
  // Who joins needs a whole state.
  virtual bool has_full(Flavour flavour) const = 0;

  // What changed; the changes are then settled. False if nothing did after all.
  virtual bool take_delta(StateDelta& out) = 0;
  // Forgets what changed without writing it: nobody listens.
  virtual void settle() = 0;
  // Nobody reads coded frames for now: gives back what only coding needs.
  virtual void rest() {}
  virtual u64 coder_bytes() const { return 0; }
  // Appends everything, in JSON or (if coded) as a keyframe. `leads_on`: the coded deltas that
  // follow can be read by who begins with it.
  virtual void write_full(Flavour flavour, std::string& out, bool leads_on) = 0;
};

}  // namespace perseid
