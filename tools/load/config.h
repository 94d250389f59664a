// Config: what one run of the load does, as its command line says.
// Thread: filled at start, read only from then on.
#pragma once

#include <string>

#include "codec/bytes.h"

namespace perseid::load {

enum class Scenario : u8 { idle, fanout, players, echo, state, resume, attack };
enum class StateFlavour : u8 { bin, json, both };  // both: every other client
// perseid: the relay. raw: bytes without a protocol (perseid-ruler). bun: a WebSocket server that
// publishes every message, as it is, to all of its room (bench/peers).
enum class Protocol : u8 { perseid, raw, bun };

struct Config {
  Scenario scenario = Scenario::fanout;
  Protocol protocol = Protocol::perseid;
  std::string host = "127.0.0.1";
  u16 port = 8080;
  std::string spawn;
  int server_pid = 0;
  std::string json_file;
  bool quiet = false;
  bool tls = false;
  bool spin = false;  // never sleeps, so that the server does not pay for waking it
  bool verify = false;

  u32 connections = 0;    // idle, echo, resume: those that drop; 0: not given, see fill_in()
  u32 measure_from = 0;   // idle; likewise
  u32 rooms = 1;          // idle, fanout, players, resume
  u32 members = 500;      // fanout: of one room, without its publisher
  u32 room_size = 100;    // players, state: of one room
  u32 stalled = 0;        // fanout: members of each room that stop reading half-way
  u32 size_bytes = 64;    // of one payload
  u32 frame_bytes = 0;    // raw: of one message; 0: as long as the relay's frame would be
  u32 window = 1;         // fanout, echo: messages under way
  double rate_per_s = 0;  // fanout, echo: 0 is paced by the window; else of each that publishes
  std::string type = "player_action";
  StateFlavour flavour = StateFlavour::bin;  // state
  u32 hz = 20;                               // state: of its rooms
  u32 sampled = 1;                           // state: members of a room that decode
  bool grid = false;                         // state: its rooms are grids
  bool slow_half = false;                    // state: half of a room reads too slowly, half-way

  // attack
  u32 players = 200;
  u32 player_rooms = 10;
  std::string token;  // of the players
  u32 hostile = 0;    // connections; 0: not given
  u32 hostile_addresses = 250;
  double acts_per_s = 1;  // of each
  std::string kinds;      // with commas; empty: all
  u32 rounds = 3;         // of calm and attack
  double ratio_max = 2;   // of p99 under attack and in calm; 0: not judged

  double duration_s = 10;
  double warmup_s = 1;
  double settle_s = 2;
  double drain_s = 10;
  double away_s = 0.5;       // resume: from the drop of all to the first that comes back
  double back_within_s = 1;  // resume: from the first that comes back to the last

  u32 clients() const;           // connections in all
  u32 clients_per_room() const;  // in rooms
  // Where a client sits. In echo everyone is alone; in resume the first of each room talks.
  u32 room_of(u32 client) const;
  u32 member_of(u32 client) const;
  u32 message_bytes() const;  // of one raw message
  bool is_dealt_out() const;  // its clients over the rooms, in turn
};

// Reads the command line. Returns false, with the exit code set, if the program should end: help
// was asked for, or an option was wrong (a message has been printed).
bool read_config(int argc, char** argv, Config& out, int& exit_code);

}  // namespace perseid::load
