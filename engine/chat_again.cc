#include "engine/chat_again.h"

#include <algorithm>

#include "codec/binary.h"
#include "codec/frame.h"
#include "codec/json_text.h"

namespace perseid {

void ChatAgain::add(std::string_view room, u32 room_number) {
  Room out{.json = R"({"type":"chat","room":")", .number = room_number};
  append_json_escaped(out.json, room);
  out.json += "\",";
  rooms_.push_back(std::move(out));
}

bool ChatAgain::says(Bytes frame) const {
  FrameHeader header;
  const bool is_whole = parse_frame_header(frame, FrameSource::server, true, header) == Error::ok;
  if (!is_whole || header.rsv1) return false;
  const Bytes body = frame.subspan(header.header_bytes);
  if (header.opcode == Opcode::text) {
    return std::any_of(rooms_.begin(), rooms_.end(),
                       [&](const Room& room) { return as_text(body).starts_with(room.json); });
  }
  BinaryMessage message;
  if (header.opcode != Opcode::binary || !read_delivery_binary(body, message)) return false;
  if (message.kind != BinaryKind::chat || message.delivery.room_number == 0) return false;
  return std::any_of(rooms_.begin(), rooms_.end(),
                     [&](const Room& room) { return room.number == message.delivery.room_number; });
}

}  // namespace perseid
