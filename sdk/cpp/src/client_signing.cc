// How a ClientCore signs what it says, and checks what others have signed.
#include "codec/base64url.h"
#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {
namespace {

// The name that a token gives its bearer; empty: it gives none, or is not of this form.
std::string name_in_token(std::string_view token) {
  const std::size_t head = token.find('.');
  if (head == token.npos) return {};
  const std::string_view claims = token.substr(head + 1, token.find('.', head + 1) - head - 1);
  std::string text(base64url_bytes(claims.size()), '\0');
  if (!read_base64url(claims, {reinterpret_cast<u8*>(text.data()), text.size()})) return {};
  const std::string_view name = json_member(text, "name");
  return json_text(name.empty() ? json_member(text, "sub") : name);
}

}  // namespace

// False: failure_ says why.
bool ClientCore::can_sign() {
  if (config_.signing.algorithm == SigningAlgorithm::none || signer_ != nullptr) return true;
  signer_ = Signer::make(config_.signing);
  if (signer_ != nullptr) return true;
  failure_ = {LinkFault::no_signing, "OpenSSL makes no Ed25519 key of ClientConfig::signing"};
  return false;
}

// False: the link is dropped for good, since nothing may be said unsigned that is to be signed.
bool ClientCore::begin_signing(std::string_view welcome, bool resumed) {
  const std::string_view signing = json_member(welcome, "signing");
  std::string_view problem;
  if (signer_ != nullptr && signing.empty()) {
    problem = "the relay does not answer that this session signs";
  } else if (signer_ != nullptr) {
    problem = signer_->begin(signing, resumed);
  } else if (!signing.empty()) {
    problem = "this session has to sign, and ClientConfig::signing has no key for it";
  }
  if (problem.empty()) return true;
  socket_->drop(kCloseAbnormal, std::string(problem), LinkFault::no_signing);
  return false;
}

// By which private messages reach us, as far as we know.
std::string ClientCore::own_name() const {
  std::string named = name_in_token(shown_token_);
  return named.empty() ? config_.name : named;
}

Signature ClientCore::verify(const Message& message) const {
  if (message.edited || message.deleted) return {.state = SignatureState::changed};
  const auto of = [&](std::string_view room, std::string_view to) {
    return verify_signed(message.wire, {.action = message.action, .room = room, .to = to});
  };
  if (!message.is_private) return of(message.room, {});
  const Signature by_id = of({}, client_id_);
  return by_id.state == SignatureState::invalid ? of({}, "@" + own_name()) : by_id;
}

}  // namespace sdk
}  // namespace perseid
