// SPDX-License-Identifier: Apache-2.0
#include "socket_limits.hpp"

#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tactus::dds {

std::size_t granted_receive_buffer(std::size_t wanted) {
  const int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return 0;
  const int bytes = static_cast<int>(wanted);
  setsockopt(socket_fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  int doubled = 0;  // the kernel counts its own bookkeeping, too
  socklen_t size = sizeof doubled;
  getsockopt(socket_fd, SOL_SOCKET, SO_RCVBUF, &doubled, &size);
  close(socket_fd);
  return static_cast<std::size_t>(doubled) / 2;
}

std::string receive_buffer_advice(std::size_t wanted, std::size_t granted) {
  if (granted >= wanted) return {};
  return fmt::format(
      "the kernel grants sockets {} KiB to receive into, {} are wanted: messages of more than {} KiB may be "
      "sent "
      "again and again. As root: sysctl -w net.core.rmem_max={} (and a line in /etc/sysctl.d to keep it)",
      granted / 1024, wanted / 1024, granted / 1024, wanted);
}

}  // namespace tactus::dds
