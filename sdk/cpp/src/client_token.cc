// How a ClientCore signs in: where its token comes from, and how it is renewed.
#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {

GiveToken::GiveToken(std::shared_ptr<TokenDesk> desk, u64 ask)
    : desk_(std::move(desk)), ask_(ask) {}

void GiveToken::operator()(std::string token) const {
  desk_->answer(ask_, std::move(token), "it is empty");
}

void GiveToken::fail(std::string why) const {
  desk_->answer(ask_, {}, std::move(why));
}

void TokenDesk::answer(u64 ask, std::string token, std::string problem) {
  const std::lock_guard lock(mutex_);
  if (core_ == nullptr) return;
  core_->post([core = core_, ask, token = std::move(token), problem = std::move(problem)] {
    core->take_token(ask, token, problem);
  });
}

void TokenDesk::close() {
  const std::lock_guard lock(mutex_);
  core_ = nullptr;
}

void ClientCore::ask_token() {
  token_ask_ = ++token_asks_;
  config_.fetch_token(GiveToken(desk_, token_ask_));
}

void ClientCore::take_token(u64 ask, const std::string& token, const std::string& problem) {
  if (ask != token_ask_ || phase_ == Phase::closed) return;  // it came too late, or twice
  token_ask_ = 0;
  if (token.empty()) return token_failed(problem);
  if (phase_ == Phase::greeting) {
    config_.token = token;
    say_hello();
  } else if (phase_ == Phase::ready) {
    // An error of it comes to on.error; the end of the token asks for another.
    std::string json =
        R"({"type":"system","op":"refresh","id":)" + std::to_string(++last_id_) + R"(,"token":)";
    append_json_string(json, token);
    send_system(json + "}");
  }
}

// Asked again with the next connection, or, if it was to be renewed, when the token has ended.
void ClientCore::token_failed(const std::string& problem) {
  const std::string message = "fetch_token failed: " + problem;
  if (on_.error) on_.error({.cause = Cause::invalid, .code = "no_token", .message = message});
  if (phase_ == Phase::greeting && socket_ != nullptr) {
    socket_->drop(kCloseAbnormal, message, LinkFault::no_token);
  }
}

void ClientCore::on_token_expiring(u64 ends_in_ms) {
  if (config_.fetch_token) return ask_token();
  if (on_.token_expiring) on_.token_expiring(ends_in_ms);
}

void ClientCore::refresh(std::string token, Done done) {
  offered_token_ = token;
  Pending ask{.kind = Pending::Kind::request, .op = "refresh"};
  ask.body = R"(,"token":)";
  append_json_string(ask.body, token);
  ask.answer = [this, token = std::move(token), done = std::move(done)](const Result& result,
                                                                        std::string_view) {
    // Without an answer it is shown by the next connect(), if no hello showed it in vain.
    const bool is_offered = offered_token_ == token;
    if (result.ok() || (is_offered && result.cause == Cause::closed)) config_.token = token;
    if (is_offered) offered_token_.clear();
    if (done) done(result);
  };
  request(std::move(ask));
}

// What a hello shows. If it was offered on a link that broke, nobody has said no to it.
const std::string& ClientCore::token() const {
  return config_.fetch_token || offered_token_.empty() ? config_.token : offered_token_;
}

// Tried again later, with the session, where the relay says when, or with another token.
void ClientCore::hello_refused(const Result& result) {
  const bool of_token = result.error == Error::bad_token || result.error == Error::token_expired ||
                        result.error == Error::unauthenticated;
  CloseCode code = CloseCode::unauthenticated;
  if (result.retry_after_ms != 0) {
    goaway_ms_ = result.retry_after_ms;
    code = CloseCode::going_away;
  } else if (of_token) {
    if (has_another_token()) code = CloseCode::going_away;
  } else if (!session_.empty()) {  // a relay that resumes nothing takes a plain one
    session_.clear();
    return say_hello();
  }
  refusal_ = result.code;
  socket_->drop(static_cast<u16>(code), result.message, LinkFault::rejected);
}

// The one that was shown is refused: if it was offered by refresh(), that changes nothing.
bool ClientCore::has_another_token() {
  if (config_.fetch_token) return false;
  if (shown_token_ == offered_token_) offered_token_.clear();
  return token() != shown_token_;
}

// Of a connection that ended with 4001: whether another token would not help, or there is none.
bool ClientCore::is_refused_for_good() const {
  const bool by_age = refusal_.empty() || refusal_ == info(Error::token_expired).code;
  return !by_age || !config_.fetch_token;
}

}  // namespace sdk
}  // namespace perseid
