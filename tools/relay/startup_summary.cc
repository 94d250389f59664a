#include "tools/relay/startup_summary.h"

#include "codec/origin.h"
#include "tools/relay/help_text.h"
#include "tools/relay/privileges.h"

namespace perseid {
namespace {

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string joined(const std::vector<u32>& numbers) {
  std::string out;
  for (const u32 number : numbers) out += (out.empty() ? "" : " ") + std::to_string(number);
  return out;
}

// A row of the block: a word in its column, then text.
std::string row(std::string_view word, const std::string& text) {
  constexpr std::size_t kWordColumns = 14;
  std::string out = "  " + std::string(word);
  out += std::string(kWordColumns > word.size() ? kWordColumns - word.size() : 1, ' ');
  return out + text + "\n";
}

std::string shards_row(const StartReport& report) {
  std::string text = std::to_string(report.shards);
  text += report.cpus.empty() ? ", not pinned to cores" : ", on cores " + joined(report.cpus);
  return row("shards", text);
}

std::string sign_in_row(const Options& options, const StartReport& report) {
  if (report.token_keys == 0) {
    return row("sign-in", "NONE: whoever reaches this address may do anything (see --token-keys)");
  }
  std::string text = "by token, " + std::to_string(report.token_keys) +
                     (report.token_keys == 1 ? " key" : " keys");
  if (!options.anonymous_rooms.empty()) text += "; without one: " + options.anonymous_rooms;
  return row("sign-in", text);
}

std::string features_rows(const StartReport& report) {
  std::string out;
  for (const RingFeature& feature : report.features) {
    if (feature.present) continue;
    out += row(out.empty() ? "io_uring" : "",
               "lacks " + std::string(feature.name) + ": " + std::string(feature.absence));
  }
  if (!out.empty()) return out;
  return row("io_uring", "all " + std::to_string(report.features.size()) + " features are there");
}

std::string connections_rows(const Options& options, const StartReport& report) {
  const std::string most = std::to_string(report.connections_max) + " at most";
  if (report.connections_max >= options.max_connections) return row("connections", most);
  return row("connections", most + ", not the " + std::to_string(options.max_connections) +
                                " of --max-connections: each shard holds at") +
         row("", "most as many files as the limit of open files says, " +
                     std::to_string(report.file_limit) + ". For more:") +
         row("", "`ulimit -n 1048576` before the start (as root), or LimitNOFILE=1048576 in the") +
         row("", "systemd unit");
}

}  // namespace

std::string listen_address(const StartReport& report) {
  return bracketed(report.host) + ":" + std::to_string(report.port);
}

std::string plain_address(const StartReport& report) {
  return bracketed(report.plain_host) + ":" + std::to_string(report.plain_port);
}

std::string page_url(const StartReport& report) {
  std::string host = bracketed(report.host);
  if (report.host == "0.0.0.0") host = "127.0.0.1";
  if (report.host == "::") host = "[::1]";
  return (report.tls ? "https://" : "http://") + host + ":" + std::to_string(report.port) + "/";
}

std::optional<Warning> page_warning(const Options& options, const StartReport& report) {
  const std::vector<std::string> allowed = split_origins(options.allow_origin);
  const std::string url = page_url(report);
  const std::string origin = url.substr(0, url.size() - 1);
  // Without a list the page's own origin always passes.
  if (allowed.empty() || is_origin_allowed(origin, {}, allowed, false)) return {};
  return Warning{
      "page_refused",
      "the page at " + url + " cannot connect: add its origin to --allow-origin (" + origin + ")"};
}

std::optional<Warning> exposure_warning(const StartReport& report) {
  if (report.loopback || report.token_keys > 0) return {};
  return Warning{"open_relay",
                 "anybody who reaches " + listen_address(report) +
                     " may join every room, as whoever they like: set --token-keys (perseidctl "
                     "keys EdDSA makes some), or listen on 127.0.0.1"};
}

std::string summary_text(const Options& options, const StartReport& report) {
  std::string out = "\nperseid " + std::string(kVersion) + " on Linux " + report.kernel + "\n\n";
  if (!page_warning(options, report)) {
    out += row("try it", page_url(report) + " in two browser tabs");
  }
  out += row("clients", "ws" + page_url(report).substr(4) + "ws");
  if (options.echo)
    out += row("", "ws" + page_url(report).substr(4) + "echo sends everything back");
  if (report.plain_port != 0) {
    out += row("", "ws://" + plain_address(report) + "/ws without TLS");
  }
  if (report.tls)
    out += row("tls", "from version " + options.tls_min_version + "; " + report.kernel_tls);
  out += sign_in_row(options, report);
  out += row("rights", privileges_text());
  out += shards_row(report) + features_rows(report) + connections_rows(options, report);
  out += row("time limits",
             "a quiet client is pinged after " + std::to_string(options.heartbeat_interval_ms) +
                 " ms and given up after " + std::to_string(options.timeout_ms) + " ms");
  out +=
      row("to end it", "Ctrl-C or SIGTERM says goodbye to everyone first; a second one does not");
  return out + "\n";
}

void add_summary(LogLine& line, const StartReport& report) {
  line.add("version", kVersion).add("kernel", report.kernel);
  line.add("listening", listen_address(report)).add("page", page_url(report));
  line.add("tls", report.kernel_tls);
  if (report.plain_port != 0) line.add("listening_without_tls", plain_address(report));
  line.add("shards", u64{report.shards}).add("cores", joined(report.cpus));
  line.add("connections_max", u64{report.connections_max});
  line.add("file_limit", u64{report.file_limit});
  line.add("token_keys", u64{report.token_keys});
  line.add("rights", privileges_text());
  std::string missing;
  for (const RingFeature& feature : report.features) {
    if (!feature.present) missing += (missing.empty() ? "" : ", ") + std::string(feature.name);
  }
  line.add("io_uring_lacks", missing);
}

}  // namespace perseid
