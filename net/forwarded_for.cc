#include "net/forwarded_for.h"

namespace perseid {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Some proxies add a port: a.b.c.d:port, [x::y]:port.
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
  }
  const std::size_t colon = text.find(':');
  const bool is_port = colon != std::string_view::npos && colon == text.rfind(':');
  return is_port ? text.substr(0, colon) : text;
}

}  // namespace

IpAddress forwarded_for(std::string_view list, const IpAddress& peer, const IpNetworks& trusted) {
  IpAddress who = peer;
  while (!list.empty() && contains(trusted, who)) {
    const std::size_t comma = list.rfind(',');
    const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
    const auto next = IpAddress::parse(without_port(trimmed(last)));
    if (!next.has_value() || !next->known()) break;
    who = *next;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
  }
  return who;
}

}  // namespace perseid
