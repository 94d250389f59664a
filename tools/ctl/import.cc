#include <istream>
#include <ostream>

#include "codec/client_id.h"
#include "codec/json_document.h"
#include "net/store/sqlite_file.h"
#include "tools/ctl/ctl.h"

namespace perseid::ctl {
namespace {

namespace ondemand = simdjson::ondemand;

// One line of the export, into the store. What is wrong with it, or empty.
class Importer {
 public:
  explicit Importer(StoreFile& file) : file_(file) {}

  std::string take(std::string line) {
    const std::size_t size = line.size();
    line.append(kParsePaddingBytes, ' ');
    if (document_.open(std::string_view(line).substr(0, size)) != Error::ok ||
        !document_.is_object()) {
      return "not a JSON object";
    }
    ondemand::object object = document_.document().get_object().value_unsafe();
    if (const bool is_head = has(object, "perseid_export"); is_head || !begun_) {
      if (begun_ || !is_head || number(object, "perseid_export") != 1) {
        return "not what perseidctl export of this version writes";
      }
      begun_ = true;
      return {};
    }
    if (has(object, "room")) return take_room(object);
    if (has(object, "direct")) return take_direct(object);
    if (room_.number == 0) return "of no room";
    return has(object, "fact") ? take_fact(object) : take_message(object);
  }

 private:
  static bool has(ondemand::object& object, std::string_view key) {
    ondemand::value value;
    return object.find_field_unordered(key).get(value) == simdjson::SUCCESS;
  }
  u64 number(ondemand::object& object, std::string_view key) {
    u64 value = 0;
    wrong_ |= object.find_field_unordered(key).get_uint64().get(value) != simdjson::SUCCESS;
    return value;
  }
  bool truth(ondemand::object& object, std::string_view key) {
    bool value = false;
    wrong_ |= object.find_field_unordered(key).get_bool().get(value) != simdjson::SUCCESS;
    return value;
  }
  std::string text(ondemand::object& object, std::string_view key) {
    std::string_view value;
    wrong_ |= object.find_field_unordered(key).get_string().get(value) != simdjson::SUCCESS;
    return std::string(value);
  }
  std::string raw(ondemand::object& object, std::string_view key) {
    ondemand::value value;
    std::string_view token;
    if (object.find_field_unordered(key).get(value) == simdjson::SUCCESS) {
      ondemand::object inner;
      ondemand::array list;
      if (value.get_object().get(inner) == simdjson::SUCCESS) {
        wrong_ |= inner.raw_json().get(token) != simdjson::SUCCESS;
      } else if (value.get_array().get(list) == simdjson::SUCCESS) {
        wrong_ |= list.raw_json().get(token) != simdjson::SUCCESS;
      } else {
        token = value.raw_json_token();
      }
    }
    wrong_ |= token.empty();
    return std::string(trim_json(token));
  }
  std::string done(bool added) {
    if (std::exchange(wrong_, false)) return "a field is missing or of another type";
    return added ? "" : file_.message();
  }

  std::string take_room(ondemand::object& object) {
    StoredRoom room;
    room.name = text(object, "room");
    room.epoch = text(object, "epoch");
    room.first_seq = number(object, "first_seq");
    room.last_seq = number(object, "last_seq");
    room.action_seq = number(object, "action_seq");
    room.open = truth(object, "open");
    room.behind = truth(object, "behind");
    room.used_unix_ms = number(object, "used");
    const bool added = !wrong_ && file_.add_room(room);
    room_ = room;
    return done(added);
  }
  std::string take_message(ondemand::object& object) {
    StoredMessage message;
    message.seq = number(object, "seq");
    if (has(object, "target")) message.target = number(object, "target");
    message.timestamp_unix_ms = number(object, "timestamp");
    const std::string sender = text(object, "sender");
    wrong_ |= sender != "relay" && !read_client_id(sender, message.sender);
    message.payload = raw(object, "payload");
    return done(!wrong_ && file_.add_message(room_.number, message));
  }
  std::string take_fact(ondemand::object& object) {
    const StoredFact fact{text(object, "fact"), text(object, "value")};
    return done(!wrong_ && file_.add_fact(room_.number, fact));
  }
  std::string take_direct(ondemand::object& object) {
    StoredDirect message;
    message.timestamp_unix_ms = number(object, "timestamp");
    message.from = text(object, "from");
    message.to = text(object, "to");
    message.payload = raw(object, "payload");
    return done(!wrong_ && file_.add_direct(message));
  }

  StoreFile& file_;
  JsonDocument document_;
  StoredRoom room_;
  bool begun_ = false;
  bool wrong_ = false;
};

}  // namespace

int import_store(const std::string& folder, std::istream& in, std::ostream& problems) {
  StoreFile file;
  std::string problem = file.make(folder);
  if (problem.empty() && !file.begin()) problem = file.message();
  Importer importer(file);
  u64 lines = 0;
  for (std::string line; problem.empty() && std::getline(in, line);) {
    ++lines;
    problem = importer.take(std::move(line));
    if (!problem.empty()) problem.insert(0, "line " + std::to_string(lines) + ": ");
  }
  if (problem.empty()) {
    const std::vector<std::string> found = file.check(1);
    if (!found.empty()) problem = found.front();
  }
  if (problem.empty() && !file.commit()) problem = file.message();
  if (problem.empty()) return 0;
  problems << problem << "; nothing was imported\n";  // the transaction ends with the connection
  return 1;
}

}  // namespace perseid::ctl
