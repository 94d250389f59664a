// Negotiation of permessage-deflate: RFC 7692 section 7.1, in the grammar of RFC 6455 section 9.1.
// One pass over the value, no table keyed by the peer's names, nothing allocated but the answer.
#include <string>

#include "codec/deflate.h"
#include "codec/http_text.h"

namespace perseid {
namespace {

// A cursor over the header's value.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool at_end() const { return at_ == text_.size(); }
  void skip_space() {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  // Takes `c` and the space around it.
  bool take(char c) {
    skip_space();
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    skip_space();
    return true;
  }
  std::string_view token() {
    const std::size_t from = at_;
    while (!at_end() && is_token_char(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }
  // A token, or a quoted string whose unquoted content is one. False if it is neither.
  bool value(std::string_view& out) {
    if (at_end() || text_[at_] != '"') {
      out = token();
      return !out.empty();
    }
    ++at_;
    out = token();
    if (out.empty() || at_end() || text_[at_] != '"') return false;
    ++at_;
    return true;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

struct Parameter {
  bool present = false;
  bool has_value = false;
  u8 bits = 15;
};

// One offer, as far as it is understood; not acceptable once anything in it is not.
struct Offer {
  bool acceptable = true;
  Parameter server_no_context_takeover, client_no_context_takeover, server_bits, client_bits;
};

// 8..15 in decimal without leading zeroes (section 7.1.2).
bool parse_window_bits(std::string_view text, u8& bits) {
  if (text.empty() || text.size() > 2 || text[0] == '0') return false;
  u32 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<u32>(c - '0');
  }
  bits = static_cast<u8>(value);
  return value >= 8 && value <= 15;
}

void add_flag(Parameter& parameter, bool has_value, Offer& offer) {
  if (parameter.present || has_value) offer.acceptable = false;
  parameter.present = true;
}

void add_bits(Parameter& parameter, bool has_value, std::string_view value, bool value_optional,
              Offer& offer) {
  if (parameter.present) offer.acceptable = false;
  parameter.present = true;
  parameter.has_value = has_value;
  if (has_value ? !parse_window_bits(value, parameter.bits) : !value_optional) {
    offer.acceptable = false;
  }
}

void add_parameter(std::string_view name, bool has_value, std::string_view value, Offer& offer) {
  if (equals_ignoring_case(name, "server_no_context_takeover")) {
    add_flag(offer.server_no_context_takeover, has_value, offer);
  } else if (equals_ignoring_case(name, "client_no_context_takeover")) {
    add_flag(offer.client_no_context_takeover, has_value, offer);
  } else if (equals_ignoring_case(name, "server_max_window_bits")) {
    add_bits(offer.server_bits, has_value, value, false, offer);
  } else if (equals_ignoring_case(name, "client_max_window_bits")) {
    add_bits(offer.client_bits, has_value, value, true, offer);
  } else {
    offer.acceptable = false;
  }
}

// Reads one extension of the list. False if the value is not well-formed.
bool read_offer(Scanner& in, Offer& offer) {
  const std::string_view name = in.token();
  if (name.empty()) return false;
  offer.acceptable = equals_ignoring_case(name, "permessage-deflate");
  while (in.take(';')) {
    const std::string_view parameter = in.token();
    if (parameter.empty()) return false;
    std::string_view value;
    const bool has_value = in.take('=');
    if (has_value && !in.value(value)) return false;
    if (offer.acceptable) add_parameter(parameter, has_value, value, offer);
  }
  in.skip_space();
  return true;
}

DeflateAgreement agree(const Offer& offer, DeflatePolicy policy) {
  DeflateAgreement agreement;
  DeflateParams& params = agreement.params;
  std::string& response = agreement.response;
  response = "permessage-deflate";
  params.server_no_context_takeover =
      offer.server_no_context_takeover.present || !policy.server_context_takeover;
  params.client_no_context_takeover =
      offer.client_no_context_takeover.present || !policy.client_context_takeover;
  params.server_window_bits = offer.server_bits.bits;
  params.client_window_bits = offer.client_bits.bits;
  if (params.server_no_context_takeover) response += "; server_no_context_takeover";
  if (params.client_no_context_takeover) response += "; client_no_context_takeover";
  if (offer.server_bits.present) {
    response += "; server_max_window_bits=" + std::to_string(params.server_window_bits);
  }
  if (offer.client_bits.has_value) {
    response += "; client_max_window_bits=" + std::to_string(params.client_window_bits);
  }
  return agreement;
}

}  // namespace

std::optional<DeflateAgreement> negotiate_deflate(std::string_view offers, DeflatePolicy policy) {
  Scanner in(offers);
  std::optional<DeflateAgreement> picked;
  for (;;) {
    // RFC 9110 section 5.6.1: empty elements of a list are ignored.
    while (in.take(',')) {
    }
    in.skip_space();
    if (in.at_end()) return picked;
    Offer offer;
    if (!read_offer(in, offer)) return std::nullopt;
    if (!in.at_end() && !in.take(',')) return std::nullopt;
    if (offer.acceptable && !picked) picked = agree(offer, policy);
  }
}

}  // namespace perseid
