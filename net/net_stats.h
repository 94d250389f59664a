// NetStats: one shard's counters of what the sockets and the ring did.
// Thread: written by the shard alone, read by any (relaxed: each value is right, the set is not a
// snapshot of one moment). The one list: struct, names and the reference page are made from it.
#pragma once

#include <string_view>

#include "engine/counter.h"

namespace perseid {

// name, what it counts
#define PERSEID_NET_STATS(X)                                                                 \
  X(turns, "Turns of the event loop.")                                                       \
  X(busy_us, "Microseconds of processor time that the shards have used.")                    \
  X(completions, "Completions handled.")                                                     \
  X(ring_full_submits, "Times the submission queue was full inside a turn.")                 \
  X(cq_overflows, "Times the completion queue was full and the kernel kept the rest.")       \
  X(accepts, "Connections accepted.")                                                        \
  X(accept_errors, "Accepts that failed, for want of descriptors most often.")               \
  X(connections_refused, "Upgrades answered with 4013, over a limit of connections.")        \
  X(address_connections_refused, "Connections over --address-connections-max.")              \
  X(subnet_connections_refused, "Connections over --subnet-connections-max.")                \
  X(address_rate_refused, "Connections dropped: over --address-connections-per-second.")     \
  X(addresses_unknown, "Connections dropped because the kernel did not tell the address.")   \
  X(proxy_headers, "PROXY headers read.")                                                    \
  X(proxy_headers_refused, "Connections dropped: no PROXY header, a bad or untrusted one.")  \
  X(connections_shed, "Connections and upgrades refused because the shard is overloaded.")   \
  X(upgrades, "Requests that became WebSocket connections.")                                 \
  X(http_requests, "Requests answered by HTTP.")                                             \
  X(request_tokens_refused, "Requests refused for a token that is not valid here.")          \
  X(http_errors, "Requests answered by an HTTP error.")                                      \
  X(handshake_timeouts, "Requests whose head did not come in time.")                         \
  X(recvs, "Reads that brought bytes.")                                                      \
  X(bytes_in, "Bytes received.")                                                             \
  X(recv_enobufs, "Reads that ended because every receive buffer was in use.")               \
  X(recv_rearms, "Multishot reads armed.")                                                   \
  X(rested, "Connections put to rest on a poll.")                                            \
  X(woken, "Resting connections that became active again.")                                  \
  X(recv_paused, "Times an /echo client that does not read was no longer read from.")        \
  X(sends, "Sends handed to the kernel.")                                                    \
  X(send_slices, "Slices in them.")                                                          \
  X(bytes_out, "Bytes sent.")                                                                \
  X(short_sends, "Sends that the kernel took only in part.")                                 \
  X(send_errors, "Sends that failed.")                                                       \
  X(frame_errors, "Connections closed because of what the client sent.")                     \
  X(inflate_bombs_refused, "Of these, bombs over --inflate-bombs-bytes-per-second.")         \
  X(unauthenticated_too_big, "Of these, those over --unauthenticated-bytes-max.")            \
  X(closes_by_relay, "Connections that the rules asked to close.")                           \
  X(closes_by_peer, "Connections that the client closed with a close frame.")                \
  X(closes_by_eof, "Connections that ended without a close frame.")                          \
  X(closes_by_deadline, "Closing connections cut because the peer did not finish in time.")  \
  X(connections_cut, "Connections still there when --drain-timeout-ms had passed.")          \
  X(connections_closed, "Connections whose socket is closed.")                               \
  X(connections_passed_on, "Connections passed to another shard, where their session is.")   \
  X(connections_adopted, "Connections that came from another shard.")                        \
  X(passes_refused, "Connections that the kernel did not pass; they got a new session.")     \
  X(letters_in, "Letters received from other shards.")                                       \
  X(letters_out, "Letters posted to other shards.")                                          \
  X(letters_refused, "Letters refused because the other shard's mailbox was full.")          \
  X(wakeups_sent, "Sleeping shards woken.")                                                  \
  X(tls_handshakes, "TLS handshakes done.")                                                  \
  X(tls_resumed, "Of these, those that a ticket made short.")                                \
  X(tls_shaken_in_turns, "Steps of handshakes that a shard did in its own turn.")            \
  X(tls_closed, "Connections with TLS whose handshake was done and whose socket is closed.") \
  X(tls_failed, "TLS handshakes that came to nothing, timeouts among them.")                 \
  X(tls_timeouts, "TLS handshakes that took longer than --tls-handshake-timeout-ms.")        \
  X(tls_refused, "Connections dropped at once: more handshakes than --tls-handshakes-max.")  \
  X(tls_errors, "Connections that broke the rules of TLS after their handshake.")            \
  X(tls_plain_requests, "Plain HTTP requests at the port with TLS.")                         \
  X(tls_reloads, "Times that certificates were read anew.")                                  \
  X(tls_reload_failures, "Times that they could not be used, and the old ones stayed.")      \
  X(store_jobs, "Jobs that the store's worker has done.")                                    \
  X(store_commits, "Transactions that they were gathered in.")                               \
  X(store_failures, "Jobs that the store could not do.")                                     \
  X(store_removed, "Messages that its limits of count, bytes and age have removed.")         \
  X(stale_completions, "Completions of connections that were gone.")

struct NetStats {
#define X(name, text) Counter name;
  PERSEID_NET_STATS(X)
#undef X
};

// The same, as plain values, added over shards.
struct NetStatsSum {
#define X(name, text) u64 name = 0;
  PERSEID_NET_STATS(X)
#undef X
  void add(const NetStats& shard) {
#define X(name, text) name += shard.name.get();
    PERSEID_NET_STATS(X)
#undef X
  }
};

// What they are called and what they count, for logs and manuals.
struct NetStatText {
  const char* name;
  const char* text;
  u64 NetStatsSum::*value;
};
inline constexpr NetStatText kNetStatTexts[] = {
#define X(name, text) {#name, text, &NetStatsSum::name},
    PERSEID_NET_STATS(X)
#undef X
};

}  // namespace perseid
