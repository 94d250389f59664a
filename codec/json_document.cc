#include "codec/json_document.h"

#include <bit>
#include <cstring>

#include "codec/envelope.h"

namespace perseid {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(kParsePaddingBytes >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t kCapacityBytesMin = 4 * KiB;
constexpr std::size_t kCapacityRetainedBytesMax = 4 * MiB;

class Checker {
 public:
  explicit Checker(bool has_escapes) : has_escapes_(has_escapes) {}

  Error value(ondemand::value value, u32 depth) {
    ondemand::json_type type;
    if (value.type().get(type)) return Error::invalid_json;
    switch (type) {
      case ondemand::json_type::array: {
        ondemand::array elements;
        if (value.get_array().get(elements)) return Error::invalid_json;
        u32 count = 0;
        return array(elements, depth + 1, count);
      }
      case ondemand::json_type::object: {
        ondemand::object fields;
        if (depth >= kPayloadDepthMax) return Error::too_deep;
        if (value.get_object().get(fields)) return Error::invalid_json;
        return object(fields, depth + 1);
      }
      case ondemand::json_type::string:
        return string(value);
      default:
        return is_json_literal(trim_json(value.raw_json_token())) ? Error::ok : Error::invalid_json;
    }
  }

  Error array(ondemand::array& elements, u32 depth, u32& count) {
    if (depth > kPayloadDepthMax) return Error::too_deep;
    for (auto element : elements) {
      ondemand::value inner;
      if (element.get(inner)) return Error::invalid_json;
      ++count;
      if (const Error error = value(inner, depth); error != Error::ok) return error;
    }
    return Error::ok;
  }

  Error object(ondemand::object& fields, u32 depth) {
    for (auto field : fields) {
      if (field.error()) return Error::invalid_json;
      if (has_escapes_ && field.unescaped_key().error()) return Error::invalid_json;
      ondemand::value inner;
      if (field.value().get(inner)) return Error::invalid_json;
      if (const Error error = value(inner, depth); error != Error::ok) return error;
    }
    return Error::ok;
  }

 private:
  // Without a backslash anywhere, simdjson's first stage (UTF-8, control characters, quotes) has
  // said all there is to say about a string.
  Error string(ondemand::value& value) const {
    const bool bad =
        has_escapes_ ? value.get_string().error() : value.get_raw_json_string().error();
    return bad ? Error::invalid_json : Error::ok;
  }

  const bool has_escapes_;
};

}  // namespace

Error JsonDocument::reserve(std::size_t bytes) {
  const std::size_t wanted = std::bit_ceil(bytes < kCapacityBytesMin ? kCapacityBytesMin : bytes);
  if (parser_.capacity() > kCapacityRetainedBytesMax && wanted < kCapacityRetainedBytesMax) {
    document_ = ondemand::document();
    parser_ = ondemand::parser();
  }
  if (parser_.capacity() >= wanted) return Error::ok;
  return parser_.allocate(wanted) ? Error::overloaded : Error::ok;
}

Error JsonDocument::open(std::string_view text) {
  kind_ = Kind::scalar;
  element_count_ = 0;
  trimmed_ = trim_json(text);
  if (trimmed_.empty()) return Error::invalid_json;
  // Whatever else comes first, a byte order mark too, can only be a literal or wrong.
  if (trimmed_[0] != '{' && trimmed_[0] != '[' && trimmed_[0] != '"') return check_scalar();
  if (const Error error = reserve(trimmed_.size()); error != Error::ok) return error;
  has_escapes_ = std::memchr(trimmed_.data(), '\\', trimmed_.size()) != nullptr;
  const simdjson::padded_string_view padded(trimmed_.data(), trimmed_.size(),
                                            trimmed_.size() + simdjson::SIMDJSON_PADDING);
  if (parser_.iterate(padded).get(document_)) return Error::invalid_json;
  return trimmed_[0] == '"' ? check_scalar() : check_container();
}

Error JsonDocument::check_scalar() {
  if (trimmed_[0] != '"') return is_json_literal(trimmed_) ? Error::ok : Error::invalid_json;
  if (document_.get_string().error()) return Error::invalid_json;
  const bool at_end = document_.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? Error::ok : Error::invalid_json;
}

Error JsonDocument::check_container() {
  Checker checker(has_escapes_);
  Error error = Error::ok;
  if (trimmed_[0] == '{') {
    ondemand::object fields;
    if (document_.get_object().get(fields)) return Error::invalid_json;
    error = checker.object(fields, 1);
    kind_ = Kind::object;
  } else {
    ondemand::array elements;
    if (document_.get_array().get(elements)) return Error::invalid_json;
    error = checker.array(elements, 1, element_count_);
    kind_ = Kind::array;
  }
  if (error != Error::ok) return error;
  // On-demand stops behind the root's closing bracket; anything there is not ours.
  if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS) return Error::invalid_json;
  document_.rewind();
  return Error::ok;
}

}  // namespace perseid
