#include "net/upgrade.h"

#include "codec/origin.h"
#include "net/closer.h"
#include "net/echo.h"
#include "net/frames.h"
#include "net/receiver.h"
#include "net/sender.h"
#include "net/tokens/request_token.h"

namespace perseid {
Upgrader::Upgrader(ShardCore& core) : core_(core) {
  relay_policy_.compression = !core.options.no_compression;
  relay_policy_.allow_origin = split_origins(core.options.allow_origin);
  relay_policy_.listening_on_loopback = core.shared.loopback;
  echo_policy_ = relay_policy_;
  echo_policy_.check_subprotocol = false;
  echo_policy_.deflate = {.server_context_takeover = true, .client_context_takeover = true};
}

void Upgrader::begin(Slot slot, Connection& connection) {
  connection.phase = Phase::handshake;
  connection.extra = std::make_unique<Handshake>(core_.options.head_bytes_max);
  core_.set_timer(slot, connection, core_.options.handshake_timeout_ms);
}

void Upgrader::feed(Slot slot, Connection& connection, MutableBytes bytes) {
  std::size_t consumed = 0;
  HttpHeadReader& reader = handshake_of(connection).reader;
  const Error error = reader.feed(bytes, consumed);
  if (error == Error::need_more) return;
  if (error != Error::ok) {
    refuse(slot, connection, error);
    return;
  }
  // It must live through the answer, whatever takes its place.
  const std::unique_ptr<ConnectionExtra> handshake = std::move(connection.extra);
  answer(slot, connection, static_cast<Handshake&>(*handshake));
  // The client may have sent its first frames along with the head.
  core_.frames->feed(slot, connection, bytes.subspan(consumed));
}

void Upgrader::on_timeout(Slot slot, Connection& connection) {
  core_.stats.handshake_timeouts.add();
  refuse(slot, connection, Error::head_timeout);
}

void Upgrader::on_drain(Slot slot, Connection& connection) {
  refuse(slot, connection, Error::unavailable);
}

void Upgrader::answer(Slot slot, Connection& connection, Handshake& handshake) {
  const HttpRequest& request = handshake.reader.request();
  if (request.path == "/ws") {
    upgrade(slot, connection, handshake, false);
  } else if (request.path == "/echo" && core_.options.echo) {
    upgrade(slot, connection, handshake, true);
  } else {
    respond(slot, connection, answer_http(request));
  }
}

void Upgrader::upgrade(Slot slot, Connection& connection, Handshake& handshake, bool echo) {
  if (core_.relay->overload().sheds(Shedding::connections)) {
    core_.stats.connections_shed.add();
    return refuse(slot, connection, Error::unavailable);
  }
  const HttpRequest& request = handshake.reader.request();
  Arrival& arrival = handshake.arrival;
  if (!core_.peers->on_request(slot, connection, arrival, request.forwarded_for)) {
    return respond(slot, connection, http_error(Error::connection_limit));
  }
  const UpgradeDecision decision = decide_upgrade(request, echo ? echo_policy_ : relay_policy_);
  if (decision.error != Error::ok) {
    if (decision.error == Error::bad_origin) core_.peers->tell(slot, decision.error, "");
    core_.stats.http_errors.add();
    respond(slot, connection, decision.response);
    return;
  }
  std::shared_ptr<const Grant> grant;
  // Where it gets no place anyway no signature is looked at.
  const bool asks = !echo && arrival.over == AddressLimit::none;
  if (asks && !read_token(slot, connection, request, grant)) return;
  core_.stats.upgrades.add();
  core_.clear_timer(connection);
  core_.sender->send_own(slot, connection, decision.response);
  connection.phase = Phase::open;
  connection.inflates = decision.deflate.has_value();
  if (!has_place(slot, connection, arrival.over)) return;
  if (echo) {
    open_echo(slot, connection, decision);
  } else {
    open_session(slot, connection, decision, std::move(grant));
  }
}

// False if it is told that there is none.
bool Upgrader::has_place(Slot slot, Connection& connection, AddressLimit over) {
  if (over == AddressLimit::none && take_place(connection)) return true;
  core_.stats.connections_refused.add();
  core_.closer->begin(slot, connection, CloseCode::connection_limit,
                      over == AddressLimit::none ? info(Error::connection_limit).text
                                                 : "Too many connections from this address.");
  return false;
}

// False if it has one and is refused. Who has none may yet show one in a hello.
bool Upgrader::read_token(Slot slot, Connection& connection, const HttpRequest& request,
                          std::shared_ptr<const Grant>& out) {
  if (core_.authenticator == nullptr) return true;
  const RequestToken token = request_token(request);
  if (token.is_clear && token.text.empty()) return true;
  Verdict verdict{.error = Error::bad_token, .why = "One token, please: a Bearer, or ?token=."};
  if (token.is_clear) verdict = core_.authenticator->verify(token.text, core_.now.unix_ms);
  out = std::move(verdict.grant);
  if (verdict.error == Error::ok) return true;
  core_.stats.http_errors.add();
  core_.stats.request_tokens_refused.add();
  core_.peers->tell(slot, verdict.error, verdict.why);
  respond(slot, connection, http_error(verdict.error, verdict.why));
  return false;
}

bool Upgrader::take_place(Connection& connection) {
  // Some descriptors stay free, so that those without a place can be told so.
  const ServerShared& shared = core_.shared;
  if (core_.connections.size() > shared.files_per_shard - shared.files_spare) return false;
  std::atomic<u32>& all = core_.shared.connections;
  if (all.fetch_add(1, std::memory_order_relaxed) >= shared.places) {
    all.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  connection.counted = true;
  return true;
}

void Upgrader::open_echo(Slot slot, Connection& connection, const UpgradeDecision& decision) {
  auto echo = std::make_unique<EchoState>();
  if (decision.deflate.has_value()) {
    const DeflateParams& params = decision.deflate->params;
    echo->inflater =
        std::make_unique<Inflater>(params.client_window_bits, !params.client_no_context_takeover);
    echo->deflater =
        std::make_unique<Deflater>(params.server_window_bits, !params.server_no_context_takeover);
  }
  connection.extra = std::move(echo);
  connection.is_echo = true;
  core_.echo->begin(slot, connection);
}

// Lanes are compressed once for all, with a whole window; a client that asked for a smaller one is
// served uncompressed, as RFC 7692 section 6 allows message by message.
void Upgrader::open_session(Slot slot, Connection& connection, const UpgradeDecision& decision,
                            std::shared_ptr<const Grant> grant) {
  const bool deflate =
      decision.deflate.has_value() && decision.deflate->params.server_window_bits == 15;
  connection.session =
      core_.relay->open({.connection = core_.handle(slot),
                         .format = {.flavour = decision.flavour, .deflate = deflate},
                         .address_key = core_.peers->key(slot),
                         .grant = std::move(grant)});
  if (core_.draining) {
    core_.closer->end(slot, connection, CloseCode::going_away, "The relay shuts down.");
  }
}

std::string Upgrader::answer_http(const HttpRequest& request) {
  core_.stats.http_requests.add();
  const bool head_only = request.method == "HEAD";
  const bool reads = head_only || request.method == "GET";
  if (request.path == "/healthz") {
    return reads ? health(head_only) : http_error(Error::method_not_allowed);
  }
  for (const Page& page : core_.shared.config.pages) {
    if (page.path != request.path) continue;
    if (!reads) return http_error(Error::method_not_allowed);
    return http_response(200, page.content_type, page.body, "Cache-Control: no-cache\r\n",
                         head_only);
  }
  return http_error(Error::not_found);
}

std::string Upgrader::health(bool head_only) const {
  const u32 connections = core_.shared.connections.load(std::memory_order_relaxed);
  const std::string body = std::string(R"({"status":")") + (core_.draining ? "draining" : "ok") +
                           R"(","connections":)" + std::to_string(connections) + R"(,"shards":)" +
                           std::to_string(core_.shared.shard_count) + "}\n";
  return http_response(core_.draining ? u16{503} : u16{200}, "application/json", body,
                       "Cache-Control: no-store\r\n", head_only);
}

void Upgrader::refuse(Slot slot, Connection& connection, Error error) {
  // Who has not even said for whom it asks gets no answer.
  if (connection.awaits_proxy) return core_.closer->finish(slot, connection);
  core_.stats.http_errors.add();
  connection.extra.reset();
  respond(slot, connection, http_error(error));
}

void Upgrader::respond(Slot slot, Connection& connection, std::string_view response) {
  connection.phase = Phase::responding;
  connection.deaf = true;
  core_.set_timer(slot, connection, kCloseWaitMsMax);
  core_.sender->send_own(slot, connection, response);
}

}  // namespace perseid
