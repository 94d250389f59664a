// The life of a ClientCore's link: what poll() does, the heartbeat, coming back, the end.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "sdk/cpp/src/client_core.h"
#include "sdk/cpp/src/json_walk.h"

namespace perseid {
inline namespace sdk {
namespace {

constexpr double kNever = 1e18;
constexpr double kLookupPollMs = 5;    // while there is no descriptor to wait for
constexpr double kFirstPingsMs = 100;  // the first few come quickly, to know the clock
constexpr u32 kFirstPings = 5;
constexpr double kSteadyMs = 10000;  // a link that stood so long was no fault
constexpr u32 kSilentHeartbeats = 3;
constexpr double kAnswerPollMs = 50;  // of another thread's, which fd() does not tell of
// State waits where the newest value counts, not in a socket's queue before what is more urgent.
constexpr std::size_t kStateUnsentBytesMax = 32 * KiB;

u64 counted(const WebSocket* socket, u64 WebSocket::Counters::*member) {
  return socket == nullptr ? 0 : socket->counters().*member;
}

}  // namespace

ClientCore::ClientCore(ClientConfig config, ClientHandlers& on)
    : config_(std::move(config)),
      on_(on),
      random_(config_.seed),
      desk_(std::make_shared<TokenDesk>(this)) {
  if (::pipe(wake_) != 0) return;
  for (const int end : wake_) {
    ::fcntl(end, F_SETFL, O_NONBLOCK);
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
  backoff_.delay_ms_max = config_.reconnect_delay_ms_max;
}

ClientCore::~ClientCore() {
  desk_->close();
  const double end = now_ms() + kFarewellMsMax;
  while (leaving_ != nullptr && !leaving_->ended() && now_ms() < end) {
    pollfd waiting{.fd = leaving_->transport().fd(), .events = POLLIN, .revents = 0};
    if (leaving_->wants_write()) waiting.events |= POLLOUT;
    ::poll(&waiting, 1, 10);
    leaving_->step();
  }
  for (const int fd : wake_) {
    if (fd >= 0) ::close(fd);
  }
}

double ClientCore::now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

void ClientCore::poll(int wait_ms) {
  flush();
  const int due = due_ms();
  if (due >= 0 && due < wait_ms) wait_ms = due;
  if (!later_.empty()) wait_ms = 0;
  pollfd waiting[2] = {{.fd = wake_[0], .events = POLLIN, .revents = 0},
                       {.fd = fd(), .events = POLLIN, .revents = 0}};
  if (wants_write()) waiting[1].events |= POLLOUT;
  if (wait_ms > 0) ::poll(waiting, waiting[1].fd < 0 ? 1 : 2, wait_ms);
  step();
  flush();
}

void ClientCore::run() {
  constexpr int kWaitMs = 1000;
  while (!stopped_.exchange(false) && phase_ != Phase::closed) poll(kWaitMs);
}

void ClientCore::stop() {
  stopped_ = true;
  wake();
}

void ClientCore::wake() {
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = ::write(wake_[1], &byte, 1);  // full: it is awake
}

void ClientCore::post(std::function<void()> task) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(task));
  }
  wake();
}

void ClientCore::run_tasks() {
  char bytes[64];
  while (::read(wake_[0], bytes, sizeof bytes) > 0) {
  }
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  std::vector<std::function<void()>> answers;
  answers.swap(later_);
  for (const auto& task : answers) task();
  for (const auto& task : tasks) task();
}

void ClientCore::step() {
  run_tasks();
  if (leaving_ != nullptr) {
    leaving_->step();
    if (leaving_->ended()) leaving_.reset();
  }
  if (phase_ == Phase::waiting && now_ms() >= retry_at_ms_) open_socket();
  if (socket_ != nullptr) {
    const u64 before = socket_->counters().bytes_in;
    socket_->step();
    if (socket_ != nullptr && socket_->counters().bytes_in != before) heard_ms_ = now_ms();
  }
  if (socket_ != nullptr && socket_->ended()) lost();
  if (socket_ != nullptr) tend();
  if (fetch_ != nullptr) step_dictionary();
  bury();
}

void ClientCore::flush() {
  if (is_ready()) flush_pending();
  if (is_ready()) flush_states(kStateUnsentBytesMax);
  if (socket_ != nullptr) socket_->flush();
}

