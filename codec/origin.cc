#include "codec/origin.h"

#include "codec/http_text.h"

namespace perseid {
namespace {

// The host of "host[:port]" or "[v6]:port"; empty if it is not of that form.
std::string_view host_of(std::string_view authority) {
  if (!is_host(authority)) return {};
  std::size_t end = authority.find(':');
  if (!authority.empty() && authority[0] == '[') {
    end = authority.find(']');
    if (end == std::string_view::npos) return {};
    ++end;
  }
  if (end == std::string_view::npos) return authority;
  const std::string_view rest = authority.substr(end);
  const bool is_port =
      rest.empty() ||
      (rest[0] == ':' && rest.substr(1).find_first_not_of("0123456789") == rest.npos);
  return is_port ? authority.substr(0, end) : std::string_view{};
}

std::string_view host_of_origin(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos || !is_token(origin.substr(0, scheme))) return {};
  return host_of(origin.substr(scheme + 3));
}

// Four decimal numbers and nothing else, the first 127: "127.evil.example" is a name.
bool is_loopback_v4(std::string_view host) {
  if (host.substr(0, 4) != "127.") return false;
  u32 dots = 0, digits = 0;
  for (const char c : host) {
    if (c == '.') {
      if (digits == 0) return false;
      ++dots;
      digits = 0;
    } else if (c < '0' || c > '9' || ++digits > 3) {
      return false;
    }
  }
  return dots == 3 && digits > 0;
}

bool is_loopback(std::string_view host) {
  return equals_ignoring_case(host, "localhost") || host == "[::1]" || is_loopback_v4(host);
}

}  // namespace

std::vector<std::string> split_origins(std::string_view list) {
  std::vector<std::string> origins;
  std::string_view element;
  while (next_list_element(list, element)) {
    if (!element.empty()) origins.emplace_back(element);
  }
  return origins;
}

bool is_origin(std::string_view text) {
  return text == "*" || equals_ignoring_case(text, "null") || !host_of_origin(text).empty();
}

bool is_origin_allowed(std::string_view origin, std::string_view host,
                       std::span<const std::string> allowed, bool listening_on_loopback) {
  for (const std::string& one : allowed) {
    if (one == "*" || equals_ignoring_case(one, origin)) return true;
  }
  if (!allowed.empty()) return false;
  if (listening_on_loopback && origin == "null") return true;
  const std::string_view page = host_of_origin(origin);
  if (page.empty()) return false;
  if (equals_ignoring_case(page, host_of(host))) return true;
  return listening_on_loopback && is_loopback(page);
}

}  // namespace perseid
