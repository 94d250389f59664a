// net: one hop through the door between shards, without the wake-up.
#include <array>

#include "bench/micro/bench.h"
#include "net/mailbox.h"

namespace perseid::bench {
namespace {

// `batch` letters are posted and taken together, as in one turn of a busy shard.
void mailbox_hop(benchmark::State& state, u32 batch) {
  Mailbox mailbox(1, 65536);
  std::array<Letter, 256> taken;
  u64 count = 0;
  const u64 before = allocations();
  for (auto _ : state) {
    for (u32 i = 0; i < batch; ++i) {
      PSD_ASSERT(mailbox.post(0, Letter(KeyframeWanted{.room = {i, 1}, .shard = 0, .format = 0}),
                              Post::bulk));
    }
    for (u32 left = batch; left != 0;) {
      const std::size_t got = mailbox.take({taken.data(), std::min<std::size_t>(left, 256)});
      left -= static_cast<u32>(got);
      count += got;
    }
  }
  PSD_ASSERT(count == u64{batch} * static_cast<u64>(state.iterations()));
  report(state, 0, before);
  state.SetItemsProcessed(static_cast<i64>(count));
}

[[maybe_unused]] const bool registered =
    add("net/mailbox_hop", "1", 1, mailbox_hop) && add("net/mailbox_hop", "64", 64, mailbox_hop);

}  // namespace
}  // namespace perseid::bench
