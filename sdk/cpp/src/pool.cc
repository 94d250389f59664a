#include <perseid/pool.h>
#include <poll.h>

#include <algorithm>

namespace perseid {
inline namespace sdk {
namespace {

// FNV-1a: the same room is of the same connection, in every process.
u64 hash_of(std::string_view text) {
  u64 hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<u8>(c)) * 1099511628211u;
  return hash ^ hash >> 32;
}

}  // namespace

Pool::Pool(PoolConfig config) : config_(std::move(config)) {
  members_.resize(std::max(1u, config_.connections));
  for (Member& member : members_) member.client = std::make_unique<Client>(config_.client);
}

Pool::~Pool() = default;

bool Pool::connect() {
  return std::all_of(members_.begin(), members_.end(),
                     [](Member& member) { return member.client->connect(); });
}

std::size_t Pool::index_of(std::string_view room) const {
  return hash_of(room) % members_.size();
}

Room& Pool::room_of(std::string_view room) {
  Client& client = *members_[index_of(room)].client;
  Room* known = client.find(room);
  return known != nullptr ? *known : client.join(room);
}

bool Pool::chat(std::string_view room, std::string_view payload, Done done) {
  return publish(room, payload, false, std::move(done));
}

bool Pool::action(std::string_view room, std::string_view payload, Done done) {
  return publish(room, payload, true, std::move(done));
}

bool Pool::set(std::string_view room, std::string_view entity, const Fields& fields) {
  return room_of(room).set(entity, fields);
}

void Pool::leave(std::string_view room) {
  if (Room* known = members_[index_of(room)].client->find(room)) known->leave();
}

bool Pool::publish(std::string_view room, std::string_view payload, bool action, Done done) {
  const std::size_t at = index_of(room);
  Room& to = room_of(room);
  auto answered = [this, at, done = std::move(done)](const Result& result) {
    settled(at, result);
    if (done) done(result);
  };
  Member& member = members_[at];
  ++member.waiting;  // until its answer, which comes in any case
  const bool taken = action ? to.send(payload, std::move(answered))
                            : to.chat_payload(payload, std::move(answered));
  if (!taken) ++refused_;
  if (member.waiting >= config_.busy_messages) member.busy = true;
  return taken;
}

void Pool::settled(std::size_t at, const Result& result) {
  Member& member = members_[at];
  --member.waiting;
  if (result.ok()) {
    ++acknowledged_;
  } else if (result.cause != Cause::queue_full && result.cause != Cause::invalid) {
    ++failed_;
  }
  if (!member.busy || member.waiting > config_.busy_messages / 2) return;
  member.busy = false;
  if (on_free) on_free();
}

bool Pool::busy(std::string_view room) const {
  return members_[index_of(room)].busy;
}

void Pool::poll(std::chrono::milliseconds wait) {
  std::vector<pollfd> waiting;
  auto due = static_cast<int>(wait.count());
  for (const Member& member : members_) {
    member.client->flush();
    const int own = member.client->due_ms();
    if (own >= 0) due = std::min(due, own);
    const int fd = member.client->fd();
    if (fd < 0) continue;
    waiting.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    if (member.client->wants_write()) waiting.back().events |= POLLOUT;
  }
  if (due > 0) ::poll(waiting.data(), waiting.size(), due);
  for (const Member& member : members_) member.client->poll();
}

void Pool::close() {
  for (const Member& member : members_) member.client->close();
}

PoolStats Pool::stats() const {
  PoolStats out{.refused = refused_, .acknowledged = acknowledged_, .failed = failed_};
  for (const Member& member : members_) {
    const LinkState state = member.client->state();
    out.open += state == LinkState::open || state == LinkState::degraded ? 1 : 0;
    out.busy += member.busy ? 1 : 0;
    const LinkStats stats = member.client->stats();
    out.queued += stats.queued;
    out.in_flight += stats.in_flight;
  }
  return out;
}

}  // namespace sdk
}  // namespace perseid
