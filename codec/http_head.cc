#include "codec/http_head.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <limits>

#include "codec/assert.h"
#include "codec/http_text.h"

namespace perseid {
namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::empty_body>;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

void join(std::string& list, std::string_view value) {
  if (!list.empty()) list += ", ";
  list += value;
}

// Splits an origin-form or absolute-form target (RFC 9112 section 3.2); "*" is kept for OPTIONS.
bool split_target(std::string_view target, HttpRequest& out) {
  if (target.find('#') != std::string_view::npos) return false;
  if (target == "*") {
    out.path.push_back('*');
    return true;
  }
  if (target.empty() || target[0] != '/') {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos || !is_token(target.substr(0, scheme))) return false;
    target.remove_prefix(scheme + 3);
    const std::string_view authority = target.substr(0, target.find_first_of("/?"));
    if (authority.empty() || !is_host(authority)) return false;
    out.host = authority;
    target.remove_prefix(authority.size());
  }
  const std::size_t question = target.find('?');
  out.path = target.substr(0, question);
  if (out.path.empty()) out.path.push_back('/');
  if (question != std::string_view::npos) out.query = target.substr(question + 1);
  return true;
}

// What is counted while the fields are looked through.
struct FieldCounts {
  u32 host = 0;
  u32 content_length = 0;
  u32 transfer_encoding = 0;
  bool has_body = false;
  bool odd_length = false;
  std::string_view host_value;
};

void take_body_field(http::field name, std::string_view value, FieldCounts& counts) {
  if (name == http::field::transfer_encoding) {
    ++counts.transfer_encoding;
    counts.has_body = true;
  } else {
    ++counts.content_length;
    // Beast takes lists of equal numbers; another server on the way may not.
    counts.odd_length |= value.find_first_not_of("0123456789") != std::string_view::npos;
    counts.has_body |= value.find_first_not_of('0') != std::string_view::npos;
  }
}

void take_field(http::field name, std::string_view value, HttpRequest& out, FieldCounts& counts) {
  switch (name) {
    case http::field::host:
      ++counts.host;
      counts.host_value = value;
      break;
    case http::field::content_length:
    case http::field::transfer_encoding:
      take_body_field(name, value, counts);
      break;
    case http::field::origin:
      if (!out.origin) out.origin.emplace();
      join(*out.origin, value);
      break;
    case http::field::upgrade:
      out.upgrade_websocket |= list_has_token(value, "websocket");
      break;
    case http::field::connection:
      out.connection_upgrade |= list_has_token(value, "upgrade");
      break;
    case http::field::sec_websocket_key:
      join(out.ws_key, value);
      break;
    case http::field::sec_websocket_version:
      join(out.ws_version, value);
      break;
    case http::field::sec_websocket_protocol:
      join(out.subprotocols, value);
      break;
    case http::field::authorization:
      join(out.authorization, value);
      break;
    case http::field::sec_websocket_extensions:
      join(out.extensions, value);
      break;
    default:
      break;
  }
}

// Beast does not know this one by a number.
bool is_forwarded_for(boost::beast::string_view name) {
  return boost::beast::iequals(name, "x-forwarded-for");
}

// RFC 9112 sections 3.2 and 6.3: what leaves the length or the host in doubt is refused.
Error check_counts(const FieldCounts& counts, HttpRequest& out) {
  if (counts.content_length > 1 || counts.odd_length) return Error::bad_request;
  if (counts.content_length > 0 && counts.transfer_encoding > 0) return Error::bad_request;
  if (counts.host > 1 || (counts.host == 0 && out.http_1_1)) return Error::bad_request;
  if (!is_host(counts.host_value)) return Error::bad_request;
  if (out.host.empty()) out.host = counts.host_value;
  return counts.has_body ? Error::body_not_allowed : Error::ok;
}

}  // namespace

HttpHeadReader::HttpHeadReader(std::size_t head_bytes_max)
    : head_bytes_max_(std::min(head_bytes_max, kHttpHeadBytesMax)) {}

Error HttpHeadReader::feed(Bytes in, std::size_t& consumed) {
  consumed = 0;
  for (const u8 byte : in) {
    if (head_.size() == head_bytes_max_) return Error::head_too_large;
    ++consumed;
    if (const Error error = take_byte(byte); error != Error::ok) return error;
    if (complete_) return parse();
  }
  return Error::need_more;
}

// Refuses what Beast would let pass or mend: bare CR or LF, NUL and other controls, and anything
// before a method (TLS, PROXY headers), at its first byte.
Error HttpHeadReader::take_byte(u8 byte) {
  const bool after_cr = !head_.empty() && head_.back() == '\r';
  if (after_cr != (byte == '\n')) return Error::bad_request;
  head_.push_back(static_cast<char>(byte));
  if (byte == '\n') return end_line();
  if (in_method_) {
    in_method_ = is_token_char(static_cast<char>(byte));
    const bool too_long = head_.size() > kHttpMethodBytesMax;
    if (too_long || (!in_method_ && (byte != ' ' || head_.size() == 1))) return Error::bad_request;
  }
  if (byte == '\t') return lines_ == 0 ? Error::bad_request : Error::ok;
  if (byte == '\r') return Error::ok;
  return byte < 0x20 || byte == 0x7f ? Error::bad_request : Error::ok;
}

Error HttpHeadReader::end_line() {
  const std::string_view line =
      std::string_view(head_).substr(line_begin_, head_.size() - 2 - line_begin_);
  line_begin_ = head_.size();
  if (lines_++ == 0) return check_request_line(line);
  if (line.empty()) {
    complete_ = true;
    return Error::ok;
  }
  if (lines_ - 1 > kHttpHeadersMax) return Error::head_too_large;
  // The name is a token up to its colon: no folding, no space before the colon (section 5).
  return is_token(line.substr(0, line.find(':'))) && line.find(':') != line.npos
             ? Error::ok
             : Error::bad_request;
}

Error HttpHeadReader::check_request_line(std::string_view line) const {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == line.npos || second == line.npos || second == first + 1) return Error::bad_request;
  const std::string_view version = line.substr(second + 1);
  return version == "HTTP/1.1" || version == "HTTP/1.0" ? Error::ok : Error::bad_request;
}

Error HttpHeadReader::parse() {
  Parser parser;
  parser.eager(false);
  parser.header_limit(static_cast<std::uint32_t>(head_.size() + 1));
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  boost::beast::error_code failed;
  parser.put(boost::asio::buffer(head_), failed);
  if (failed || !parser.is_header_done()) return Error::bad_request;
  const auto& message = parser.get();
  request_.method = view(message.method_string());
  request_.http_1_1 = message.version() == 11;
  if (!split_target(view(message.target()), request_)) return Error::bad_request;
  FieldCounts counts;
  for (const auto& field : message) {
    ++request_.header_count;
    take_field(field.name(), view(field.value()), request_, counts);
    if (field.name() == http::field::unknown && is_forwarded_for(field.name_string())) {
      join(request_.forwarded_for, view(field.value()));
    }
  }
  return check_counts(counts, request_);
}

}  // namespace perseid
