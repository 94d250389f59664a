// perseid.h: signing in.
#include "sdk/cpp/src/c_api.h"

namespace sdk = perseid::sdk;

struct perseid_token_ask {
  perseid::GiveToken give;
};

namespace perseid {
inline namespace sdk {

FetchToken fetch_of(perseid_on_token_wanted fetch, void* user) {
  if (fetch == nullptr) return {};
  return [fetch, user](GiveToken give) {
    fetch(user, std::make_unique<perseid_token_ask>(perseid_token_ask{std::move(give)}).release());
  };
}

}  // namespace sdk
}  // namespace perseid

void perseid_give_token(perseid_token_ask* ask, const char* token, const char* why) {
  sdk::guarded([&] {
    const std::unique_ptr<perseid_token_ask> owned(ask);
    if (token != nullptr) {
      owned->give(token);
    } else {
      owned->give.fail(std::string(sdk::text_of(why)));
    }
    return true;
  });
}

void perseid_set_token_expiring_handler(perseid_client* client, perseid_on_token_expiring handler,
                                        void* user) {
  client->client.on.token_expiring = [handler, user](uint64_t ends_in_ms) {
    if (handler != nullptr) handler(user, ends_in_ms);
  };
}

void perseid_refresh(perseid_client* client, const char* token, perseid_on_result done,
                     void* user) {
  sdk::guarded([&] {
    client->client.refresh(std::string(sdk::text_of(token)), sdk::done_of(done, user));
    return true;
  });
}
