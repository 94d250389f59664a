#include "net/store/make_store.h"

#include "net/store/postgres_backend.h"
#include "net/store/sqlite_backend.h"

namespace perseid {
namespace {

bool is_postgres(std::string_view store) {
  return store.starts_with("postgresql://") || store.starts_with("postgres://");
}

std::unique_ptr<StoreBackend> backend_of(const ServerShared& shared) {
  if (shared.config.store_backend) return shared.config.store_backend();
  const Options& options = shared.options;
  if (is_postgres(options.store)) {
    return std::make_unique<PostgresBackend>(options.store, Retention::from(options));
  }
  return std::make_unique<SqliteBackend>(options.data_dir, Retention::from(options));
}

}  // namespace

std::string make_store(ServerShared& shared) {
  const Options& options = shared.options;
  const bool declared =
      shared.config.room_rules != nullptr && shared.config.room_rules->any_durable();
  const bool keeps_private = durability_named(options.private_durability) != Durability::memory;
  if (!shared.config.store_backend && options.store == "none") {
    return declared        ? "--store none, but there are rooms with a durability (see [[room]])."
           : keeps_private ? "--store none, but --private-durability is not memory."
                           : "";
  }
  if (!declared && !keeps_private && !options.creators_declare_rooms) return {};
  if (!shared.config.store_backend && !options.store.empty() && !is_postgres(options.store)) {
    return "--store " + options.store +
           ": not known; leave it empty, or say none, or postgresql://USER@HOST/DATABASE.";
  }
  std::unique_ptr<StoreBackend> backend = backend_of(shared);
  if (backend->exists()) {
    if (std::string problem = backend->open(); !problem.empty()) return problem;
  }
  shared.store = std::make_unique<StoreWorker>(std::move(backend), shared.shard_count,
                                               options.store_queue_bytes_max);
  return {};
}

void start_store(ServerShared& shared) {
  const auto worker = static_cast<ShardId>(shared.shard_count);
  shared.store->start(
      [&shared, worker](ShardId to, Letter&& letter) {
        shared.mailboxes[to]->post(worker, std::move(letter), Post::control);
      },
      [&shared](ShardId to) {
        if (shared.mailboxes[to]->claim_wake()) shared.doorbells[to]->ring();
      });
}

}  // namespace perseid
