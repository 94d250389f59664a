#include "tools/relay/reference.h"

#include "codec/close_code.h"
#include "codec/envelope.h"
#include "codec/error.h"
#include "engine/event.h"
#include "engine/permission.h"
#include "engine/stats.h"
#include "net/net_stats.h"
#include "tools/relay/option_table.h"

namespace perseid {
namespace {

std::string code(std::string_view text) {
  return text.empty() ? "" : "`" + std::string(text) + "`";
}

void append_row(std::string& out, std::string_view name, std::string_view text) {
  out += "| " + code(name) + " | " + std::string(text) + " |\n";
}

void append_options(std::string& out) {
  out +=
      "## Options\n\n"
      "A flag wins over the environment, that over the file of `--config`, that over the default. "
      "In the file the name\nis written `state_hz` or `state-hz`; in the environment "
      "`PERSEID_STATE_HZ`.\n";
  std::string_view group;
  for (const OptionInfo& option : option_table()) {
    if (option.group != group) {
      group = option.group;
      out += "\n### " + std::string(group) +
             "\n\n| flag | environment | default | takes | meaning |\n|---|---|---|---|---|\n";
    }
    const bool flag = option.kind == OptionKind::flag;
    const std::string bounds = flag ? "nothing, or `=true`, `=false`" : bounds_text(option);
    out += "| " + code(flag_name(option)) + " | " + code(environment_name(option)) + " | " +
           default_text(option) + " | " + (bounds.empty() ? "text" : bounds) + " | " +
           std::string(option.help) + " |\n";
  }
}

void append_error(std::string& out, Error error) {
  if (error == Error::ok || error == Error::need_more) return;  // Never on the wire.
  const ErrorInfo row = info(error);
  const auto close = static_cast<unsigned>(row.close);
  out += "| " + code(row.code) + " | " + (close == 0 ? "" : std::to_string(close)) + " | " +
         (row.http_status == 0 ? "" : std::to_string(row.http_status)) + " | " +
         std::string(row.text) + " |\n";
}

void append_errors(std::string& out) {
  out +=
      "\n## Errors\n\n"
      "`code` of an `error` message, what a close frame says, or the answer to a request that did "
      "not upgrade. Where no close\ncode stands, the connection stays open.\n\n"
      "| code | close code | HTTP status | meaning |\n|---|---|---|---|\n";
#define X(name, close, status, text) append_error(out, Error::name);
  PERSEID_ERRORS(X)
#undef X
}

void append_close_codes(std::string& out) {
  out += "\n## Close codes\n\n| code | name | meaning |\n|---|---|---|\n";
#define X(name, number, text) \
  out += "| " #number " | " + code(#name) + " | " + std::string(text) + " |\n";
  PERSEID_CLOSE_CODES(X)
#undef X
}

void append_ops(std::string& out) {
  out +=
      "\n## Ops of `system` messages that a client sends\n\n"
      "| op | fields | meaning |\n|---|---|---|\n";
#define X(name, fields, text) \
  out += "| " + code(#name) + " | " + std::string(fields) + " | " + std::string(text) + " |\n";
  PERSEID_CLIENT_OPS(X)
#undef X
}

void append_permissions(std::string& out) {
  out +=
      "\n## Permissions\n\nOf tokens: in `permissions`, and by room in `rooms`.\n\n"
      "| permission | allows |\n|---|---|\n";
#define X(name, constant, text) append_row(out, #name, text);
  PERSEID_PERMISSIONS(X)
#undef X
}

void append_events(std::string& out) {
  out +=
      "\n## Events\n\nFor `EventListener` in C++, and in the log.\n\n"
      "| event | meaning |\n|---|---|\n";
#define X(name, text) append_row(out, #name, text);
  PERSEID_EVENTS(X)
#undef X
}

void append_counters(std::string& out) {
  out +=
      "\n## Counters\n\n"
      "Each counts from the start.\n\n"
      "### Of the ring and the sockets\n\n"
      "Summed over the shards; SIGUSR1 and the end of the relay log them as `net_` and the "
      "name.\n\n"
      "| counter | counts |\n|---|---|\n";
  for (const NetStatText& counter : kNetStatTexts) append_row(out, counter.name, counter.text);
  out +=
      "\n### Of the rules\n\n"
      "Summed over the shards; logged in the same line under these names.\n\n"
      "| counter | counts |\n|---|---|\n";
  for (const StatText& counter : kStatTexts) append_row(out, counter.name, counter.text);
}

}  // namespace

std::string reference_page() {
  std::string out =
      "# Reference\n\n"
      "Made by `perseid --reference` from the lists in the source; do not edit it by hand.\n\n";
  append_options(out);
  append_ops(out);
  append_permissions(out);
  append_errors(out);
  append_close_codes(out);
  append_events(out);
  append_counters(out);
  return out;
}

}  // namespace perseid
