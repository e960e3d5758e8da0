// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <memory>
#include <new>

namespace tactus {

struct Unmap {
  template <typename Page>
  void operator()(Page* page) const noexcept {
    munmap(page, sizeof *page);
  }
};

/// A page as the broker makes it: all zero, and only what is touched costs memory.
template <typename Page>
std::unique_ptr<Page, Unmap> zeroed_page() {
  void* memory =
      mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc{};
  return std::unique_ptr<Page, Unmap>{static_cast<Page*>(memory)};
}

}  // namespace tactus
