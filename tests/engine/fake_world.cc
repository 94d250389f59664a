#include "tests/engine/fake_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "codec/assert.h"
#include "codec/client_id.h"
#include "codec/frame.h"
#include "codec/json_document.h"
#include "engine/keyed_hash.h"

namespace perseid::test {
namespace {

constexpr std::array<u8, 16> kHashKey{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6};

void expect_json(std::string_view text) {
  std::string padded(text);
  padded.append(kParsePaddingBytes, ' ');
  JsonDocument document;
  EXPECT_EQ(document.open(std::string_view(padded).substr(0, text.size())), Error::ok) << text;
  EXPECT_TRUE(document.is_object()) << text;
}

// The binary flavour's delivery as the JSON flavour would say it, with the room's number.
std::string rendered(const BinaryMessage& message, CodedReader& coded) {
  if (message.kind == BinaryKind::system) {
    coded.heard(message.system);
    return std::string(message.system);
  }
  if (message.kind == BinaryKind::game_state || message.kind == BinaryKind::coded_state) {
    const StateDelivery& state = message.state;
    const std::string payload = state.coded    ? coded.payload_of(state)
                                : state.packed ? coded.unpacked(state)
                                               : std::string(state.payload);
    const std::string cell = state.cell.present ? R"(,"cell":[)" + std::to_string(state.cell.x) +
                                                      "," + std::to_string(state.cell.y) + "]"
                                                : "";
    return R"({"type":"game_state","room_number":)" + std::to_string(state.room_number) +
           R"(,"tick":)" + std::to_string(state.tick) + cell +
           (state.full ? R"(,"full":true)" : "") + R"(,"payload":)" + payload + "}";
  }
  const Delivery& d = message.delivery;
  char id[kClientIdBytes];
  write_client_id(d.sender, id);
  return std::string(R"({"type":")") +
         (message.kind == BinaryKind::chat ? "chat" : "player_action") + R"(","room_number":)" +
         std::to_string(d.room_number) + R"(,"seq":)" + std::to_string(d.seq) + R"(,"sender":")" +
         std::string(id, kClientIdBytes) + '"' + (d.marks.empty() ? "" : ",") +
         std::string(d.marks) + R"(,"payload":)" + std::string(d.payload) + "}";
}

}  // namespace

void Peer::say(std::string_view json) {
  if (format.flavour == Flavour::json) return send(std::string(json));
  std::string bytes;
  append_binary_request(bytes, {.kind = BinaryKind::system, .json = json});
  send(std::move(bytes));
}

void Peer::accept(Bytes bytes) {
  bytes_in += bytes.size();
  unread_ += as_text(bytes);
  read_on();
}

void Peer::read_on() {
  const std::size_t size = std::min<u64>(unread_.size(), reads_bytes);
  if (reads_bytes != ~u64{0}) reads_bytes -= size;
  pending_.append(unread_, 0, size);
  unread_.erase(0, size);
  for (;;) {
    FrameHeader header;
    const Error error =
        parse_frame_header(as_bytes(pending_), FrameSource::server, format.deflate, header);
    if (error == Error::need_more) return;
    ASSERT_EQ(error, Error::ok) << "the relay sent a broken frame";
    if (pending_.size() < header.header_bytes + header.payload_bytes) return;
    const std::string payload = pending_.substr(header.header_bytes, header.payload_bytes);
    pending_.erase(0, header.header_bytes + header.payload_bytes);
    read_frame(header.opcode, header.rsv1, as_bytes(payload));
  }
}

void Peer::read_frame(Opcode opcode, bool packed, Bytes payload) {
  if (opcode == Opcode::ping) {
    ++pings;
    to_pong.emplace_back(as_text(payload));
    return;
  }
  std::string text(as_text(payload));
  if (packed) {
    ++packed_frames;
    if (inflater_ == nullptr) inflater_ = std::make_unique<Inflater>(u8{15}, false);
    MutableBytes out;
    ASSERT_EQ(inflater_->inflate(payload, 64 * MiB, out), Error::ok);
    text = as_text(out);
  }
  if (format.flavour == Flavour::bin) {
    ASSERT_EQ(opcode, Opcode::binary);
    BinaryMessage message;
    ASSERT_TRUE(read_delivery_binary(as_bytes(text), message));
    if (message.state.packed) ++packed_states;
    coded_.use(shard_.dictionary);
    text = rendered(message, coded_);
  } else {
    ASSERT_EQ(opcode, Opcode::text);
  }
  expect_json(text);
  messages.push_back(std::move(text));
}

