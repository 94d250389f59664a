// Privileges: what the process may do beyond an ordinary user, and that it gives them up once its
// ports are bound and its keys are read.
// Thread: the first, while there is no other: the kernel keeps them per thread (credentials(7)),
// and threads inherit them.
// Invariant: after give_up_privileges() no way leads back, or it says so and nothing starts.
#pragma once

#include <string>

namespace perseid {

// Goes on as `user` (a name, or a number; empty: as who it is) with no capability, and forbids that
// any program started from here gains more. The reason in words if that cannot be done. As root
// without `user` it stays root.
std::string give_up_privileges(const std::string& user);

// In words, for the summary of the start: as whom it runs, and with which capabilities.
std::string privileges_text();

}  // namespace perseid
