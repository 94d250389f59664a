// Stats: one list of what the rules of a shard count: struct, names and the reference page come
// from it. Thread: written by the shard, read by any (see engine/counter.h).
#pragma once

#include "codec/assert.h"
#include "engine/counter.h"
#include "engine/lane.h"

namespace perseid {

// The same four for each lane.
#define PERSEID_LANE_STATS(X, lane)                                                            \
  X(lane##_sent, "Frames of the lane " #lane " that the kernel took.")                         \
  X(lane##_skipped, "Frames of the lane " #lane " that a member will never be sent.")          \
  X(lane##_merged, "Frames of the lane " #lane " that left in one send with one before them.") \
  X(lane##_bytes, "Bytes of the lane " #lane " that the kernel took.")

// name, what it counts
#define PERSEID_STATS(X)                                                                    \
  X(sessions_opened, "Sessions begun.")                                                     \
  X(sessions_closed, "Sessions ended.")                                                     \
  X(sessions_dropped, "Sessions whose connection broke and which may be resumed.")          \
  X(sessions_resumed, "Of those, sessions that came back.")                                 \
  X(sessions_taken_over, "Sessions that went on with a newer connection (4009).")           \
  X(sessions_expired, "Sessions that did not come back in time, or for which room ended.")  \
  X(resumes_refused, "Hellos with a session that is unknown, over or of another format.")   \
  X(parked_refused, "Personal messages to absent sessions refused by --parked-bytes-max.")  \
  X(tokens_accepted, "Tokens that were genuine, valid and for this relay.")                 \
  X(tokens_refused, "Tokens that were not.")                                                \
  X(tokens_refreshed, "Tokens that took the place of older ones.")                          \
  X(tokens_expired, "Sessions whose token ended before it was refreshed.")                  \
  X(unauthenticated_closed, "Connections closed because nobody signed in.")                 \
  X(signatures_checked, "Signed messages that were genuine, and no replay.")                \
  X(signatures_refused, "Messages refused for their signature, or for want of one.")        \
  X(messages_in, "Messages accepted from clients.")                                         \
  X(message_bytes_in, "Their bytes.")                                                       \
  X(messages_sequenced, "Messages given a seq by rooms whose home is here.")                \
  X(messages_direct, "Private messages handed to a recipient here.")                        \
  X(chat_events, "Edits, reactions and deletions of chat messages.")                        \
  X(chat_marks_refused, "Edits and reactions refused by a limit of the room.")              \
  X(chat_silenced, "Chat refused because its sender is muted, or the room slow.")           \
  X(histories_folded, "Histories of joiners with edits and reactions in them.")             \
  X(typing_told, "Told to one member that another is typing.")                              \
  X(typing_untold, "Not told, by a limit or because the member does not read.")             \
  X(read_positions_dropped, "Read positions forgotten for newer ones.")                     \
  X(moderated, "Wishes of moderators fulfilled.")                                           \
  X(moderation_refused, "Mutes, bans and slow rooms that found no place.")                  \
  X(notices_sent, "Notices of the relay to one session.")                                   \
  X(notices_unsent, "The same, not sent because the session does not read.")                \
  X(names_unlisted, "Sessions beyond --name-sessions-max of their name.")                   \
  X(deliveries, "Lane messages handed to members' sends.")                                  \
  X(lane_bytes_out, "Their bytes.")                                                         \
  X(sends_gathered, "Batches gathered for one connection.")                                 \
  X(sends_returned, "Batches that the kernel did not take whole.")                          \
  X(errors_answered, "Errors sent to clients.")                                             \
  X(rate_limited, "Messages refused by a session's or an address's bucket.")                \
  X(overloaded, "Messages refused: a mailbox was full, or chat is shed.")                   \
  X(overload_raised, "Steps of overload: something more is left undone.")                   \
  X(overload_lowered, "Steps back. Raised less lowered is how deep it is now.")             \
  X(overload_chat_refused, "Chat of clients without a token refused by overload.")          \
  X(floods_closed, "Connections closed with 4029.")                                         \
  X(heartbeats_sent, "Pings sent to quiet clients.")                                        \
  X(heartbeat_timeouts, "Connections closed with 4000.")                                    \
  X(answers_refused, "Long answers refused because too many were asked for at one go.")     \
  X(outbox_overflows, "Connections closed with 4008.")                                      \
  X(gaps, "Gap notices: members that fell out of a lane's window.")                         \
  X(rosters_resent, "Rosters sent again to members that fell out of the system lane.")      \
  X(rooms_created, "Rooms begun here.")                                                     \
  X(rooms_removed, "Empty rooms forgotten: after their linger time, or for others.")        \
  X(rooms_refused, "Joins refused by a limit of rooms or members, or for their create.")    \
  X(formats_opened, "Wire formats begun in a room, each with a transcript of its windows.") \
  X(cells_opened, "Cells of grids that somebody began to look at.")                         \
  X(cells_closed, "Cells that nobody had looked at for a while.")                           \
  X(cells_refused, "Looks at a cell refused by --grid-cells-max.")                          \
  X(views_moved, "Members whose view of a grid changed.")                                   \
  X(store_rooms_opened, "Durable rooms opened.")                                            \
  X(store_publishes, "Chat messages handed to the store.")                                  \
  X(store_directs, "Private messages handed to the store.")                                 \
  X(store_changes, "Changes of messages that were looked up in the store.")                 \
  X(store_refused, "Publishes, joins and questions refused because the store takes none.")  \
  X(store_overloaded, "The same because --store-queue-bytes-max was reached.")              \
  X(store_pages, "Questions for history that were read from the store.")                    \
  X(state_updates, "game_state messages merged.")                                           \
  X(state_ticks, "Ticks that encoded a delta.")                                             \
  X(state_encodings,                                                                        \
    "Deltas encoded: one per flavour in use and tick, however many members and shards.")    \
  X(keyframes_encoded, "Whole states encoded.")                                             \
  X(snapshots_encoded, "Whole states encoded for who lags; no stream restarts for them.")   \
  X(keyframes_asked, "Whole states that clients asked for, because their own differed.")    \
  X(keyframes_sent, "Whole states sent to a member.")                                       \
  X(coder_bytes, "Bytes that the coders of rooms with readers of coded state take now.")    \
  PERSEID_LANE_STATS(X, system)                                                             \
  PERSEID_LANE_STATS(X, player_action)                                                      \
  PERSEID_LANE_STATS(X, chat)                                                               \
  PERSEID_LANE_STATS(X, game_state)                                                         \
  X(state_asks, "Pings behind state, to see whether it was read.")                          \
  X(state_waits, "Times that state waited until what was sent before had been read.")       \
  X(degraded, "Times that a member's state rate was halved.")                               \
  X(restored, "Members that came back to the full state rate.")                             \
  X(action_windows, "Windows opened in which player actions gather.")                       \
  X(action_window_ms, "Milliseconds that they were to last, summed up.")                    \
  X(duplicates_answered, "Publishes repeated with a known id, acknowledged again.")         \
  X(letters_in, "Letters taken from the mailbox.")                                          \
  X(letters_out, "Letters posted to other shards.")

struct Stats {
#define X(name, text) Counter name;
  PERSEID_STATS(X)
#undef X
  void add(const Stats& shard) {
#define X(name, text) name += shard.name;
    PERSEID_STATS(X)
#undef X
  }
};

// What they are called and what they count, for logs and manuals.
struct StatText {
  const char* name;
  const char* text;
  Counter Stats::*value;
};
inline constexpr StatText kStatTexts[] = {
#define X(name, text) {#name, text, &Stats::name},
    PERSEID_STATS(X)
#undef X
};

// A lane's four counters. No lane is without them, or this does not compile.
struct LaneStats {
  Counter& sent;
  Counter& skipped;
  Counter& merged;
  Counter& bytes;
};
inline LaneStats lane_stats(Stats& stats, Lane lane) {
  switch (lane) {
#define X(name, text) \
  case Lane::name:    \
    return {stats.name##_sent, stats.name##_skipped, stats.name##_merged, stats.name##_bytes};
    PERSEID_LANES(X)
#undef X
  }
  PSD_ASSERT(false);
  return {stats.system_sent, stats.system_skipped, stats.system_merged, stats.system_bytes};
}

}  // namespace perseid
