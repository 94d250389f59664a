#include "tools/load/state_picture.h"

#include <charconv>

namespace perseid::load {
namespace {

constexpr std::string_view kJsonHead = R"({"type":"game_state","room":")";
constexpr std::string_view kTickKey = R"(","tick":)";

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

template <class Number>
bool take_number(std::string_view& text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

bool read_json_head(std::string_view message, StateHead& out) {
  if (!take(message, kJsonHead)) return false;
  const std::size_t name_end = message.find('"');
  if (name_end == std::string_view::npos) return false;
  message.remove_prefix(name_end);
  if (!take(message, kTickKey) || !take_number(message, out.tick)) return false;
  if (take(message, R"(,"cell":[)")) {
    out.cell.present = true;
    if (!take_number(message, out.cell.x) || !take(message, ",")) return false;
    if (!take_number(message, out.cell.y) || !take(message, "]")) return false;
    if (take(message, R"(,"level":)") && !take_number(message, out.cell.level)) return false;
  }
  out.full = take(message, R"(,"full":true)");
  if (!take(message, R"(,"payload":)") || !message.ends_with('}')) return false;
  out.payload = message.substr(0, message.size() - 1);
  return true;
}

u64 mixed(u64 hash, u64 value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

}  // namespace

bool read_state_head(std::string_view message, bool binary, StateHead& out) {
  if (!binary) return read_json_head(message, out);
  BinaryMessage read;
  if (!read_delivery_binary(as_bytes(message), read)) return false;
  if (read.kind != BinaryKind::coded_state) return false;
  out = {.tick = read.state.tick,
         .full = read.state.full,
         .cell = read.state.cell,
         .payload = read.state.payload};
  return true;
}

// Takes JSON into a table, each value as its parts.
class StatePicture::Sink final : public StateUpdateSink {
 public:
  Sink(const Schema& schema, Entities& table, std::vector<std::string>& touched)
      : schema_(schema), table_(table), touched_(touched) {}

  Error set(std::string_view entity, std::string_view name, std::string_view raw) override {
    const u32 number = schema_.find(name);
    if (number == Schema::kNoField) return Error::bad_value;
    const SchemaField& field = schema_.fields()[number];
    Row& row = row_of(entity);
    row[0] |= 1u << number;
    return quantise(field, raw, row.data() + 1 + field.first_part, text_);
  }
  Error remove_field(std::string_view entity, std::string_view name) override {
    const u32 number = schema_.find(name);
    if (number == Schema::kNoField) return Error::bad_value;
    const SchemaField& field = schema_.fields()[number];
    Row& row = row_of(entity);
    row[0] &= ~(1u << number);
    for (u32 i = 0; i < field.parts; ++i) row[1u + field.first_part + i] = 0;
    return Error::ok;
  }
  Error add(std::string_view entity) override {
    row_of(entity);
    return Error::ok;
  }
  Error unset(std::string_view entity) override {
    const auto at = table_.find(entity);
    if (at != table_.end()) table_.erase(at);
    return Error::ok;
  }

 private:
  Row& row_of(std::string_view entity) {
    auto at = table_.find(entity);
    if (at == table_.end()) {
      at = table_.emplace(entity, Row(1 + schema_.parts().size(), 0)).first;
    }
    if (touched_.empty() || touched_.back() != entity) touched_.emplace_back(entity);
    return at->second;
  }

  const Schema& schema_;
  Entities& table_;
  std::vector<std::string>& touched_;
  std::string text_;
};

std::string StatePicture::apply(const StateHead& head) {
  const CellKey key{head.cell.x, head.cell.y, head.cell.level};
  last_ = &cells_[key];
  Cell& cell = *last_;
  // JSON of a room or cell that was empty begins with a delta.
  if (binary_ && !cell.begun && !head.full) return "a delta came before the whole state";
  if (std::string problem = out_of_order(cell, head); !problem.empty()) return problem;
  cell.begun = true;
  cell.tick = head.tick;
  std::string problem = binary_ ? apply_coded(cell, head) : apply_json(cell, head);
  if (head.cell.present && head.full && problem.empty()) rest(cell, head);
  return problem;
}

// A whole state of a cell says that it came into view or left it, and may be of any time.
std::string StatePicture::out_of_order(Cell& cell, const StateHead& head) {
  stepped_back_ = 0;
  if (head.tick > cell.tick || (head.full && (head.cell.present || head.tick == cell.tick))) {
    return {};
  }
  stepped_back_ = cell.tick - head.tick;
  if (head.full && cell.steps_back++ < asked_) return {};
  return "tick " + std::to_string(head.tick) + " came after " + std::to_string(cell.tick);
}

// An empty whole state: the cell is empty, or has left the view; then the next of it is whole again
// and may be of a while ago.
void StatePicture::rest(Cell& cell, const StateHead& head) {
  if (binary_ ? cell.decoder->table().entities() != 0 : !cell.table.empty()) return;
  cell.decoder.reset();
  cell.empty_keyframe = head.payload;
  cell.tick = 0;
}

std::string StatePicture::apply_coded(Cell& cell, const StateHead& head) {
  if (cell.decoder == nullptr) {
    cell.decoder = std::make_unique<StateDecoder>(schema_);
    if (!cell.empty_keyframe.empty()) cell.decoder->decode(as_bytes(cell.empty_keyframe));
  }
  switch (cell.decoder->decode(as_bytes(head.payload))) {
    case StateDecoded::ok:
      return {};
    case StateDecoded::needs_keyframe:
      return "a coded delta came where a keyframe was needed";
    case StateDecoded::malformed:
      return "a coded frame is malformed";
    case StateDecoded::differs:
      break;
  }
  return "a coded frame's checksum differs from what it decodes to";
}

std::string StatePicture::apply_json(Cell& cell, const StateHead& head) {
  touched_.clear();
  if (head.full) cell.table.clear();
  Sink sink(*schema_, cell.table, touched_);
  std::string_view field;
  const Error error = reader_.read(head.payload, sink, field);
  return error == Error::ok
             ? std::string{}
             : "a JSON state does not fit: " + std::string(head.payload.substr(0, 200));
}

StatePicture::Row StatePicture::row_of(const StateTable& table, u32 slot) {
  Row row(1 + table.schema().parts().size());
  row[0] = table.slot(slot).present;
  for (u32 i = 1; i < row.size(); ++i) row[i] = table.part(slot, i - 1);
  return row;
}

void StatePicture::each(const Cell& cell,
                        const std::function<void(std::string_view, const Row&)>& call) {
  for (const auto& [key, row] : cell.table) call(key, row);
  if (cell.decoder == nullptr) return;
  const StateTable& table = cell.decoder->table();
  for (u32 slot = 0; slot < table.slots(); ++slot) {
    if (table.live(slot)) call(table.slot(slot).key, row_of(table, slot));
  }
}

u64 StatePicture::hash() const {
  u64 sum = 0;
  if (last_ == nullptr) return sum;
  each(*last_, [&sum](std::string_view key, const Row& row) {
    u64 hash = std::hash<std::string_view>{}(key);
    for (const u32 value : row) hash = mixed(hash, value);
    sum += hash;
  });
  return sum;
}

const u32* StatePicture::find(std::string_view entity) {
  if (last_ == nullptr || (binary_ && last_->decoder == nullptr)) return nullptr;
  if (!binary_) {
    const auto at = last_->table.find(entity);
    return at == last_->table.end() ? nullptr : at->second.data() + 1;
  }
  const StateTable& table = last_->decoder->table();
  for (const u32 slot : last_->decoder->touched()) {
    if (table.slot(slot).key != entity) continue;
    found_ = row_of(table, slot);
    return found_.data() + 1;
  }
  return nullptr;
}

void StatePicture::each_touched(const std::function<void(std::string_view, const u32*)>& call) {
  if (last_ == nullptr) return;
  for (const std::string& key : touched_) {
    const auto at = last_->table.find(key);
    if (at != last_->table.end()) call(key, at->second.data() + 1);
  }
  if (!binary_ || last_->decoder == nullptr) return;
  const StateTable& table = last_->decoder->table();
  for (const u32 slot : last_->decoder->touched()) {
    found_ = row_of(table, slot);
    call(table.slot(slot).key, found_.data() + 1);
  }
}

StatePicture::Entities StatePicture::entities(std::string& twice) const {
  Entities out;
  for (const auto& [key, cell] : cells_) {
    each(cell, [&](std::string_view entity, const Row& row) {
      if (!out.emplace(entity, row).second) twice = entity;
    });
  }
  return out;
}

}  // namespace perseid::load
