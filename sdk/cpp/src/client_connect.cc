// How a ClientCore's link comes about: the url, the transport, the greeting.
#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {

bool ClientCore::connect() {
  finish_close();
  if (phase_ != Phase::idle && phase_ != Phase::closed) return true;
  failure_ = {};
  if (const std::string_view problem = parse_url(config_.url, url_); !problem.empty()) {
    failure_ = {LinkFault::bad_url, "\"" + config_.url + "\" is no url of a relay: "};
    failure_.message += problem;
    return false;
  }
  if (!can_sign() || !choose_transport()) return false;
  backoff_.attempts_max = config_.reconnect_attempts < 0 ? 5 : config_.reconnect_attempts;
  if (config_.reconnect_delay_ms >= 0) backoff_.delay_ms = config_.reconnect_delay_ms;
  backoff_.attempts = 0;
  open_socket();
  if (socket_ == nullptr) {
    failure_ = {LinkFault::no_transport, "ClientConfig::transport made none for " + config_.url};
    return false;
  }
  set_state(LinkState::connecting);
  return true;
}

// False: there is none, and failure_ says why.
bool ClientCore::choose_transport() {
  transport_ = config_.transport;
  if (transport_) return true;
  transport_ = make_tcp_transport;
  if (!url_.endpoint.tls) return true;
  std::shared_ptr<TlsContext> context = make_tls_context(config_.tls, failure_);
  if (context == nullptr) return false;
  transport_ = [context = std::move(context)](const Endpoint& to) {
    return make_tls_transport(context, to.host,
                              make_tcp_transport({.host = to.host, .port = to.port}));
  };
  return true;
}

void ClientCore::open_socket() {
  std::unique_ptr<Transport> transport = transport_(url_.endpoint);
  if (transport == nullptr) return;
  socket_ =
      std::make_unique<WebSocket>(WebSocketSetup{.url = url_,
                                                 .transport = std::move(transport),
                                                 .wire = config_.wire,
                                                 .compress = config_.compress,
                                                 .message_bytes_max = config_.message_bytes_max},
                                  random_, *this);
  phase_ = Phase::connecting;
  refusal_.clear();
  since_ms_ = heard_ms_ = now_ms();
}

void ClientCore::on_open() {
  ++stats_.connections;
  phase_ = Phase::greeting;
  if (config_.fetch_token) return ask_token();
  say_hello();
}

void ClientCore::say_hello() {
  hello_id_ = ++last_id_;
  std::string json = R"({"type":"system","op":"hello","id":)" + std::to_string(hello_id_);
  const auto add = [&json](std::string_view key, std::string_view text) {
    if (text.empty()) return;
    append_json_key(json, key);
    append_json_string(json, text);
  };
  add("name", config_.name);
  shown_token_ = token();
  add("token", shown_token_);
  add("session", session_);
  if (signer_ != nullptr) json += signer_->hello_members();
  if (!config_.meta.empty()) json += ",\"meta\":" + config_.meta;
  if (!session_.empty()) {
    std::string rooms = "{";
    for (const auto& [name, room] : rooms_) {
      if (!room->data_->is_seated() || room->data_->leaving) continue;
      append_json_key(rooms, name);
      rooms += since_of(*room->data_, false);
    }
    json += R"(,"since":{"rooms":)" + rooms + "}}";
  }
  send_system(json + "}");
}

void ClientCore::settings_of(std::string_view welcome) {
  relay_heartbeat_ms_ =
      static_cast<double>(json_u64(json_member(welcome, "heartbeat_interval_ms"), 5000));
  relay_timeout_ms_ = static_cast<double>(json_u64(json_member(welcome, "timeout_ms"), 30000));
  if (config_.reconnect_attempts < 0) {
    backoff_.attempts_max =
        static_cast<u32>(json_u64(json_member(welcome, "reconnect_attempts"), 5));
  }
  if (config_.reconnect_delay_ms < 0) {
    backoff_.delay_ms =
        static_cast<u32>(json_u64(json_member(welcome, "reconnect_delay_ms"), 1000));
  }
}

void ClientCore::on_welcome(std::string_view message) {
  const bool resumed = json_true(json_member(message, "resumed"));
  if (!begin_signing(message, resumed)) return;
  settings_of(message);
  session_ = json_text(json_member(message, "session"));
  client_id_ = json_text(json_member(message, "client"));
  phase_ = Phase::ready;
  failure_ = {};
  if (!faulted_) backoff_.attempts = 0;
  goaway_ms_ = -1;
  since_ms_ = now_ms();
  next_ping_ms_ = since_ms_;
  pinged_ms_ = -1;
  pings_ = 0;
  if (resumed) ++stats_.resumed;
  if (!resumed) {
    ++sessions_;
    doubt_pending();
  }
  set_state(LinkState::open);
  resume_rooms(resumed ? json_member(message, "rooms") : std::string_view());
}

}  // namespace sdk
}  // namespace perseid
