#include "tools/relay/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace perseid {
namespace {

using CapabilityData = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

const passwd* find_user(const std::string& user) {
  uid_t number = 0;
  const char* end = user.data() + user.size();
  const auto parsed = std::from_chars(user.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return ::getpwuid(number);
  return ::getpwnam(user.c_str());
}

std::string become(const std::string& user) {
  const passwd* entry = find_user(user);
  if (entry == nullptr) {
    return "--user " + user + ": there is no such user here (useradd --system makes one).";
  }
  const uid_t uid = entry->pw_uid;
  const gid_t gid = entry->pw_gid;
  if (::getuid() == uid && ::geteuid() == uid && ::getgid() == gid) return {};
  const bool became = ::initgroups(entry->pw_name, gid) == 0 && ::setresgid(gid, gid, gid) == 0 &&
                      ::setresuid(uid, uid, uid) == 0;
  if (!became) {
    return "--user " + user + " needs a start as root: " + std::strerror(errno) + ".";
  }
  const bool can_go_back = uid != 0 && ::setuid(0) == 0;
  return can_go_back ? "--user " + user + ": the kernel lets it become root again." : std::string();
}

int count_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  CapabilityData held{};
  if (::syscall(SYS_capget, &header, held.data()) != 0) return -1;
  return std::popcount(held[0].permitted) + std::popcount(held[1].permitted);
}

// libcap would be a library for one call.
bool drop_capabilities() {
  if (count_capabilities() == 0) return true;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  CapabilityData none{};
  return ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
         ::syscall(SYS_capset, &header, none.data()) == 0;
}

}  // namespace

std::string give_up_privileges(const std::string& user) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::string("the kernel keeps no promise of no new privileges: ") +
           std::strerror(errno) + ".";
  }
  if (!user.empty()) {
    if (std::string problem = become(user); !problem.empty()) return problem;
  }
  if (::geteuid() == 0 && user.empty()) return {};
  return drop_capabilities()
             ? std::string()
             : std::string("capabilities cannot be given up: ") + std::strerror(errno) + ".";
}

std::string privileges_text() {
  const uid_t uid = ::geteuid();
  const passwd* entry = ::getpwuid(uid);
  std::string text = entry == nullptr ? "user " + std::to_string(uid) : entry->pw_name;
  const int held = count_capabilities();
  text += held == 0 ? ", without capabilities" : ", with capabilities";
  if (uid == 0 && held != 0) text += ": it needs none, --user NAME goes on without";
  return text;
}

}  // namespace perseid
