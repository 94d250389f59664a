#include <perseid/client.h>

#include "sdk/cpp/src/client_core.h"

namespace perseid {
inline namespace sdk {

Client::Client(ClientConfig config) : core_(std::make_unique<ClientCore>(std::move(config), on)) {}

Client::~Client() = default;

bool Client::connect() {
  return core_->connect();
}
void Client::poll(std::chrono::milliseconds wait) {
  core_->poll(static_cast<int>(wait.count()));
}
void Client::run() {
  core_->run();
}
void Client::stop() {
  core_->stop();
}
void Client::post(std::function<void()> task) {
  core_->post(std::move(task));
}
void Client::wake() {
  core_->wake();
}
void Client::flush() {
  core_->flush();
}
void Client::close() {
  core_->close();
}
void Client::cut() {
  core_->cut();
}

const LinkFailure& Client::failure() const {
  return core_->failure();
}
LinkState Client::state() const {
  return core_->state();
}
const std::string& Client::id() const {
  return core_->id();
}
LinkStats Client::stats() const {
  return core_->stats();
}
double Client::now_ms() const {
  return ClientCore::now_ms();
}
double Client::server_ms() const {
  return ClientCore::now_ms() + core_->clock().offset_ms();
}

Room& Client::join(std::string_view room, JoinOptions options, Done done) {
  return core_->join(room, std::move(options), std::move(done));
}

Room* Client::find(std::string_view room) {
  return core_->find(room);
}

bool Client::direct(std::string_view to, std::string_view payload, Done done, bool action) {
  return core_->publish({.kind = action ? Pending::Kind::action : Pending::Kind::chat,
                         .to = std::string(to),
                         .body = std::string(payload),
                         .done = std::move(done)});
}

void Client::discover(std::string_view room, DiscoverDone done) {
  if (Room* joined = core_->find(room)) return joined->discover(std::move(done));
  core_->later([done = std::move(done)] {
    done({.cause = Cause::refused, .error = Error::not_joined, .code = "not_joined"}, {});
  });
}

void Client::refresh(std::string token, Done done) {
  core_->refresh(std::move(token), std::move(done));
}

Signature Client::verify(const Message& message) const {
  return core_->verify(message);
}

void Client::request(std::string_view op, std::string_view members, AnswerDone done) {
  core_->request({.kind = Pending::Kind::request,
                  .op = std::string(op),
                  .body = members.empty() ? std::string() : "," + std::string(members),
                  .answer = std::move(done)});
}

int Client::fd() const {
  return core_->fd();
}
bool Client::wants_write() const {
  return core_->wants_write();
}
int Client::due_ms() const {
  return core_->due_ms();
}

}  // namespace sdk
}  // namespace perseid
