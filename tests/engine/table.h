// Table: what a client has that applies the state it is sent, as docs/protocol.md tells it to.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "codec/state_update.h"

namespace perseid::test {

struct Table final : StateUpdateSink {
  std::map<std::string, std::map<std::string, std::string>, std::less<>> entities;

  Error set(std::string_view entity, std::string_view key, std::string_view value) override {
    entities[std::string(entity)][std::string(key)] = value;
    return Error::ok;
  }
  Error remove_field(std::string_view entity, std::string_view key) override {
    entities[std::string(entity)].erase(std::string(key));
    return Error::ok;
  }
  Error add(std::string_view entity) override {
    entities[std::string(entity)];
    return Error::ok;
  }
  Error unset(std::string_view entity) override {
    entities.erase(std::string(entity));
    return Error::ok;
  }
  // The payload of one game_state message.
  void apply(std::string payload) {
    const std::size_t size = payload.size();
    payload.append(kParsePaddingBytes, ' ');
    StateUpdateReader reader;
    std::string_view field;
    ASSERT_EQ(reader.read(std::string_view(payload).substr(0, size), *this, field), Error::ok)
        << payload;
  }
};

}  // namespace perseid::test
