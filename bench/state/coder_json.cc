// JSON as the relay sends it: {"set":{entity:{field:value}}}, all of it or what has changed.
#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "bench/state/baseline.h"
#include "bench/state/coder.h"
#include "codec/json_text.h"
#include "codec/state_update.h"

namespace perseid::bench {
namespace {

class JsonCoder final : public Coder, private StateUpdateSink {
 public:
  JsonCoder(const Scene& scene, bool changes_only)
      : scene_(scene),
        parts_(scene.schema->parts().size()),
        changes_only_(changes_only),
        held_(empty_frame(scene)) {
    for (u32 i = 0; i < scene.entities; ++i) numbers_[scene.ids[i]] = i;
  }

  void encode(const Frame& frame, std::vector<u8>& out) override {
    text_ = R"({"set":{)";
    for (u32 i = 0; i < scene_.entities; ++i) append_entity(frame, i);
    text_ += "}}";
    out.assign(text_.begin(), text_.end());
    if (changes_only_) held_ = frame;
    first_ = false;
  }

  void decode(Bytes bytes, Frame& frame) override {
    std::string_view problem;
    const Error error = reader_.read(as_text(bytes), *this, problem);
    if (error != Error::ok) throw std::runtime_error("json: " + std::string(problem));
    frame = held_;
  }

 private:
  void append_entity(const Frame& frame, u32 entity) {
    bool opened = false;
    for (const SchemaField& field : scene_.schema->fields()) {
      if (changes_only_ && !first_ && same(frame, entity, field)) continue;
      if (!opened) open_entity(entity);
      if (opened) text_ += ',';
      opened = true;
      text_ += field.key_json;
      append_value_json(field, frame.parts.data() + entity * parts_ + field.first_part,
                        text_of(frame, entity, field), text_);
    }
    if (opened) text_ += '}';
  }

  void open_entity(u32 entity) {
    if (text_.back() == '}') text_ += ',';
    text_ += '"';
    append_json_escaped(text_, scene_.ids[entity]);
    text_ += "\":{";
  }

  std::string_view text_of(const Frame& frame, u32 entity, const SchemaField& field) const {
    if (!field.is_text()) return {};
    return frame.texts[std::size_t{entity} * scene_.schema->texts() + field.text];
  }

  bool same(const Frame& frame, u32 entity, const SchemaField& field) const {
    if (field.is_text()) return text_of(frame, entity, field) == text_of(held_, entity, field);
    const std::size_t at = entity * parts_ + field.first_part;
    const auto first = frame.parts.begin() + static_cast<std::ptrdiff_t>(at);
    return std::equal(first, first + field.parts,
                      held_.parts.begin() + static_cast<std::ptrdiff_t>(at));
  }

  Error set(std::string_view entity, std::string_view name, std::string_view raw) override {
    if (entity != last_id_) {
      const auto found = numbers_.find(entity);
      if (found == numbers_.end()) return Error::bad_value;
      last_id_ = found->first;
      last_number_ = found->second;
    }
    const u32 index = scene_.schema->find(name);
    if (index == Schema::kNoField) return Error::bad_value;
    const SchemaField& field = scene_.schema->fields()[index];
    u32* parts = held_.parts.data() + last_number_ * parts_ + field.first_part;
    std::string& text =
        field.is_text()
            ? held_.texts[std::size_t{last_number_} * scene_.schema->texts() + field.text]
            : unused_;
    return quantise(field, raw, parts, text);
  }
  Error remove_field(std::string_view, std::string_view) override { return Error::bad_value; }
  Error add(std::string_view) override { return Error::bad_value; }
  Error unset(std::string_view) override { return Error::bad_value; }

  const Scene& scene_;
  std::size_t parts_;
  bool changes_only_;
  bool first_ = true;
  Frame held_;  // what the other side has, or what has been read
  std::string text_;
  std::string unused_;
  StateUpdateReader reader_;
  std::unordered_map<std::string_view, u32> numbers_;  // of entities
  std::string_view last_id_;
  u32 last_number_ = 0;
};

}  // namespace

std::unique_ptr<Coder> make_json(const Scene& scene, bool changes_only) {
  return std::make_unique<JsonCoder>(scene, changes_only);
}

}  // namespace perseid::bench
