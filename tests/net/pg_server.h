// PgServer: a PostgreSQL server for one test, from Debian's package, in a folder of its own, which
// is reached by a socket in that folder: no port is taken from anybody.
// Thread: one. Owns: the folder, and the server's process, which dies with it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "tests/net/store_support.h"

namespace perseid::test {

class PgServer {
 public:
  static bool installed();
  PgServer();  // makes the database and starts
  ~PgServer();
  PgServer(const PgServer&) = delete;
  PgServer& operator=(const PgServer&) = delete;

  const std::string& uri() const { return uri_; }
  void start();  // and waits until it answers
  void kill();   // SIGKILL to all of it

 private:
  std::string log() const;
  pid_t run(const std::string& command) const;  // as the user that it may run as
  Folder folder_;
  std::string uri_;
  pid_t process_ = -1;
};

}  // namespace perseid::test
