// Signals of the process, taken one at a time by the main thread.
// Thread: the main one; block() before any other thread begins, so that they all inherit it.
#pragma once

namespace perseid {

// SIGTERM, SIGINT, SIGHUP (unless it is ignored, as under nohup) and SIGUSR1 wait from now on until
// next_signal() takes them; SIGPIPE is ignored.
void block_signals();
// The next of them; sleeps until it comes.
int next_signal();
// From now on all but SIGUSR1 end the process at once, with 128 + their number.
void end_at_once_on_signal();

}  // namespace perseid
