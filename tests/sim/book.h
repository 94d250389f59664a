// Book: the truth of a run: every message that was ever published, and each lane's one order as the
// first member that saw it wrote it down. Whoever sees anything else is a failure.
// Thread: the run's. Owns: its records.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codec/chat_payload.h"
#include "engine/lane.h"
#include "tests/sim/chat_view.h"
#include "tests/sim/state_book.h"
#include "tests/sim/verdict.h"

namespace perseid::sim {

// One session of a player, from hello to its end.
struct Life {
  u32 player = 0;
  std::string uid = {};  // public client id; empty until welcomed
  std::string name = {};
  bool alive = true;
  bool ending = false;    // for good: its connection closes for a reason of its own
  bool dropped = false;   // its connection broke at some time
  u64 away_since_ms = 0;  // 0: it is here
  std::map<std::string, u32> leaves = {};  // how often it has asked to leave which room
};

enum class Fate : u8 { pending, acknowledged, refused };

struct Publish {
  u32 life = 0;
  std::string room = {};  // empty: private
  Lane lane = Lane::chat;
  std::string to = {};       // client id
  std::string to_name = {};  // of the same, if it was sent to that
  std::string payload = {};
  Fate fate = Fate::pending;
  Seq seq = 0;
  std::string epoch = {};  // where it was acknowledged
  bool retried = false;    // a first attempt may have been refused: its place in the order is open
  u32 received = 0;        // private: how often
  // A change of chat, and of which message; an edit's text bears its own number.
  ChatKind kind = ChatKind::message;
  Seq target = 0;
  std::string emoji = {};
  bool remove = false;
};

// As `to` has it in the request.
std::string recipient(const Publish& publish);

struct LaneEntry {
  u32 number = ~0u;  // of its Publish
};

class Book {
 public:
  explicit Book(Verdict& verdict) : state(verdict), verdict_(verdict) {}

  // Gives the publish its number and payload.
  u32 write(Publish publish, u32 padding_bytes);
  // A member saw a lane's message, live or in a history.
  void see(const std::string& room, const std::string& epoch, Lane lane, Seq seq,
           std::string_view sender, std::string_view payload);
  // Somebody who asked was shown this (book_chat.cc).
  void see_view(const std::string& room, const std::string& epoch, const ChatView& view,
                const std::string& asker);
  // A history did not list these seqs.
  void expect_changes(const std::string& room, const std::string& epoch, Seq first, Seq end);
  void note_unread(const std::string& room, const std::string& epoch, Seq read, Seq last,
                   u64 unread);
  void see_direct(u32 life, std::string_view sender, std::string_view to, std::string_view payload);
  // Kept private messages (private_chat.cc).
  u32 see_private(const std::string& reader, const std::string& other, const std::string& sender,
                  const std::string& to, const std::string& payload);
  void check_private(const std::string& one, const std::string& other,
                     const std::vector<u32>& numbers, bool all_kept);
  void acknowledge(u32 number, Seq seq, const std::string& epoch);
  void refuse(u32 number);
  // The relay has said, in `joined`, that the lane goes so far.
  void heard_of(const std::string& room, const std::string& epoch, Lane lane, Seq last);

  void name_life(u32 life, const std::string& uid);
  // Somebody saw this client leave so many times: no more than it asked for, unless it is gone.
  void see_leave(const std::string& room, const std::string& uid, u32 leaves, u64 window_ms);

  // Of the whole run, when it has come to rest.
  void check() const;
  Seq last_seq(const std::string& room, const std::string& epoch, Lane lane) const;

  std::vector<Life> lives;
  std::vector<Publish> publishes;
  u64 deliveries = 0;
  bool changes = false;  // chat that changes is played
  bool settled = false;  // nothing is published any more
  u64 folds_checked = 0;
  u64 typings = 0;
  u64 privates_checked = 0;
  u64 resumes = 0;
  u64 resumes_missed = 0;
  StateBook state;

 private:
  using LaneKey = std::pair<std::string, std::string>;  // room, epoch
  struct RoomEntry {
    std::array<std::map<Seq, LaneEntry>, kLanes> lanes;  // of what somebody has seen
    std::array<Seq, kLanes> acknowledged{};              // the highest
  };
  Publish* find(std::string_view payload, u32& number);
  // What the chat of a room has become; up to `unknown` something may have changed it unseen.
  struct Fold {
    std::map<Seq, FoldedChat> messages;
    Seq unknown = 0;
  };
  struct LeftOut {
    std::string room, epoch;
    Seq first, end;
  };
  struct Unread {
    std::string room, epoch;
    Seq read, last;
    u64 unread;
  };
  const Fold& fold(const std::string& room, const std::string& epoch);
  static std::string change_json(const Publish& publish, u32 number);
  std::string unedited(const ChatView& view, u32& edit);
  void check_edit(const Publish& message, Seq seq, u32 edit, const std::string& where);
  void check_view(const std::string& room, const std::string& epoch, const ChatView& view,
                  const std::string& asker);
  void check_changes() const;
  void check_author(const std::string& room, const std::map<Seq, LaneEntry>& lane, Seq seq,
                    const Publish& change) const;
  void check_unread() const;
  void check_order(const LaneKey& key, const std::map<Seq, LaneEntry>& lane) const;
  void check_publish(u32 number) const;

  Verdict& verdict_;
  std::map<std::string, u32> by_uid_;
  std::map<LaneKey, RoomEntry> rooms_;
  std::map<LaneKey, Fold> folds_;
  std::vector<LeftOut> left_out_;
  std::vector<Unread> unread_;
};

}  // namespace perseid::sim
