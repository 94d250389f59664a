#include "net/tokens/request_token.h"

#include <strings.h>

#include <algorithm>

namespace perseid {
namespace {

// A token has no character that would have to be escaped in a query.
RequestToken query_token(std::string_view query) {
  constexpr std::string_view kKey = "token=";
  RequestToken out;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with(kKey)) {
      out.is_clear = out.text.empty();
      out.text = pair.substr(kKey.size());
      if (!out.is_clear) return out;
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return out;
}

}  // namespace

RequestToken request_token(const HttpRequest& request) {
  RequestToken out = query_token(request.query);
  if (request.authorization.empty()) return out;
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view field = request.authorization;
  const bool is_bearer = field.size() > kScheme.size() &&
                         ::strncasecmp(field.data(), kScheme.data(), kScheme.size()) == 0;
  if (!is_bearer || !out.text.empty()) return {.text = {}, .is_clear = false};
  out.text = field.substr(kScheme.size());
  return out;
}

}  // namespace perseid
