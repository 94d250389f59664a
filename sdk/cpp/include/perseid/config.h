// ClientConfig: everything a client can be told. Each bound has its default here.
// Thread: none; plain values.
#pragma once

#include <perseid/signing.h>
#include <perseid/tls.h>
#include <perseid/token.h>
#include <perseid/transport.h>
#include <perseid/types.h>

#include <functional>
#include <string>

namespace perseid {
inline namespace sdk {

struct ClientConfig {
  std::string url = "ws://127.0.0.1:8080/ws";  // or wss://
  std::string name = {};                       // what others see; empty: nobody in particular
  // Who this is, to a relay that asks: a signed token, or what fetches one. The function is asked
  // for each connection, and again before a token ends; so players stay in, however short tokens
  // are.
  std::string token = {};
  FetchToken fetch_token = {};  // `token` counts for nothing then
  SigningConfig signing = {};   // signs what is said, all of it
  std::string meta = {};        // JSON, up to 1024 bytes
  Wire wire = Wire::binary;
  bool compress = false;            // let the relay compress what it sends
  TlsConfig tls = {};               // of wss://
  TransportFactory transport = {};  // instead of TCP, and TLS over it for wss://

  // Publishes that wait, for a link or for their acknowledgement. Beyond: Cause::queue_full.
  u32 queue_messages_max = 1024;
  u64 queue_bytes_max = 4 * MiB;
  // Of one publish; a relay closes on a message beyond its --max-message-bytes (1 MiB).
  u64 payload_bytes_max = 1 * MiB - 4 * KiB;
  // Sent, but not acknowledged. The relay remembers a session's last 64, so at most so many can be
  // repeated without being delivered twice.
  u32 in_flight_max = 64;
  // Bytes that the socket has not taken, above which nothing more is handed to it.
  u64 unsent_bytes_max = 1 * MiB;
  u64 message_bytes_max = 16 * MiB;  // of one message from the relay

  // Reconnecting: attempt n waits min(delay * 2^n, max), less a random part of up to a half of it.
  // -1: as the relay says (welcome), or 5 and 1000 before it has.
  int reconnect_attempts = -1;  // 0: never
  int reconnect_delay_ms = -1;
  u32 reconnect_delay_ms_max = 30000;
  u32 connect_timeout_ms = 10000;
  // -1: as the relay says. Nothing heard for three of them: the link is dead.
  int heartbeat_interval_ms = -1;
  u64 seed = 0;  // of keys and jitter; 0: the system's randomness
};

}  // namespace sdk
}  // namespace perseid
