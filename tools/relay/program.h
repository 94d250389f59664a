// The life of the `perseid` process behind its options: start, tell, wait for signals, drain.
// Thread: the main one.
#pragma once

#include "tools/relay/options_cli.h"

namespace perseid {

// The exit code: 0 after a drain, 1 if the relay could not start.
int run_relay(const CliResult& cli);

}  // namespace perseid
