// X-Forwarded-For: a list to which each proxy adds, at its right end, whom it was asked by. Only
// what our own proxies have added is believed. Thread: none; a pure function.
#pragma once

#include "net/ip_address.h"

namespace perseid {

// Whom the request came from, `peer` being who sent it to us: from the right the first that is not
// of `trusted`, or the last that could be read if all are. What is written there for somebody
// without an address (unknown, _hidden) ends the list: then it is whoever wrote that.
IpAddress forwarded_for(std::string_view list, const IpAddress& peer, const IpNetworks& trusted);

}  // namespace perseid
