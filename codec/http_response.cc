#include "codec/http_response.h"

#include <ostream>  // Beast 1.74 uses it without including it

#include <boost/beast/http/status.hpp>

#include "codec/assert.h"

namespace perseid {
namespace {

std::string_view reason(u16 status) {
  const auto text = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {text.data(), text.size()};
}

// RFC 9110 sections 15.5.2, 15.5.6 and 15.5.22, RFC 6455 section 4.2.2.
std::string_view demanded_fields(Error error) {
  if (error == Error::method_not_allowed) return "Allow: GET, HEAD\r\n";
  if (error == Error::upgrade_required) {
    return "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  }
  if (info(error).http_status == 503) return "Retry-After: 1\r\n";
  if (info(error).http_status == 401) return "WWW-Authenticate: Bearer\r\n";
  return {};
}

}  // namespace

std::string http_response(u16 status, std::string_view content_type, std::string_view body,
                          std::string_view extra_fields, bool head_only) {
  std::string out;
  out.reserve(256 + extra_fields.size() + body.size());
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason(status));
  out.append("\r\nContent-Type: ").append(content_type);
  out.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  out.append("\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n");
  out.append(extra_fields).append("\r\n");
  if (!head_only) out.append(body);
  return out;
}

std::string http_error(Error error, std::string_view advice) {
  const ErrorInfo what = info(error);
  PSD_ASSERT(what.http_status >= 400);
  std::string body(what.text);
  body += '\n';
  if (!advice.empty()) body.append(advice).append("\n");
  return http_response(what.http_status, "text/plain; charset=utf-8", body, demanded_fields(error));
}

}  // namespace perseid
