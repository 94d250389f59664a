#include "tests/net/pg_server.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "net/store/postgres.h"

namespace perseid::test {
namespace {

// The newest that the package has laid down.
std::string programs() {
  std::string best;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string path = entry.path() / "bin";
    if (::access((path + "/initdb").c_str(), X_OK) == 0) best = std::max(best, path);
  }
  return best;
}

}  // namespace

bool PgServer::installed() {
  return !programs().empty();
}

PgServer::PgServer() : uri_("postgresql:///postgres?user=test&host=" + folder_.path()) {
  // Its children, once it is killed, are this process's to bury: some containers' init takes long.
  EXPECT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const passwd* user = ::getpwnam("postgres");
  if (::getuid() == 0 && user != nullptr) {
    EXPECT_EQ(::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid), 0);
  }
  const pid_t init = run("exec '" + programs() + "/initdb' --auth=trust --username=test --no-sync" +
                         " --encoding=UTF8 --locale=C.UTF-8 -D '" + folder_.path() + "/db' > '" +
                         folder_.path() + "/log' 2>&1");
  int status = 0;
  EXPECT_EQ(::waitpid(init, &status, 0), init);
  EXPECT_EQ(status, 0) << "initdb";
  start();
}

PgServer::~PgServer() {
  kill();
}

// What a killed process has written the kernel still has: no disk need be waited for.
void PgServer::start() {
  process_ = run("exec '" + programs() + "/postgres' -D '" + folder_.path() + "/db' -k '" +
                 folder_.path() + "' -c listen_addresses= -c max_connections=20" +
                 " -c fsync=off >> '" + folder_.path() + "/log' 2>&1");
  EXPECT_TRUE(wait_until([this] { return Postgres().open(uri_); })) << log();
}

std::string PgServer::log() const {
  std::ifstream file(folder_.path() + "/log");
  return {std::istreambuf_iterator<char>(file), {}};
}

// Its children as well, which would else serve who is connected a little longer. It stands still
// while they are listed: one that has died has none, one that runs may get more.
void PgServer::kill() {
  if (process_ <= 0) return;
  const std::string id = std::to_string(process_);
  ::kill(process_, SIGSTOP);
  ::waitpid(process_, nullptr, WUNTRACED);
  std::ifstream children("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> ids;
  for (pid_t child = 0; children >> child;) ids.push_back(child);
  ::kill(process_, SIGKILL);
  for (const pid_t child : ids) ::kill(child, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  // They share memory that a new server refuses to begin with.
  for (const pid_t child : ids) ::waitpid(child, nullptr, 0);
  process_ = -1;
}

pid_t PgServer::run(const std::string& command) const {
  const passwd* user = ::getuid() == 0 ? ::getpwnam("postgres") : nullptr;
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool is_user =
      user == nullptr || (::setgid(user->pw_gid) == 0 && ::setuid(user->pw_uid) == 0);
  // The folder of the tests' build may be closed to that user.
  if (is_user && ::chdir("/") == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user has cleared it
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  }
  ::_exit(127);
}

}  // namespace perseid::test