std::string Peer::find(std::string_view part) const {
  for (const std::string& message : messages) {
    if (message.find(part) != std::string::npos) return message;
  }
  return {};
}

u32 Peer::count(std::string_view part) const {
  return static_cast<u32>(std::count_if(messages.begin(), messages.end(), [&](const auto& m) {
    return m.find(part) != std::string::npos;
  }));
}

bool Shard::post(ShardId to, Letter&& letter, Post urgency) {
  if (refuses_bulk && urgency == Post::bulk) return false;
  outgoing[to].push_back(std::move(letter));
  return true;
}

void Shard::close(Handle connection, CloseCode code, std::string_view) {
  Peer& peer = *peers[connection.slot];
  EXPECT_EQ(peer.closed, CloseCode::none) << "closed twice";
  peer.closed = code;
}

void Shard::reseat(Handle connection, Slot session) {
  peers[connection.slot]->slot = session;
}

void Shard::emit(const Event& event) {
  if (!collects_events) return;
  events.push_back(event.kind);
  event_details.emplace_back(event.detail);
}

FakeWorld::FakeWorld(u32 shard_count, const Tweak& tweak, std::shared_ptr<const RoomRules> rules,
                     std::shared_ptr<const Dictionary> dictionary, FakeStore* store,
                     Authenticator* authenticator)
    : store_(store) {
  if (tweak) tweak(options);
  for (u32 i = 0; i < shard_count; ++i) {
    auto& shard = *shards_.emplace_back(std::make_unique<Shard>());
    shard.outgoing.resize(shard_count);
    shard.dictionary = dictionary;
    RelayConfig config{.options = &options,
                       .rules = rules,
                       .shard = static_cast<ShardId>(i),
                       .shard_count = shard_count,
                       .dictionary = dictionary,
                       .hash_key = kHashKey,
                       .store = store,
                       .authenticator = authenticator,
                       .seed = {}};
    config.seed[0] = static_cast<u8>(i + 1);
    // No relay has the seed or the secret of another.
    if (store != nullptr) config.seed[1] = config.secret_key[0] = store->lives;
    shard.relay = std::make_unique<Relay>(config, shard);
  }
  if (store != nullptr) ++store->lives;
  turn();
}

FakeWorld::~FakeWorld() {
  for (auto& shard : shards_) {
    for (auto& queue : shard->outgoing) queue.clear();
    shard->from_store.clear();
  }
}

Peer& FakeWorld::connect(ShardId id, WireFormat format, std::shared_ptr<const Grant> grant) {
  Shard& shard = *shards_[id];
  Peer& peer = *shard.peers.emplace_back(std::make_unique<Peer>(shard, format));
  peer.connection = {static_cast<Slot>(shard.peers.size() - 1), 1};
  peer.slot = shard.relay->open(
      {.connection = peer.connection, .format = format, .grant = std::move(grant)});
  return peer;
}

void FakeWorld::disconnect(Peer& peer) {
  peer.gone = true;
  for (auto& shard : shards_) {
    for (auto& other : shard->peers) {
      if (other.get() == &peer) shard->relay->closed(peer.slot);
    }
  }
}

void FakeWorld::receive(Shard& shard) {
  for (std::size_t i = 0; i < shard.peers.size(); ++i) {
    Peer& peer = *shard.peers[i];
    while (!peer.to_send.empty() && !peer.gone) {
      busy = true;
      std::string message = std::move(peer.to_send.front());
      peer.to_send.pop_front();
      // Padded, as every buffer that reaches the relay.
      std::vector<u8> bytes(message.size() + kParsePaddingBytes);
      std::copy(message.begin(), message.end(), bytes.begin());
      shard.relay->heard(peer.slot);
      shard.relay->receive(peer.slot,
                           peer.format.flavour == Flavour::json ? Opcode::text : Opcode::binary,
                           {bytes.data(), message.size()});
    }
  }
}

