#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/ruler/ruler.h"

namespace perseid::ruler {

volatile std::sig_atomic_t stop_requested = 0;

int listen_on(const Config& config, u16& port_out) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(config.port);
  if (::inet_pton(AF_INET, config.host.c_str(), &address.sin_addr) != 1) {
    errno = EINVAL;
    return -1;
  }
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, generic, size) != 0 || ::listen(fd, 4096) != 0) return -1;
  ::getsockname(fd, generic, &size);
  port_out = ntohs(address.sin_port);
  return fd;
}

}  // namespace perseid::ruler
