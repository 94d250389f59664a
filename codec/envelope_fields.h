// The fields of one message: read from a checked JSON object into a Request, and the rules that say
// which must be there. Internal to codec (the JSON and the binary reader share the rules).
// Thread: none; nothing is kept between calls.
#pragma once

#include <string_view>

#include "codec/envelope.h"
#include "codec/json_document.h"

namespace perseid {

// Every field that a client may send, at the top of a message.
#define PERSEID_REQUEST_FIELDS(X) \
  X(type)                         \
  X(room)                         \
  X(payload)                      \
  X(id)                           \
  X(op)                           \
  X(to)                           \
  X(name)                         \
  X(token)                        \
  X(session)                      \
  X(meta)                         \
  X(presence)                     \
  X(history)                      \
  X(since)                        \
  X(create)                       \
  X(view)                         \
  X(before)                       \
  X(limit)                        \
  X(seq)                          \
  X(client)                       \
  X(duration_ms)                  \
  X(interval_ms)                  \
  X(signing)                      \
  X(signing_key)

enum class RequestField : u8 {
#define X(name) name,
  PERSEID_REQUEST_FIELDS(X)
#undef X
      unknown
};

// Which fields a message had.
class FieldSet {
 public:
  // False if it was there already.
  bool add(RequestField field) {
    const bool fresh = !has(field);
    bits_ |= bit(field);
    return fresh;
  }
  bool has(RequestField field) const { return (bits_ & bit(field)) != 0; }

 private:
  static u32 bit(RequestField field) { return u32{1} << static_cast<u8>(field); }
  u32 bits_ = 0;
};

// Keeps the first problem of a message.
inline void report(Problem& problem, Error error, std::string_view field) {
  if (problem.error == Error::ok) {
    problem.error = error;
    problem.field = field;
  }
}

// Reads one object. `problem` gets the id in any case where that can be read.
void read_request(simdjson::ondemand::object object, const EnvelopeLimits& limits, Request& out,
                  Problem& problem);

// A name for people or rooms: not empty, at most `bytes_max`, without characters that control a
// terminal, a line or the direction of the text around it.
Error check_name(std::string_view name, u32 bytes_max) noexcept;
// A client's public id.
Error check_client(std::string_view text) noexcept;
// The same, or @ and a name.
Error check_recipient(std::string_view text, const EnvelopeLimits& limits) noexcept;
// What must be there, by type and op.
void check_required(const Request& request, const FieldSet& fields, Problem& problem);

}  // namespace perseid