double ClientCore::heartbeat_ms() const {
  const double own = config_.heartbeat_interval_ms;
  return own > 0 ? own : std::max(50.0, relay_heartbeat_ms_);
}

void ClientCore::tend() {
  const double now = now_ms();
  if (phase_ == Phase::connecting || phase_ == Phase::greeting) {
    if (now - since_ms_ > config_.connect_timeout_ms) {
      socket_->drop(kCloseAbnormal, "connecting took too long", LinkFault::timed_out);
      lost();
    }
    return;
  }
  if (now - since_ms_ > kSteadyMs) faulted_ = false;
  const double silent = std::min(relay_timeout_ms_, kSilentHeartbeats * heartbeat_ms());
  if (now - heard_ms_ > silent) {
    socket_->drop(kCloseAbnormal, "nothing was heard from the relay", LinkFault::timed_out);
    lost();
  } else if (now >= next_ping_ms_) {
    ping();
  }
}

void ClientCore::ping() {
  ping_id_ = ++last_id_;
  pinged_ms_ = now_ms();
  next_ping_ms_ = pinged_ms_ + (++pings_ < kFirstPings ? kFirstPingsMs : heartbeat_ms());
  send_system(R"({"type":"system","op":"ping","id":)" + std::to_string(ping_id_) + "}");
}

// Of the connection that ended.
void ClientCore::note_failure(u16 code) {
  const bool said_no = code == 4001 || code == 4003 || code == 4009;
  failure_ = {said_no ? LinkFault::rejected : socket_->fault(), socket_->close_reason(), refusal_};
}

// Whether there is any use in trying again.
bool ClientCore::is_final(u16 code, int http_status) const {
  // A certificate is mended by people. But a session may have met a foreign network, which passes.
  constexpr LinkFault kCertificate[] = {LinkFault::tls_untrusted, LinkFault::tls_expired,
                                        LinkFault::tls_wrong_host};
  const bool certificate =
      std::ranges::find(kCertificate, failure_.fault) != std::end(kCertificate);
  if (certificate && session_.empty()) return true;
  if (failure_.fault == LinkFault::no_signing) return true;
  if (http_status >= 400 && http_status < 500 && http_status != 408 && http_status != 429) {
    return true;
  }
  if (code == static_cast<u16>(CloseCode::unauthenticated)) return is_refused_for_good();
  constexpr u16 kFinal[] = {1000, 4003, 4009};
  for (const u16 final : kFinal) {
    if (code == final) return true;
  }
  return false;
}

void ClientCore::lost() {
  const u16 code = socket_->close_code();
  const std::string reason = socket_->close_reason();
  const int status = phase_ == Phase::connecting ? socket_->http_status() : 0;
  note_failure(code);
  stats_.bytes_in += socket_->counters().bytes_in;
  stats_.bytes_out += socket_->counters().bytes_out;
  socket_.reset();
  token_ask_ = 0;
  faulted_ = faulted_ || (code >= 1002 && code <= 1009 && code != 1005 && code != kCloseAbnormal) ||
             code == 4008 || code == 4029;
  unlink_pending();
  numbers_.clear();
  degraded_rooms_ = 0;
  for (auto& [name, room] : rooms_) {
    RoomData& data = *room->data_;
    data.degraded = false;
    data.set_sent_hz(data.room_hz);
    if (data.phase != RoomPhase::left) data.phase = RoomPhase::idle;
    data.state.restart();
  }
  if (is_final(code, status) || backoff_.exhausted()) return end(code, reason);
  retry(code, reason);
}

void ClientCore::retry(u16 code, const std::string& reason) {
  double wait = backoff_.next_ms(random_);
  // No relay may have a client wait for longer.
  if (goaway_ms_ >= 0) wait = std::max(wait, std::min(goaway_ms_, 3'600'000.0));
  goaway_ms_ = -1;
  phase_ = Phase::waiting;
  retry_at_ms_ = now_ms() + wait;
  set_state(session_.empty() ? LinkState::connecting : LinkState::resuming, code, reason, wait);
}

