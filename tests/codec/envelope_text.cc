#include "tests/codec/envelope_text.h"

#include <cstdio>
#include <cstdlib>
#include <random>

namespace perseid {
namespace {

std::string_view type_name(MessageType type) {
  switch (type) {
    case MessageType::chat:
      return "chat";
    case MessageType::game_state:
      return "game_state";
    case MessageType::player_action:
      return "player_action";
    case MessageType::system:
      return "system";
  }
  return "?";
}

std::string_view op_name(ClientOp op) {
  constexpr std::string_view kNames[] = {
#define X(name, fields, text) #name,
      PERSEID_CLIENT_OPS(X)
#undef X
  };
  return kNames[static_cast<u8>(op)];
}

void add(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line.append(" ").append(name).append("=").append(value);
}

void add(std::string& line, std::string_view name, bool present, u64 value) {
  if (present) add(line, name, std::to_string(value));
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<u8>(byte) >> 4];
    out += kDigits[static_cast<u8>(byte) & 15];
  }
  return out;
}

}  // namespace

std::string describe(const Request& request) {
  std::string line(type_name(request.type));
  if (request.type == MessageType::system) line.append(":").append(op_name(request.op));
  add(line, "room", request.room);
  add(line, "room_number", request.room_number != 0, request.room_number);
  add(line, "to", request.to);
  add(line, request.coded ? "coded" : "payload",
      request.coded ? hex(request.payload) : std::string(request.payload));
  add(line, "name", request.name);
  add(line, "token", request.token);
  add(line, "session", request.session);
  add(line, "meta", request.meta);
  if (request.presence) line += " presence";
  add(line, "history", request.has_history, request.history);
  if (request.since.present) add(line, "since.epoch", request.since.epoch);
  add(line, "since.chat", request.since.has_chat, request.since.chat);
  add(line, "since.player_action", request.since.has_player_action, request.since.player_action);
  add(line, "before", request.has_before, request.before);
  add(line, "limit", request.has_limit, request.limit);
  add(line, "seq", request.seq != 0, request.seq);
  add(line, "client", request.client);
  add(line, "duration_ms", request.duration_ms != 0, request.duration_ms);
  add(line, "interval_ms", request.interval_ms != 0, request.interval_ms);
  add(line, "id", request.id);
  return line;
}

std::string describe(const Problem& problem) {
  std::string line(info(problem.error).code);
  if (!problem.field.empty()) line.append("(").append(problem.field).append(")");
  add(line, "id", problem.id);
  return line;
}

std::string read_json(std::string_view text) {
  EnvelopeReader reader{EnvelopeLimits{}};
  return read_all(reader, text);
}

std::string read_binary(std::string_view bytes) {
  BinaryReader reader{EnvelopeLimits{}};
  return read_all(reader, bytes);
}

u64 property_seed(const char* test) {
  const char* const given = std::getenv("PERSEID_SEED");
  const u64 seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("%s: PERSEID_SEED=%llu\n", test, static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace perseid