void FakeWorld::flush_peer(Shard& shard, Peer& peer) {
  while (!peer.gone) {
    SendBatch batch;
    shard.relay->gather(peer.slot, batch);
    if (batch.empty()) return;
    busy = true;
    u32 sent = 0;
    for (u32 i = 0; i < batch.count; ++i) {
      const auto taken =
          static_cast<u32>(std::min<u64>(batch.slices[i].size_bytes, peer.accepts_bytes));
      peer.accept({batch.slices[i].data, taken});
      peer.accepts_bytes -= taken;
      sent += taken;
    }
    peer.blocked = sent < batch.total_bytes;
    shard.relay->sent(peer.slot, batch, sent);
    ASSERT_TRUE(batch.empty());
    if (peer.blocked || !shard.relay->wants_send(peer.slot)) return;
  }
}

void FakeWorld::flush(Shard& shard) {
  const std::span<const Slot> span = shard.relay->touched();
  const std::vector<Slot> touched(span.begin(), span.end());
  for (const Slot slot : touched) {
    const Handle connection = shard.relay->connection_of(slot);
    if (!connection) continue;  // closed since
    Peer& peer = *shard.peers[connection.slot];
    if (!peer.blocked) flush_peer(shard, peer);
  }
  for (auto& peer : shard.peers) {
    if (!peer->blocked || peer->gone || peer->accepts_bytes == 0) continue;
    peer->blocked = false;
    flush_peer(shard, *peer);
  }
}

void FakeWorld::deliver(ShardId from, ShardId to) {
  std::deque<Letter> letters = std::exchange(shards_[from]->outgoing[to], {});
  for (Letter& letter : letters) {
    busy = true;
    shards_[to]->relay->deliver(std::move(letter));
  }
}

void FakeWorld::turn(u64 ms) {
  busy = false;
  now.mono_ms += ms;
  now.unix_ms += ms;
  for (u32 i = 0; i < shards_.size(); ++i) {
    Shard& shard = *shards_[i];
    shard.relay->begin_turn(now);
    receive(shard);
    for (u32 from = 0; from < shards_.size() && !letters_held_; ++from) {
      deliver(static_cast<ShardId>(from), static_cast<ShardId>(i));
    }
    for (Letter& letter : std::exchange(shard.from_store, {}))
      shard.relay->deliver(std::move(letter));
    shard.relay->end_turn();
    flush(shard);
    for (auto& peer : shard.peers) {
      if (peer->gone || !peer->answers_pings || peer->to_pong.empty()) continue;
      shard.relay->heard(peer->slot);
      for (const std::string& bytes : std::exchange(peer->to_pong, {})) {
        shard.relay->ponged(peer->slot, as_bytes(bytes));
      }
    }
  }
  if (store_ != nullptr) {
    busy |= store_->run([this](ShardId to, Letter&& letter) {
      shards_[to]->from_store.push_back(std::move(letter));
    });
  }
  // What stands over for the next turn.
  for (const auto& shard : shards_) {
    for (const auto& letters : shard->outgoing) busy |= !letters_held_ && !letters.empty();
    busy |= shard->relay->next_deadline_ms() <= now.mono_ms;
  }
}

void FakeWorld::settle() {
  for (int i = 0; i < 1000; ++i) {
    turn();
    if (!busy) return;
  }
  FAIL() << "the relays never come to rest";
}

void FakeWorld::run_for(u64 ms, u64 step_ms) {
  for (u64 passed = 0; passed < ms; passed += step_ms) turn(step_ms);
  settle();
}

std::vector<std::string> FakeWorld::ask(Peer& peer, std::string_view json) {
  peer.say(json);
  settle();
  return peer.take();
}

std::string FakeWorld::join(Peer& peer, std::string_view room, std::string_view more) {
  peer.say(R"({"type":"system","op":"join","room":")" + std::string(room) + '"' +
           std::string(more) + "}");
  settle();
  std::string joined = peer.find(R"("op":"joined")");
  peer.take();
  return joined;
}

std::string FakeWorld::room_at(ShardId shard, std::string_view prefix) {
  for (u32 i = 0;; ++i) {
    std::string room = std::string(prefix) + std::to_string(i);
    if (KeyedHash{kHashKey}(room) % shards_.size() == shard) return room;
  }
}

std::string field(std::string_view json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":";
  std::size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  at += key.size();
  if (json[at] == '"') return std::string(json.substr(at + 1, json.find('"', at + 1) - at - 1));
  return std::string(json.substr(at, json.find_first_of(",}]", at) - at));
}

u64 number(std::string_view json, std::string_view name) {
  const std::string text = field(json, name);
  EXPECT_FALSE(text.empty()) << name << " in " << json;
  return std::strtoull(text.c_str(), nullptr, 10);
}

}  // namespace perseid::test
