// RoomState::Growth: whether an update may pass a limit, asked only where one is near.
#include "engine/room_state.h"

namespace perseid {
namespace {

// A byte of a key that is escaped, in a string that has doubled; and once more as it is.
constexpr u64 kEscapedMax = 13;

}  // namespace

void RoomState::Growth::enter(std::string_view entity) {
  if (entity == key_ && (entity_ != nullptr || entities_ > 0)) return;
  key_ = entity;
  fields_ = 0;
  entity_ = state_.find(entity);
  if (entity_ != nullptr && entity_->live) return;
  ++entities_;
  bytes_ += state_.bytes_of_entity(entity) + kEscapedMax * entity.size() + 64;
  if (state_.live_ + entities_ > state_.entities_max()) fits_ = false;
}

Error RoomState::Growth::set(std::string_view entity, std::string_view field,
                             std::string_view raw_value) {
  enter(entity);
  EntityFields::Field* known = entity_ == nullptr ? nullptr : state_.find_field(*entity_, field);
  const std::size_t present = entity_ == nullptr ? 0 : entity_->fields.present();
  if (known == nullptr || !known->present) ++fields_;
  if (present + fields_ > state_.options_.entity_fields_max) fits_ = false;
  if (known == nullptr) {
    // As many again, where the list doubles.
    const std::size_t size = entity_ == nullptr ? fields_ : entity_->fields.size() + fields_;
    if (fields_ == 1 || (size & (size - 1)) == 0) bytes_ += 2 * size * sizeof(EntityFields::Field);
    bytes_ += kEscapedMax * field.size() + 2 * raw_value.size() + 64;
  } else if (known->text.capacity() < known->key_bytes + raw_value.size()) {
    bytes_ += 2 * (known->key_bytes + raw_value.size()) + 64;
  }
  if (!state_.fits(bytes_)) fits_ = false;
  return Error::ok;
}

Error RoomState::Growth::add(std::string_view entity) {
  enter(entity);
  if (!state_.fits(bytes_)) fits_ = false;
  return Error::ok;
}

}  // namespace perseid
