// Dispatch: what each request of a client does. Reads messages in the session's flavour, asks its
// limits, and hands
//   the work to sessions, views and rooms.
// Thread: the shard's. Owns: the readers.
// Invariant: a bad message is answered and disturbs nobody; a good one that bears an id is answered
// once.
#pragma once

#include <unordered_map>

#include "codec/binary.h"
#include "codec/envelope.h"
#include "codec/frame.h"
#include "engine/admissions.h"
#include "engine/context.h"
#include "engine/name_registry.h"
#include "engine/parcel.h"
#include "engine/rooms.h"
#include "engine/seen_rooms.h"
#include "engine/sessions.h"
#include "engine/signers.h"
#include "engine/views.h"

namespace perseid {

class Dispatch {
 public:
  Dispatch(Context& context, Mail& mail, Sessions& sessions, Views& views, Rooms& rooms,
           Admissions& admissions);

  void receive(Slot session, Opcode opcode, MutableBytes message);
  // One that another shard has handed over with its connection; `done` requests of it are done.
  void receive_on(Slot session, Opcode opcode, MutableBytes message, u32 done);
  // Letters that answer or carry what clients sent.
  void published(const PublishAnswer& answer);
  void direct(DirectLetter& letter);
  void discover_expect(const DiscoverExpect& letter);
  void discover_part(const DiscoverPart& letter);
  void text(const TextAnswer& answer);
  // Names (dispatch_named.cc).
  void name(const NameLetter& letter);
  void named(NamedDirect& letter);
  void named_answer(const NamedAnswer& letter);
  void opened(Slot session);  // a connection has come
  void close(Slot session);   // it ends, with all that is kept of it here
  // A private message, or a page of them, of which the store has done its part
  // (dispatch_private.cc).
  void stored(StoreJob& job);
  // The relay itself speaks, to a room or (empty) to all.
  void notice(std::string_view room, std::string_view payload);
  void notice(const NoticeLetter& letter);

 private:
  // A discover whose parts are still coming, by the asker's question number.
  struct Question {
    SessionUid asker;
    std::string id;
    std::string room;
    std::string clients_json;
    u32 parts_expected = ~0u;
    u32 parts_come = 0;
    u32 clients = 0;  // listed so far
  };

  // A private message to a name whose parts are still coming, by the question's number.
  struct NamedQuestion {
    SessionUid sender;
    std::string id;
    u64 repeat_key = 0;
    u32 parts_expected = ~0u;
    u32 parts_come = 0;
    u32 delivered = 0;
    Error error = Error::unknown_client;  // of one to whom it was not
    SharedSlice parcel = {};              // until it is passed on
    u64 timestamp_unix_ms = 0;            // when it was stored, or is to be; else 0
    MessageType type = MessageType::chat;
    bool kept = false;  // whoever was there: it can be read later
  };

  template <class Reader>
  void read(Reader& reader, MutableBytes message);
  void read();
  bool charge(Slot session, std::string_view id, MessageCost cost);
  void handle(Slot session, const Request& request);
  void handle_system(Slot session, const Request& request);
  // Signing in (dispatch_admit.cc).
  void hello(Slot session, const Request& request);
  bool read_token(Slot session, const Request& request, std::shared_ptr<const Grant>& out);
  void name_session(Slot session, std::string_view said);
  bool let_in(Slot session, std::string_view id);
  void refuse_stranger(Slot session, std::string_view id);
  void refresh(Slot session, const Request& request);
  void renew(Slot session, std::shared_ptr<const Grant> grant);
  bool is_permitted(Slot session, const Request& request, Permission permission,
                    std::string_view room, std::string_view field);
  // Messages that are signed (dispatch_sign.cc).
  bool begin_signing(Slot session, const Request& request, const Grant* grant);
  bool admit_signature(Slot session, const Request& request, const SignedPlace& place,
                       u64 repeat_key);
  void charge_forgery(Slot session);
  // Sessions that go on (dispatch_resume.cc). True if the hello has been seen to.
  bool resume(Slot session, const Request& request, const std::shared_ptr<const Grant>& grant);
  bool may_go_on(Slot old, const std::shared_ptr<const Grant>& grant) const;
  bool resume_elsewhere(Slot session, ShardId shard);
  void resume_here(Slot session, Slot old, const Request& request, const SeenRooms& seen);
  void take_connection(Slot session, Slot old);
  void welcome(Slot session, std::string_view id, bool resumed, std::string_view rooms_json = {});
  void join(Slot session, const Request& request);
  void leave(Slot session, const Request& request);
  void ask(Slot session, const Request& request, Ask::Kind kind, ViewWish wish = {});
  void view(Slot session, const Request& request);
  void keyframe(Slot session, const Request& request);
  void ping(Slot session, const Request& request);
  void publish(Slot session, const Request& request);
  void publish_here(Slot session, const Request& request, ChatKind chat, Room& room, u64 repeat_key,
                    Permissions may);
  void send_direct(Slot session, const Request& request);
  void send_named(Slot session, const Request& request, ChatKind chat, u64 repeat_key);
  bool pass_named(u64 question);  // false if the name's keeper takes nothing now
  void finish_named(u64 question);
  bool is_kept(Slot session, const Request& request, ChatKind chat) const;
  bool keep_named(Slot session, const Request& request, u64 question);
  void ask_private(Slot session, const Request& request);
  void answer_private(const store::ReadDirect& page, Error error);
  // By whom what is kept of users goes: empty if nobody vouches for the name.
  std::string_view user_of(Slot session) const {
    return sessions_[session].named ? sessions_[session].name.view() : std::string_view();
  }
  u64 name_hash(std::string_view name) const;
  ShardId keeper_of(u64 hash) const;
  void tell_name(Slot session, bool gone);
  // Chat (dispatch_chat.cc).
  bool admit_chat(Slot session, const Request& request, ChatKind& kind);
  void chat_ask(Slot session, const Request& request);
  bool is_moderator_token(std::string_view token) const;
  // The recipient's side; returns why it cannot be delivered.
  Error deliver_direct(SessionUid to, SessionUid sender, MessageType type, std::string_view payload,
                       u64 unix_ms);
  bool answer_repeated(Slot session, const Request& request, std::string_view room, u64 key);
  u32 remember(Slot session, u64 key, Seq seq, u64 unix_ms);
  void refuse_published(Slot session, const PublishAnswer& answer, std::string_view id);
  bool is_shed(Slot session, const Request& request);
  void refuse_overloaded(Slot session, const Request& request, u64 key);
  u64 repeat_key(const Request& request, std::string_view place) const;
  void acknowledge(Slot session, std::string_view id, std::string_view room, Seq seq, u64 unix_ms);
  void answer_if_whole(u64 number);

  Context& context_;
  Mail& mail_;
  Sessions& sessions_;
  Views& views_;
  Rooms& rooms_;
  Admissions& admissions_;
  Signers signers_;
  EnvelopeReader json_;
  BinaryReader binary_;
  ParcelWriter parcels_;
  ChatPayloadReader chat_;
  NameRegistry names_;
  std::unordered_map<u64, NamedQuestion> named_;
  std::unordered_map<u64, Question> questions_;
  u64 questions_asked_ = 0;
  // The message being read.
  struct Reading {
    Opcode opcode = Opcode::text;
    MutableBytes message;
    u32 done = 0;              // requests before the one at hand
    bool handed_over = false;  // by another shard
    Slot session = kNoSlot;    // the sender, which hello may change
  };
  Reading reading_;
  const Durability private_durability_;
};

}  // namespace perseid
