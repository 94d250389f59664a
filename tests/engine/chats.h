// Chat payloads and rooms with people in them, for the chat's tests.
#pragma once

#include <string>
#include <string_view>

#include "tests/engine/fake_world.h"
#include "tests/engine/messages.h"

namespace perseid::test {

inline std::string react(std::string_view room, Seq seq, std::string_view emoji,
                         std::string_view id = "", bool remove = false) {
  return chat(room,
              R"({"react":{"seq":)" + std::to_string(seq) + R"(,"emoji":)" + in_quotes(emoji) +
                  (remove ? R"(,"remove":true)" : "") + "}}",
              id);
}
inline std::string edit(std::string_view room, Seq seq, std::string_view text,
                        std::string_view id = "") {
  return chat(room,
              R"({"edit":{"seq":)" + std::to_string(seq) + R"(,"text":)" + in_quotes(text) + "}}",
              id);
}
inline std::string retract(std::string_view room, Seq seq, std::string_view id = "") {
  return chat(room, R"({"delete":{"seq":)" + std::to_string(seq) + "}}", id);
}
inline std::string text(std::string_view room, std::string_view words, std::string_view id = "") {
  return chat(room, R"({"text":)" + in_quotes(words) + "}", id);
}

// Says hello; returns the client's id.
inline std::string greet(FakeWorld& world, Peer& peer, std::string_view name,
                         std::string_view more = "") {
  const auto got =
      world.ask(peer, system("hello", R"("name":)" + in_quotes(name) + std::string(more)));
  return got.empty() ? "" : field(got[0], "client");
}
// The last answer to what it says.
inline std::string reply(FakeWorld& world, Peer& peer, std::string_view json) {
  const auto got = world.ask(peer, json);
  for (auto it = got.rbegin(); it != got.rend(); ++it) {
    if (it->find(R"("type":"system")") != std::string::npos) return *it;
  }
  return {};
}
inline std::string history(FakeWorld& world, Peer& peer, std::string_view room,
                           std::string_view more = "") {
  return reply(world, peer, system("history", room_field(room) + std::string(more)));
}

}  // namespace perseid::test
