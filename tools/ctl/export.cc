#include <ostream>

#include "codec/client_id.h"
#include "codec/json_text.h"
#include "net/store/sqlite_file.h"
#include "tools/ctl/ctl.h"

namespace perseid::ctl {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + '"';
}

std::string sender_text(u64 sender) {
  if (sender == 0) return "\"relay\"";
  char id[kClientIdBytes];
  write_client_id(sender, id);
  return '"' + std::string(id, kClientIdBytes) + '"';
}

const char* truth(bool value) {
  return value ? "true" : "false";
}

void write(std::ostream& out, const StoredRoom& room) {
  out << R"({"room":)" << quoted(room.name) << R"(,"epoch":)" << quoted(room.epoch)
      << R"(,"first_seq":)" << room.first_seq << R"(,"last_seq":)" << room.last_seq
      << R"(,"action_seq":)" << room.action_seq << R"(,"open":)" << truth(room.open)
      << R"(,"behind":)" << truth(room.behind) << R"(,"used":)" << room.used_unix_ms << "}\n";
}

void write(std::ostream& out, const StoredMessage& message) {
  out << R"({"seq":)" << message.seq;
  if (message.target != 0) out << R"(,"target":)" << message.target;
  out << R"(,"timestamp":)" << message.timestamp_unix_ms << R"(,"sender":)"
      << sender_text(message.sender) << R"(,"payload":)" << message.payload << "}\n";
}

bool write_room(StoreFile& file, const StoredRoom& room, std::ostream& out) {
  write(out, room);
  const bool read =
      file.each_message(room.number, [&](const StoredMessage& message) { write(out, message); });
  return file.each_fact(room.number, [&](const StoredFact& fact) {
    out << R"({"fact":)" << quoted(fact.key) << R"(,"value":)" << quoted(fact.value) << "}\n";
  }) && read;
}

}  // namespace

// What can be read of a damaged file is written all the same.
int export_store(const std::string& folder, std::ostream& out, std::ostream& problems) {
  StoreFile file;
  if (const std::string problem = file.look(folder); !problem.empty()) {
    problems << problem << '\n';
    return 1;
  }
  int result = 0;
  const auto incomplete = [&](const std::string& what) {
    problems << what << " could not be read to the end: " << file.message() << '\n';
    result = 1;
  };
  out << R"({"perseid_export":1})" << '\n';
  std::vector<StoredRoom> rooms;
  if (!file.each_room([&](const StoredRoom& room) { rooms.push_back(room); })) {
    incomplete("the list of rooms");
  }
  for (const StoredRoom& room : rooms) {
    if (!write_room(file, room, out)) incomplete("room \"" + room.name + '"');
  }
  const bool read = file.each_direct([&](const StoredDirect& message) {
    out << R"({"direct":)" << message.number << R"(,"timestamp":)" << message.timestamp_unix_ms
        << R"(,"from":)" << quoted(message.from) << R"(,"to":)" << quoted(message.to)
        << R"(,"payload":)" << message.payload << "}\n";
  });
  if (!read) incomplete("the private messages");
  if (!out.flush()) {
    problems << "cannot write\n";
    result = 1;
  }
  return result;
}

}  // namespace perseid::ctl
