// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace tactus::wire {
namespace {

constexpr std::size_t kInlineBytes = 32 * 1024;
constexpr std::size_t kMaxFds = 4;
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;
// First byte of a packet: is the text in it, or in the memfd that comes first?
constexpr char kInline = 'i', kInMemfd = 'm';

bool write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    if (n <= 0) return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int fd, std::string& text) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || info.st_size < 0 || static_cast<std::size_t>(info.st_size) > kMaxTextBytes)
    return false;
  text.resize(static_cast<std::size_t>(info.st_size));
  return pread(fd, text.data(), text.size(), 0) == info.st_size;
}

bool send_packet(int socket, const std::string& packet, const std::vector<int>& fds) {
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size());
}

void collect_fds(msghdr& message, std::vector<int>& fds) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const std::size_t before = fds.size();
    fds.resize(before + count);
    std::memcpy(fds.data() + before, CMSG_DATA(header), count * sizeof(int));
  }
}

}  // namespace

bool send(int socket, const std::string& text, const std::vector<int>& fds) {
  if (text.size() <= kInlineBytes) return send_packet(socket, kInline + text, fds);
  const int memory = memfd_create("tactus-message", MFD_CLOEXEC);
  if (memory < 0) return false;
  std::vector<int> all{memory};
  all.insert(all.end(), fds.begin(), fds.end());
  const bool sent = write_all(memory, text) && send_packet(socket, std::string{kInMemfd}, all);
  close(memory);
  return sent;
}

bool receive(int socket, std::string& text, std::vector<int>& fds) {
  text.resize(kInlineBytes + 1);
  fds.clear();
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t n;
  do n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n <= 0) return false;
  collect_fds(message, fds);
  text.resize(static_cast<std::size_t>(n));
  const char kind = text[0];
  text.erase(0, 1);
  if (kind == kInline) return true;
  if (kind != kInMemfd || fds.empty()) return false;
  const bool read = read_all(fds[0], text);
  close(fds[0]);
  fds.erase(fds.begin());
  return read;
}

}  // namespace tactus::wire
