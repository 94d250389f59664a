// Requests as a client would write them, for the relay's tests.
#pragma once

#include <string>
#include <string_view>

namespace perseid::test {

inline std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}
inline std::string publish(std::string_view type, std::string_view room, std::string_view payload,
                           std::string_view id = "") {
  return R"({"type":)" + in_quotes(type) + R"(,"room":)" + in_quotes(room) +
         (id.empty() ? "" : R"(,"id":)" + std::string(id)) + R"(,"payload":)" +
         std::string(payload) + "}";
}
inline std::string chat(std::string_view room, std::string_view payload, std::string_view id = "") {
  return publish("chat", room, payload, id);
}
inline std::string action(std::string_view room, std::string_view payload,
                          std::string_view id = "") {
  return publish("player_action", room, payload, id);
}
inline std::string state(std::string_view room, std::string_view payload,
                         std::string_view id = "") {
  return publish("game_state", room, payload, id);
}
inline std::string direct(std::string_view to, std::string_view payload, std::string_view id = "") {
  return R"({"type":"chat","to":)" + in_quotes(to) +
         (id.empty() ? "" : R"(,"id":)" + std::string(id)) + R"(,"payload":)" +
         std::string(payload) + "}";
}
// {"type":"system","op":…,<more>}
inline std::string system(std::string_view op, std::string_view more = "") {
  return R"({"type":"system","op":)" + in_quotes(op) + (more.empty() ? "" : ",") +
         std::string(more) + "}";
}
inline std::string room_field(std::string_view room) {
  return R"("room":)" + in_quotes(room);
}

}  // namespace perseid::test
