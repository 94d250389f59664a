// codec: a client's message in, a delivery out, in both flavours.
#include <vector>

#include "bench/micro/bench.h"
#include "codec/delivery.h"
#include "codec/envelope.h"

namespace perseid::bench {
namespace {

std::string payload_of(u32 size) {
  return R"({"text":")" + some_text(size - 11) + R"("})";
}

void envelope_parse(benchmark::State& state, u32 size) {
  std::string message = R"({"type":"player_action","room":"arena","payload":)";
  message += payload_of(size);
  message += '}';
  const std::size_t length = message.size();
  std::vector<u8> buffer(message.begin(), message.end());
  buffer.resize(length + kParsePaddingBytes);
  EnvelopeReader reader{EnvelopeLimits{}};
  const auto parse = [&] {
    Request request;
    Problem problem = reader.begin({buffer.data(), length});
    PSD_ASSERT(problem.error == Error::ok && reader.next(request, problem));
    PSD_ASSERT(problem.error == Error::ok && request.payload.size() == size);
  };
  parse();  // the parser's buffers grow once
  const u64 before = allocations();
  for (auto _ : state) parse();
  report(state, length, before);
}

template <Flavour kFlavour>
void delivery_write(benchmark::State& state, u32 size) {
  const std::string payload = payload_of(size);
  Delivery delivery;
  delivery.type = MessageType::player_action;
  delivery.room_escaped = "arena";
  delivery.room_number = 3;
  delivery.sender = 0x0102030405060708;
  delivery.timestamp_unix_ms = 1'700'000'000'000;
  delivery.payload = payload;
  std::vector<u8> out(size + 512);
  std::size_t written = 0;
  const u64 before = allocations();
  for (auto _ : state) {
    ++delivery.seq;
    benchmark::DoNotOptimize(delivery_bytes(kFlavour, delivery));
    written = write_delivery(kFlavour, delivery, out.data());
    benchmark::ClobberMemory();
  }
  report(state, written, before);
}

[[maybe_unused]] const bool registered =
    add_for_sizes("codec/envelope_parse", envelope_parse) &&
    add_for_sizes("codec/delivery_write_json", delivery_write<Flavour::json>) &&
    add_for_sizes("codec/delivery_write_bin", delivery_write<Flavour::bin>);

}  // namespace
}  // namespace perseid::bench