void ClientCore::end(u16 code, const std::string& reason) {
  phase_ = Phase::closed;
  session_.clear();
  std::vector<u64> ids;
  for (const auto& [id, pending] : pending_) ids.push_back(id);
  for (const u64 id : ids) complete(id, {.cause = Cause::closed});
  for (auto& [name, room] : rooms_) {
    RoomData& data = *room->data_;
    data.phase = RoomPhase::idle;
    data.unsure = 0;
    if (Done done = std::move(data.join_done)) done({.cause = Cause::closed});
  }
  set_state(LinkState::closed, code, reason);
}

void ClientCore::close() {
  if (phase_ == Phase::closed) return;
  flush();
  if (is_ready()) flush_states(config_.unsent_bytes_max);  // it cannot wait any longer
  if (socket_ != nullptr) {
    socket_->close(static_cast<u16>(CloseCode::normal), "");
    stats_.bytes_in += socket_->counters().bytes_in;
    stats_.bytes_out += socket_->counters().bytes_out;
    leaving_ = std::move(socket_);
  }
  phase_ = Phase::closed;
  token_ask_ = 0;
  unlink_pending();
  closing_ = true;
  later([this] { finish_close(); });
}

// What close() leaves to tell, unless a connect() right behind it has told it already.
void ClientCore::finish_close() {
  if (!std::exchange(closing_, false)) return;
  failure_ = {LinkFault::closed_by_us, "closed by the application"};
  end(static_cast<u16>(CloseCode::normal), failure_.message);
}

void ClientCore::cut() {
  if (socket_ != nullptr) socket_->drop(kCloseAbnormal, "cut");
}

void ClientCore::set_state(LinkState state, u16 code, std::string_view reason, double retry_ms) {
  if (state == LinkState::open && degraded_rooms_ != 0) state = LinkState::degraded;
  if (state == state_ && state != LinkState::resuming && state != LinkState::connecting) return;
  state_ = state;
  if (!on_.link) return;
  on_.link({.state = state,
            .fault = failure_.fault,
            .close_code = code,
            .reason = reason,
            .retry_in_ms = static_cast<u32>(std::lround(retry_ms))});
}

int ClientCore::fd() const {
  return socket_ == nullptr ? -1 : socket_->transport().fd();
}

bool ClientCore::wants_write() const {
  return socket_ != nullptr && socket_->wants_write();
}

bool ClientCore::is_posted() const {
  const std::lock_guard lock(posted_mutex_);
  return !posted_.empty();
}

double ClientCore::next_due() const {
  if (!later_.empty() || is_posted()) return 0;
  const double due = link_due();
  return token_ask_ == 0 ? due : std::min(due, now_ms() + kAnswerPollMs);
}

double ClientCore::link_due() const {
  if (phase_ == Phase::waiting) return retry_at_ms_;
  if (socket_ == nullptr) return leaving_ != nullptr ? now_ms() + kLookupPollMs : kNever;
  if (socket_->transport().has_more()) return 0;
  if (fd() < 0 || fetch_ != nullptr) return now_ms() + kLookupPollMs;
  if (phase_ != Phase::ready) return since_ms_ + config_.connect_timeout_ms;
  const bool paused = !unsent_.empty() && now_ms() < paused_until_ms_;
  return paused ? std::min(next_ping_ms_, paused_until_ms_) : next_ping_ms_;
}

int ClientCore::due_ms() const {
  const double due = next_due();
  if (due == kNever) return -1;
  return static_cast<int>(std::ceil(std::max(0.0, due - now_ms())));
}

void ClientCore::bury() {
  std::erase_if(rooms_, [](const auto& entry) { return entry.second->data_->doomed; });
}

LinkStats ClientCore::stats() const {
  LinkStats out = stats_;
  out.bytes_in += counted(socket_.get(), &WebSocket::Counters::bytes_in);
  out.bytes_out += counted(socket_.get(), &WebSocket::Counters::bytes_out);
  out.queued = static_cast<u32>(pending_.size());
  out.in_flight = in_flight_;
  out.rtt_ms = clock_.rtt_ms();
  out.jitter_ms = clock_.jitter_ms();
  out.clock_offset_ms = clock_.offset_ms();
  out.latency = clock_.percentiles();
  return out;
}

}  // namespace sdk
}  // namespace perseid
