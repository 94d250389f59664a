// FakeStore: a store in memory, for the rules' tests and the simulation: it can be slow (hold),
// refuse, and crash, which forgets all that it has not done yet. It outlives the relays, as a disk
// does. Thread: one. Owns: the jobs on their way, and what is stored.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/letter.h"
#include "engine/parcel.h"
#include "engine/store.h"

namespace perseid::test {

class FakeStore final : public Store {
 public:
  using Answer = std::function<void(ShardId, Letter&&)>;
  struct KeptRoom {
    u64 number = 0;
    std::string epoch;
    Seq last_seq = 0;
    Seq action_seq = 0;
    bool open = false;
    bool behind = false;
    std::map<Seq, StoredMessage> messages;
    std::map<std::string, std::string> facts;
  };

  bool reserve(u32 bytes, bool force) override;
  void submit(std::unique_ptr<StoreJob> job) override;
  // Does up to `max` of the jobs, unless held; true if there were any.
  bool run(const Answer& answer, std::size_t max = ~std::size_t{0});
  // The relays are killed: what was not done is not done.
  void crash();

  bool held = false;        // does nothing
  bool refuses = false;     // the disk is full
  u8 lives = 0;             // relays that it has served
  u64 bytes_max = 1 << 24;  // as --store-queue-bytes-max
  u64 bytes_used = 0;
  std::deque<std::unique_ptr<StoreJob>> jobs;
  std::map<std::string, KeptRoom> rooms;
  std::vector<StoredDirect> directs;

 private:
  Error append(const store::Append& batch);
  void open(store::OpenRoom& ask);
  void page(store::ReadPage& ask);
  void add_direct(store::AppendDirect& ask);
  void read_directs(store::ReadDirect& ask) const;
  KeptRoom* find(u64 number);
  Error run_one(StoreJob& job);
};

inline bool FakeStore::reserve(u32 bytes, bool force) {
  const bool has_room = bytes_used + bytes <= bytes_max || (bytes_used == 0 && bytes_max != 0);
  if (!force && !has_room) return false;
  bytes_used += bytes;
  return true;
}

inline void FakeStore::submit(std::unique_ptr<StoreJob> job) {
  jobs.push_back(std::move(job));
}

inline bool FakeStore::run(const Answer& answer, std::size_t max) {
  if (held || jobs.empty()) return false;
  for (; max > 0 && !jobs.empty(); --max) {
    std::unique_ptr<StoreJob> job = std::move(jobs.front());
    jobs.pop_front();
    job->error = run_one(*job);
    bytes_used -= job->reserved_bytes;
    const ShardId shard = job->shard;
    if (!job->silent) answer(shard, Letter(std::move(job)));
  }
  return true;
}

inline void FakeStore::crash() {
  jobs.clear();
  bytes_used = 0;
}

inline FakeStore::KeptRoom* FakeStore::find(u64 number) {
  for (auto& [name, room] : rooms) {
    if (room.number == number) return &room;
  }
  return nullptr;
}

inline Error FakeStore::run_one(StoreJob& job) {
  const bool passes = std::holds_alternative<store::ReadPage>(job.body) ||
                      std::holds_alternative<store::ReadDirect>(job.body);
  if (refuses && !passes) return Error::store_unavailable;
  if (auto* ask = std::get_if<store::OpenRoom>(&job.body)) open(*ask);
  if (auto* batch = std::get_if<store::Append>(&job.body)) return append(*batch);
  if (auto* ask = std::get_if<store::ReadPage>(&job.body)) page(*ask);
  if (auto* ask = std::get_if<store::AppendDirect>(&job.body)) add_direct(*ask);
  if (auto* ask = std::get_if<store::ReadDirect>(&job.body)) read_directs(*ask);
  if (auto* put = std::get_if<store::PutFact>(&job.body)) {
    find(put->room)->facts[put->fact.key] = put->fact.value;
  }
  if (auto* drop = std::get_if<store::DropFact>(&job.body))
    find(drop->room)->facts.erase(drop->key);
  if (auto* close = std::get_if<store::CloseRoom>(&job.body)) {
    KeptRoom& room = *find(close->room);
    if (room.behind && room.last_seq != close->last_seq) return Error::ok;
    room.open = room.behind = false;
    room.action_seq = close->action_seq;
  }
  return Error::ok;
}

inline void FakeStore::open(store::OpenRoom& ask) {
  ask.found = rooms.contains(ask.name);
  KeptRoom& room = rooms[ask.name];
  if (!ask.found) room.number = rooms.size();
  if (!ask.found || room.behind) {
    room.epoch = ask.fresh_epoch;
    room.action_seq = 0;
  } else if (room.open) {
    room.action_seq = ((room.action_seq >> 32) + 1) << 32;
  }
  room.open = true;
  room.behind = false;
  ask.room = room.number;
  ask.epoch = room.epoch;
  ask.last_seq = room.last_seq;
  ask.action_seq = room.action_seq;
  for (auto it = room.messages.rbegin(); it != room.messages.rend(); ++it) {
    if (ask.newest.size() >= ask.events_max) break;
    ask.newest.insert(ask.newest.begin(), it->second);
  }
  for (const auto& [key, value] : room.facts) ask.facts.push_back({key, value});
}

inline Error FakeStore::append(const store::Append& batch) {
  KeptRoom& room = *find(batch.room);
  if (batch.entries.front().seq != room.last_seq + 1) return Error::store_unavailable;
  for (const store::Entry& entry : batch.entries) {
    room.messages[entry.seq] = {.seq = entry.seq,
                                .target = entry.target,
                                .timestamp_unix_ms = entry.timestamp_unix_ms,
                                .sender = entry.sender.value,
                                .payload = std::string(open_parcel(entry.parcel).payload)};
    room.last_seq = entry.seq;
  }
  room.behind |= batch.behind;
  return Error::ok;
}

inline void FakeStore::page(store::ReadPage& ask) {
  KeptRoom& room = *find(ask.room);
  for (auto it = room.messages.lower_bound(ask.before); it != room.messages.begin();) {
    --it;
    if (ask.messages.size() >= ask.limit) break;
    if (it->second.target == 0) ask.messages.insert(ask.messages.begin(), it->second);
  }
  for (const auto& entry : room.messages) {
    const Seq target = entry.second.target;
    const bool is_about = std::any_of(ask.messages.begin(), ask.messages.end(), [&](const auto& m) {
      return target != 0 && m.seq == target;
    });
    if (is_about) ask.events.push_back(entry.second);
  }
}

inline void FakeStore::add_direct(store::AppendDirect& ask) {
  ask.message.number = directs.size() + 1;
  directs.push_back(ask.message);
}

inline void FakeStore::read_directs(store::ReadDirect& ask) const {
  u64 bytes = 0;
  for (auto it = directs.rbegin(); it != directs.rend() && ask.messages.size() < ask.limit; ++it) {
    const bool is_theirs = (it->from == ask.one && it->to == ask.other) ||
                           (it->from == ask.other && it->to == ask.one);
    if (!is_theirs || it->number >= ask.before) continue;
    bytes += it->payload.size();
    if (bytes > ask.bytes_max && !ask.messages.empty()) break;
    ask.messages.insert(ask.messages.begin(), *it);
  }
}

}  // namespace perseid::test
