#include "net/shard.h"

#include "net/tokens/token_verifier.h"

namespace perseid {
Shard::Shard(ServerShared& shared, ShardId id, ListenSockets sockets)
    : core_(shared, id),
      acceptor_(core_, sockets),
      upgrader_(core_),
      receiver_(core_),
      frames_(core_),
      sender_(core_),
      echo_(core_),
      closer_(core_),
      mover_(core_),
      peers_(core_),
      tls_(core_),
      mailroom_(core_),
      dispatcher_(core_, mailroom_),
      drainer_(core_),
      loop_(core_, dispatcher_, mailroom_, drainer_) {
  core_.acceptor = &acceptor_;
  core_.upgrader = &upgrader_;
  core_.receiver = &receiver_;
  core_.frames = &frames_;
  core_.sender = &sender_;
  core_.echo = &echo_;
  core_.closer = &closer_;
  core_.mover = &mover_;
  core_.peers = &peers_;
  core_.tls = &tls_;
}

std::optional<std::string> Shard::open() {
  const Options& options = core_.options;
  if (auto failure = core_.ring.open({.submission_entries = options.ring_entries,
                                      .completion_entries = options.completion_entries,
                                      .files = core_.shared.files_per_shard})) {
    return failure;
  }
  if (auto failure =
          core_.buffers.open(core_.ring, options.recv_buffers, options.recv_buffer_bytes)) {
    return failure;
  }
  if (core_.shared.keyring != nullptr) {
    authenticator_ = std::make_unique<TokenVerifier>(*core_.shared.keyring, options);
    core_.authenticator = authenticator_.get();
  }
  relay_ = std::make_unique<Relay>(relay_config(), *this);
  core_.relay = relay_.get();
  core_.shared.doorbells[core_.id]->set_ring(core_.ring.fd());
  dispatcher_.arm_control();
  acceptor_.start();
  core_.ring.submit_and_wait(0);
  return std::nullopt;
}

void Shard::run() {
  loop_.run();
  drainer_.abandon();
  core_.shared.doorbells[core_.id]->set_ring(-1);
}

RelayConfig Shard::relay_config() const {
  RelayConfig config;
  config.stats = core_.shared.rules_stats[core_.id].get();
  config.options = &core_.options;
  config.rules = core_.shared.config.room_rules;
  config.dictionary = core_.shared.config.dictionary;
  config.shard = core_.id;
  config.shard_count = core_.shared.shard_count;
  config.hash_key = core_.shared.hash_key;
  config.store = core_.shared.store.get();
  config.authenticator = core_.authenticator;
  config.secret_key = core_.shared.secret_key;
  config.events_wanted = core_.shared.events_wanted;
  config.seed = core_.shared.seeds[core_.id];
  return config;
}

bool Shard::post(ShardId to, Letter&& letter, Post urgency) {
  return mailroom_.post(to, std::move(letter), urgency);
}

void Shard::close(Handle handle, CloseCode code, std::string_view reason) {
  Connection* connection = core_.connections.find(handle);
  if (connection == nullptr) return;
  core_.stats.closes_by_relay.add();
  closer_.begin(handle.slot, *connection, code, reason);
}

void Shard::reseat(Handle handle, Slot session) {
  Connection* connection = core_.connections.find(handle);
  PSD_ASSERT(connection != nullptr && connection->session != kNoSlot);
  connection->session = session;
}

bool Shard::hand_over(Handle handle, ShardId to, Opcode opcode, Bytes message, u32 done) {
  Connection* connection = core_.connections.find(handle);
  return connection != nullptr && mover_.begin(handle.slot, *connection, to, opcode, message, done);
}

void Shard::emit(const Event& event) {
  if (core_.shared.config.listener == nullptr || peers_.pass_on(event)) return;
  core_.shared.config.listener->on_event(event);
}

}  // namespace perseid
