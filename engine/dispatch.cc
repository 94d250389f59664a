#include "engine/dispatch.h"

#include <memory>

#include "codec/client_id.h"
#include "engine/answers.h"

namespace perseid {
namespace {

EnvelopeLimits envelope_limits(const Options& options) {
  return {.room_name_bytes_max = options.room_name_bytes_max,
          .name_bytes_max = options.name_bytes_max,
          .meta_bytes_max = options.meta_bytes_max,
          .messages_per_frame_max = options.messages_per_frame_max};
}

// What a message is, for the event: its op, or the type of a publish.
std::string_view kind_of(const Request& request) {
  constexpr std::string_view kOps[] = {
#define X(name, fields, text) #name,
      PERSEID_CLIENT_OPS(X)
#undef X
  };
  if (request.type == MessageType::system) return kOps[static_cast<u8>(request.op)];
  return name(lane_of(request.type));
}

}  // namespace

Dispatch::Dispatch(Context& context, Mail& mail, Sessions& sessions, Views& views, Rooms& rooms,
                   Admissions& admissions)
    : context_(context),
      mail_(mail),
      sessions_(sessions),
      views_(views),
      rooms_(rooms),
      admissions_(admissions),
      signers_(context, sessions),
      json_(envelope_limits(context.options)),
      binary_(envelope_limits(context.options)),
      parcels_(context.pool),
      private_durability_(durability_named(context.options.private_durability)) {}

void Dispatch::receive(Slot session, Opcode opcode, MutableBytes message) {
  reading_ = {.opcode = opcode, .message = message, .session = session};
  read();
}

void Dispatch::receive_on(Slot session, Opcode opcode, MutableBytes message, u32 done) {
  reading_ = {
      .opcode = opcode, .message = message, .done = done, .handed_over = true, .session = session};
  read();
}

void Dispatch::read() {
  const Slot session = reading_.session;
  if (sessions_[session].closing) return;
  const bool is_json = sessions_[session].format.flavour == Flavour::json;
  if ((reading_.opcode == Opcode::text) != is_json) {
    return sessions_.end(session, Error::unsupported_data);
  }
  if (is_json) {
    read(json_, reading_.message);
  } else {
    read(binary_, reading_.message);
  }
}

template <class Reader>
void Dispatch::read(Reader& reader, MutableBytes message) {
  MessageCost cost;
  cost.bytes = cost.bytes_if_refused = static_cast<u32>(message.size());
  Problem problem = reader.begin(message);
  Request request;
  bool more = true;
  if (problem.error == Error::ok) more = reader.next(request, problem);
  for (u32 i = 0; i < reading_.done && more; ++i) {
    problem = {};
    more = reader.next(request, problem);
  }
  if (!more) charge(reading_.session, {}, cost);  // an empty array says nothing and still costs
  while (more && !sessions_[reading_.session].closing) {
    const Slot session = reading_.session;
    if (charge(session, problem.error == Error::ok ? request.id : problem.id, cost)) {
      cost.bytes = 0;
      if (problem.error == Error::ok) {
        handle(session, request);
      } else {
        sessions_.answer_error(session, problem.id, problem.error, problem.field);
      }
    }
    cost.bytes_if_refused = 0;  // once for the whole frame
    problem = {};
    ++reading_.done;
    more = reader.next(request, problem);
  }
}

bool Dispatch::charge(Slot session, std::string_view id, MessageCost cost) {
  Error error = Error::ok;
  const u32 retry_after_ms = sessions_.charge(session, cost, error);
  if (error == Error::ok) {
    ++context_.stats.messages_in;
    context_.stats.message_bytes_in += cost.bytes;
    return true;
  }
  sessions_.answer_error(session, id, error, {}, retry_after_ms);
  if (is_fatal(error)) sessions_.end(session, error);
  return false;
}

void Dispatch::handle(Slot session, const Request& request) {
  if (context_.wants(EventKind::message_received)) {
    context_.emit(EventKind::message_received, sessions_.uid(session), request.room, Error::ok,
                  kind_of(request), request.payload.size());
  }
  const bool is_system = request.type == MessageType::system;
  if (is_system && request.op == ClientOp::hello) return hello(session, request);
  if (!sessions_[session].admitted && !let_in(session, request.id)) return;
  if (is_system) return handle_system(session, request);
  if (!request.to.empty()) return send_direct(session, request);
  publish(session, request);
}

void Dispatch::handle_system(Slot session, const Request& request) {
  switch (request.op) {
    case ClientOp::hello:
      return;  // seen to before anything else is
    case ClientOp::refresh:
      return refresh(session, request);
    case ClientOp::join:
      return join(session, request);
    case ClientOp::leave:
      return leave(session, request);
    case ClientOp::discover:
      return ask(session, request, Ask::Kind::discover);
    case ClientOp::history:
      if (!request.to.empty()) return ask_private(session, request);
      return ask(session, request, Ask::Kind::history);
    case ClientOp::ping:
      return ping(session, request);
    case ClientOp::view:
      return view(session, request);
    case ClientOp::keyframe:
      return keyframe(session, request);
    case ClientOp::read:
    case ClientOp::mute:
    case ClientOp::unmute:
    case ClientOp::kick:
    case ClientOp::ban:
    case ClientOp::unban:
    case ClientOp::slow_mode:
      return chat_ask(session, request);
  }
}

void Dispatch::join(Slot session, const Request& request) {
  if (views_.find_member(session, request.room, request.room_number) != kNoSlot) {
    return sessions_.answer_error(session, request.id, Error::already_joined, "room");
  }
  if (sessions_[session].rooms >= context_.options.session_rooms_max) {
    return sessions_.answer_error(session, request.id, Error::session_room_limit, "room");
  }
  ViewWish wish;
  if (!request.view.empty() && !ViewWish::parse(request.view, wish)) {
    return sessions_.answer_error(session, request.id, Error::bad_value, "view");
  }
  const auto lacks = [&](Permission permission, std::string_view field) {
    return !is_permitted(session, request, permission, request.room, field);
  };
  if (lacks(kMayJoin, "room")) return;
  if (request.presence && lacks(kMaySeePresence, "presence")) return;
  if (request.has_history && request.history > 0 && lacks(kMayReadHistory, "history")) return;
  views_.join(session, request, std::move(wish), admissions_.permissions(session, request.room));
}

void Dispatch::view(Slot session, const Request& request) {
  ViewWish wish;
  if (!ViewWish::parse(request.view, wish)) {
    return sessions_.answer_error(session, request.id, Error::bad_value, "view");
  }
  ask(session, request, Ask::Kind::view, std::move(wish));
}

// A decoder that differs from us asks for a whole state.
void Dispatch::keyframe(Slot session, const Request& request) {
  const Slot member = views_.find_member(session, request.room, request.room_number);
  if (member == kNoSlot) {
    return sessions_.answer_error(session, request.id, Error::not_joined, "room");
  }
  ++context_.stats.keyframes_asked;
  views_.ask_again(session, member);
}

void Dispatch::leave(Slot session, const Request& request) {
  const Slot member = views_.find_member(session, request.room, request.room_number);
  if (member == kNoSlot) {
    return sessions_.answer_error(session, request.id, Error::not_joined, "room");
  }
  views_.leave(session, member, request.id);
}

void Dispatch::ask(Slot session, const Request& request, Ask::Kind kind, ViewWish wish) {
  const Slot member = views_.find_member(session, request.room, request.room_number);
  if (member == kNoSlot) {
    return sessions_.answer_error(session, request.id, Error::not_joined, "room");
  }
  const bool joined = views_.member(member).joined;
  RoomView& view = views_.view_of(views_.member(member));
  const Permission needed = kind == Ask::Kind::discover  ? kMaySeePresence
                            : kind == Ask::Kind::history ? kMayReadHistory
                                                         : kMayJoin;
  if (!is_permitted(session, request, needed, view.name, "op")) return;
  auto letter = std::make_unique<Ask>();
  letter->kind = kind;
  letter->session = sessions_.uid(session);
  letter->wish = std::move(wish);
  if (joined) letter->room = view.room;
  letter->room_name = view.name;
  letter->before = request.has_before ? request.before : ~Seq{0};
  letter->limit = std::min(request.has_limit ? request.limit : 50u, context_.options.chat_history);
  letter->id = request.id;
  if (kind == Ask::Kind::discover) {
    letter->question = ++questions_asked_;
    questions_[letter->question] = {
        .asker = letter->session, .id = letter->id, .room = view.name, .clients_json = {}};
    context_.emit(EventKind::client_discovered, letter->session, view.name);
  }
  mail_.send(view.home, Letter(std::move(letter)));
}

void Dispatch::ping(Slot session, const Request& request) {
  std::string& text = context_.scratch;
  text.clear();
  answers::pong(text, request.id, context_.now.unix_ms);
  sessions_.answer(session, text);
}

void Dispatch::text(const TextAnswer& answer) {
  if (sessions_.find(answer.session) == nullptr) return;
  const Slot session = answer.session.handle().slot;
  if (answer.error != Error::ok) {
    return sessions_.answer_error(session, answer.id, answer.error, answer.field,
                                  answers::retry_after_ms(answer.error));
  }
  sessions_.answer_if_room(session, answer.id, answer.json);
}

void Dispatch::discover_expect(const DiscoverExpect& letter) {
  const auto it = questions_.find(letter.question);
  if (it == questions_.end()) return;
  if (letter.error != Error::ok) {
    if (sessions_.find(it->second.asker) != nullptr) {
      sessions_.answer_error(it->second.asker.handle().slot, it->second.id, letter.error, "room");
    }
    questions_.erase(it);
    return;
  }
  it->second.parts_expected = letter.parts;
  answer_if_whole(letter.question);
}

void Dispatch::discover_part(const DiscoverPart& letter) {
  const auto it = questions_.find(letter.question);
  if (it == questions_.end()) return;
  Question& question = it->second;
  ++question.parts_come;
  // As many as the answer still has room for.
  const u32 count = std::min(context_.options.roster_max - question.clients,
                             static_cast<u32>(letter.ends.size()));
  if (count > 0) {
    if (!question.clients_json.empty()) question.clients_json += ',';
    question.clients_json.append(letter.clients_json, 0, letter.ends[count - 1]);
    question.clients += count;
  }
  answer_if_whole(letter.question);
}

void Dispatch::answer_if_whole(u64 number) {
  const auto it = questions_.find(number);
  const Question& question = it->second;
  if (question.parts_come < question.parts_expected) return;
  if (sessions_.find(question.asker) != nullptr) {
    std::string& text = context_.scratch;
    text.clear();
    answers::clients(text, question.id, question.room, question.clients_json);
    sessions_.answer_if_room(question.asker.handle().slot, question.id, text);
  }
  questions_.erase(it);
}

}  // namespace perseid
