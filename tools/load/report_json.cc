#include "tools/load/report.h"
#include "tools/load/report_attack.h"
#include "tools/load/report_resume.h"
#include "tools/load/report_state.h"

namespace perseid::load {
namespace {

void add_latency(JsonObject& out, const std::string& prefix, const Histogram& latency) {
  out.whole(prefix + "count", latency.total());
  out.real(prefix + "p50_us", static_cast<double>(latency.percentile(0.50)) / 1e3);
  out.real(prefix + "p90_us", static_cast<double>(latency.percentile(0.90)) / 1e3);
  out.real(prefix + "p99_us", static_cast<double>(latency.percentile(0.99)) / 1e3);
  out.real(prefix + "p999_us", static_cast<double>(latency.percentile(0.999)) / 1e3);
  out.real(prefix + "max_us", static_cast<double>(latency.max()) / 1e3);
}

void add_flow(JsonObject& out, const Result& result) {
  const Sample& cost = result.cost;
  const double seconds = static_cast<double>(cost.time_ns) / 1e9;
  const double server_s = static_cast<double>(cost.server_cpu_ns) / 1e9;
  const auto delivered = static_cast<double>(cost.received);
  out.whole("sent", cost.sent);
  out.whole("delivered", cost.received);
  out.real("delivered_per_s", seconds > 0 ? delivered / seconds : 0);
  out.real("delivered_per_server_cpu_s", server_s > 0 ? delivered / server_s : 0);
  out.real("message_bytes",
           delivered > 0 ? static_cast<double>(cost.message_bytes) / delivered : 0);
  out.real("delivered_per_receive",
           cost.receives > 0 ? delivered / static_cast<double>(cost.receives) : 0);
  add_latency(out, "latency_", result.latency);
  out.real("slowest_us", static_cast<double>(result.slowest_ns) / 1e3);
  if (result.before_stall) add_latency(out, "before_stall_latency_", *result.before_stall);
  if (result.after_stall) add_latency(out, "after_stall_latency_", *result.after_stall);
}

void add_memory(JsonObject& out, const MemorySlope& memory) {
  out.whole("memory_from_connections", memory.from_connections);
  out.whole("memory_to_connections", memory.to_connections);
  out.whole("rss_empty_bytes", memory.rss_empty_bytes);
  out.whole("rss_from_bytes", memory.rss_from_bytes);
  out.whole("rss_to_bytes", memory.rss_to_bytes);
  out.whole("rss_after_stay_bytes", memory.rss_after_stay_bytes);
  out.whole("rss_closed_bytes", memory.rss_closed_bytes);
  out.real("rss_per_connection_bytes", memory.bytes_per_connection());
}

void add_checks(JsonObject& out, const Result& result) {
  out.whole("run_sent", result.sent);
  out.whole("run_received", result.received);
  out.whole("missing", result.missing_at_end);
  out.whole("out_of_order_or_missing", result.order.missing + result.order.seq_holes);
  out.whole("repeated", result.order.repeated + result.order.seq_repeated);
  out.whole("broken", result.broken);
  out.whole("gaps", result.gaps);
  out.whole("errors", result.errors);
  out.whole("lost_connections", result.lost);
  out.whole("wrong_states", result.wrong);
  out.whole("pings", result.pings);
  out.text("first_trouble", result.first_trouble);
  out.truth("good", result.good());
}

}  // namespace

std::string to_json(const Config& config, const Result& result) {
  JsonObject out;
  out.text("scenario", name(config.scenario));
  out.text("protocol", name(config.protocol));
  out.whole("clients", result.clients);
  out.whole("rooms", config.rooms);
  out.whole("payload_bytes", config.size_bytes);
  out.real("measured_s", static_cast<double>(result.cost.time_ns) / 1e9);
  out.real("server_cpu_s", static_cast<double>(result.cost.server_cpu_ns) / 1e9);
  out.real("clients_per_core", clients_per_core(config, result));
  out.real("load_cpu_s", static_cast<double>(result.cost.own_cpu_ns) / 1e9);
  out.whole("rss_start_bytes", result.rss_start_bytes);
  out.whole("rss_end_bytes", result.rss_end_bytes);
  const bool flows = config.scenario != Scenario::idle && config.scenario != Scenario::resume;
  if (flows) add_flow(out, result);
  if (result.resume) add_resume_json(out, *result.resume);
  if (result.attack) add_attack_json(out, *result.attack);
  if (result.state) add_state_json(out, config, result);
  if (result.memory) add_memory(out, *result.memory);
  add_checks(out, result);
  return out.end();
}

}  // namespace perseid::load
