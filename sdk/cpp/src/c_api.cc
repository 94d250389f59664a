// perseid.h: the client.
#include "sdk/cpp/src/c_api.h"

#include <algorithm>

namespace perseid {
inline namespace sdk {
namespace {

perseid_result result_of(const Result& result) {
  return {.cause = static_cast<perseid_cause>(result.cause),
          .code = result.code.c_str(),
          .message = result.message.c_str(),
          .retry_after_ms = result.retry_after_ms,
          .seq = result.seq,
          .timestamp_ms = result.timestamp_ms};
}

ClientConfig config_of(const perseid_config& from) {
  ClientConfig out;
  if (from.url != nullptr) out.url = from.url;
  out.name = text_of(from.name);
  out.token = text_of(from.token);
  out.fetch_token = fetch_of(from.fetch_token, from.fetch_token_user);
  out.wire = from.wire == PERSEID_JSON ? Wire::json : Wire::binary;
  out.compress = from.compress != 0;
  out.tls.verify = from.tls_unverified == 0;
  out.tls.ca_file = text_of(from.ca_file);
  out.signing.algorithm = static_cast<SigningAlgorithm>(from.signing);
  std::copy(std::begin(from.signing_seed), std::end(from.signing_seed), out.signing.seed.begin());
  if (from.queue_messages_max != 0) out.queue_messages_max = from.queue_messages_max;
  if (from.reconnect_attempts != 0) out.reconnect_attempts = std::max(0, from.reconnect_attempts);
  return out;
}

}  // namespace

Done done_of(perseid_on_result done, void* user) {
  if (done == nullptr) return {};
  return [done, user](const Result& result) {
    const perseid_result told = result_of(result);
    done(user, &told);
  };
}

void tell(const Message& message, perseid_on_message handler, void* user) {
  if (handler == nullptr) return;
  const std::string room(message.room);
  const std::string sender(message.sender);
  const std::string payload(message.payload);
  const std::string wire(message.wire);
  const perseid_message told{.action = message.action ? 1 : 0,
                             .is_private = message.is_private ? 1 : 0,
                             .old = message.old ? 1 : 0,
                             .room = room.c_str(),
                             .sender = sender.c_str(),
                             .payload = payload.c_str(),
                             .payload_bytes = payload.size(),
                             .seq = message.seq,
                             .timestamp_ms = message.timestamp_ms,
                             .encrypted = message.encrypted ? 1 : 0,
                             .wire = wire.c_str(),
                             .wire_bytes = wire.size(),
                             .changed = message.edited || message.deleted ? 1 : 0};
  handler(user, &told);
}

void tell(const Result& result, std::string_view answer, perseid_on_answer handler, void* user) {
  if (handler == nullptr) return;
  const perseid_result told = result_of(result);
  const std::string json(answer);
  handler(user, &told, json.c_str());
}

}  // namespace sdk
}  // namespace perseid

namespace sdk = perseid::sdk;

perseid_client* perseid_create(const perseid_config* config) {
  perseid_client* out = nullptr;
  sdk::guarded([&] {
    out = std::make_unique<perseid_client>(sdk::config_of(*config)).release();
    return true;
  });
  return out;
}

void perseid_destroy(perseid_client* client) {
  delete client;
}

void perseid_set_link_handler(perseid_client* client, perseid_on_link handler, void* user) {
  client->client.on.link = [handler, user](const perseid::LinkEvent& event) {
    if (handler == nullptr) return;
    const std::string reason(event.reason);
    handler(user, static_cast<perseid_link>(event.state), event.close_code, reason.c_str(),
            event.retry_in_ms);
  };
}

void perseid_set_direct_handler(perseid_client* client, perseid_on_message handler, void* user) {
  client->client.on.direct = [handler, user](const perseid::Message& message) {
    sdk::tell(message, handler, user);
  };
}

int perseid_connect(perseid_client* client) {
  return sdk::guarded([&] { return client->client.connect(); });
}

perseid_fault perseid_failure(const perseid_client* client) {
  return static_cast<perseid_fault>(client->client.failure().fault);
}

const char* perseid_failure_text(const perseid_client* client) {
  return client->client.failure().message.c_str();
}

const char* perseid_failure_code(const perseid_client* client) {
  return client->client.failure().code.c_str();
}

void perseid_poll(perseid_client* client, int wait_ms) {
  sdk::guarded([&] {
    client->client.poll(std::chrono::milliseconds(wait_ms));
    return true;
  });
}

void perseid_flush(perseid_client* client) {
  sdk::guarded([&] {
    client->client.flush();
    return true;
  });
}

void perseid_wake(perseid_client* client) {
  client->client.wake();
}

void perseid_close(perseid_client* client) {
  sdk::guarded([&] {
    client->client.close();
    return true;
  });
}

perseid_link perseid_state(const perseid_client* client) {
  return static_cast<perseid_link>(client->client.state());
}

const char* perseid_id(const perseid_client* client) {
  return client->client.id().c_str();
}
double perseid_now_ms(const perseid_client* client) {
  return client->client.now_ms();
}
double perseid_server_ms(const perseid_client* client) {
  return client->client.server_ms();
}

void perseid_get_stats(const perseid_client* client, perseid_stats* out) {
  const perseid::LinkStats stats = client->client.stats();
  *out = {};
  for (const perseid::LaneStats& lane : stats.lanes) {
    out->messages_in += lane.messages_in;
    out->messages_out += lane.messages_out;
    out->lost += lane.lost;
  }
  out->bytes_in = stats.bytes_in;
  out->bytes_out = stats.bytes_out;
  out->connections = stats.connections;
  out->resumed = stats.resumed;
  out->repeated = stats.repeated;
  out->queued = stats.queued;
  out->in_flight = stats.in_flight;
  out->rtt_ms = stats.rtt_ms;
  out->jitter_ms = stats.jitter_ms;
  out->clock_offset_ms = stats.clock_offset_ms;
  out->p50_ms = stats.latency.p50_ms;
  out->p95_ms = stats.latency.p95_ms;
  out->p99_ms = stats.latency.p99_ms;
}

int perseid_direct(perseid_client* client, const char* to, const char* payload,
                   perseid_on_result done, void* user) {
  return sdk::guarded([&] { return client->client.direct(to, payload, sdk::done_of(done, user)); });
}

void perseid_request(perseid_client* client, const char* op, const char* members,
                     perseid_on_answer done, void* user) {
  sdk::guarded([&] {
    client->client.request(op, sdk::text_of(members),
                           [done, user](const perseid::Result& result, std::string_view answer) {
                             sdk::tell(result, answer, done, user);
                           });
    return true;
  });
}
