// What a first program looks like: it joins a room, says something, and hears it.
#include <perseid/client.h>
#include <perseid/pool.h>
#include <perseid/prediction.h>

#include <cstdio>

extern "C" int c_part(const char* url);

int main(int count, char** words) {
  if (count < 2) return 2;
  perseid::Client client({.url = words[1], .name = "ana"});
  perseid::Room& room = client.join("lobby");
  room.on.chat = [&](const perseid::Message& message) {
    std::printf("%s says %s\n", std::string(message.sender).c_str(), message.text().c_str());
    client.stop();
  };
  client.post([&] { room.chat("installed"); });
  if (!client.connect()) {
    std::printf("%s\n", client.failure().message.c_str());
    return 1;
  }
  client.run();
  return client.state() == perseid::LinkState::open ? c_part(words[1]) : 1;
}
