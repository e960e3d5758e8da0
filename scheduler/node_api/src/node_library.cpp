// SPDX-License-Identifier: Apache-2.0
#include "tactus/node_library.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "tactus/install_space.hpp"
#include "tactus/middleware/names.hpp"

namespace tactus {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& library, const std::string& reason) {
  throw NodeLibraryError{fmt::format("{}: {}", library.string(), reason)};
}

template <typename T>
bool read_at(std::ifstream& file, std::uint64_t offset, T& value) {
  file.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(file.read(reinterpret_cast<char*>(&value), sizeof value));
}

/// Calls with (name, type, offset and size of the description) of every note of one PT_NOTE segment, until it
/// returns true.
template <typename Call>
bool any_note(std::ifstream& file, const Elf64_Phdr& segment, Call&& call) {
  std::uint64_t at = segment.p_offset;
  const std::uint64_t end = at + segment.p_filesz;
  constexpr std::uint64_t kLargest = 1 << 20;
  while (at + sizeof(Elf64_Nhdr) <= end) {
    Elf64_Nhdr header{};
    if (!read_at(file, at, header) || header.n_namesz > kLargest || header.n_descsz > kLargest) return false;
    const std::uint64_t name_at = at + sizeof header;
    const std::uint64_t description_at = name_at + ((header.n_namesz + 3U) & ~3U);
    char name[8] = {};
    if (header.n_namesz < sizeof name && !read_at(file, name_at, name)) return false;
    name[std::min<std::size_t>(header.n_namesz, sizeof name - 1)] = '\0';
    if (call(std::string_view{name}, header, description_at)) return true;
    at = description_at + ((header.n_descsz + 3U) & ~3U);
  }
  return false;
}

/// The same for all segments of the file.
template <typename Call>
bool any_note(const fs::path& library, Call&& call) {
  std::ifstream file{library, std::ios::binary};
  if (!file) refuse(library, "cannot be opened");
  Elf64_Ehdr header{};
  if (!read_at(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64) {
    refuse(library, "is no 64-bit ELF object");
  }
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!read_at(file, header.e_phoff + std::uint64_t(i) * header.e_phentsize, segment)) break;
    const auto with_file = [&](std::string_view name, const Elf64_Nhdr& note, std::uint64_t at) {
      return call(file, name, note, at);
    };
    if (segment.p_type == PT_NOTE && any_note(file, segment, with_file)) return true;
  }
  return false;
}

/// Calls with what the loader knows about the object.
template <typename Call>
void for_this_object(void* handle, Call&& call) {
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return;
  auto work = [&](const dl_phdr_info& object) {
    if (object.dlpi_addr != map->l_addr) return 0;
    call(object);
    return 1;
  };
  dl_iterate_phdr([](dl_phdr_info* object, std::size_t,
                     void* data) { return (*static_cast<decltype(work)*>(data))(*object); },
                  &work);
}

/// A unique symbol (STB_GNU_UNIQUE) is bound to whoever brought it first, and pins that one in the process.
void refuse_pinned(const fs::path& library) {
  std::ifstream file{library, std::ios::binary};
  Elf64_Ehdr header{};
  if (!read_at(file, 0, header)) refuse(library, "cannot be read");
  for (int i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section{};
    if (!read_at(file, header.e_shoff + std::uint64_t(i) * header.e_shentsize, section)) return;
    if (section.sh_type != SHT_DYNSYM) continue;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol{};
      if (!read_at(file, section.sh_offset + at, symbol)) return;
      if (ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE)
        refuse(library,
               "has unique symbols, which stay in the process for ever: build it with tactus_add_node, or "
               "with -fno-gnu-unique");
    }
  }
}

/// What the object brought along may have threads of its own, which outlive it.
void keep_needed(void* handle) {
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return;
  const char* names = nullptr;
  for (const auto* entry = map->l_ld; entry->d_tag != DT_NULL; ++entry)
    if (entry->d_tag == DT_STRTAB) names = reinterpret_cast<const char*>(entry->d_un.d_ptr);
  for (const auto* entry = map->l_ld; entry->d_tag != DT_NULL; ++entry)
    if (entry->d_tag == DT_NEEDED) dlopen(names + entry->d_un.d_val, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/// The memory of a thread that may end at any moment.
bool read_word(std::uintptr_t at, std::uintptr_t& word) {
  iovec here{&word, sizeof word};
  iovec there{reinterpret_cast<void*>(at), sizeof word};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == sizeof word;
}

/// True when a word between the stack pointer and the end of the stack lies between these two.
bool stack_points_into(std::uintptr_t pointer, std::uintptr_t first, std::uintptr_t last) {
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    char* rest = nullptr;
    const std::uintptr_t from = std::strtoull(line.c_str(), &rest, 16);
    const std::uintptr_t to = std::strtoull(rest + 1, nullptr, 16);
    if (pointer < from || pointer >= to) continue;
    for (std::uintptr_t at = (pointer + 7U) & ~std::uintptr_t{7}; at + 8 <= to; at += 8) {
      std::uintptr_t word = 0;
      if (!read_word(at, word)) return false;  // it has just ended
      if (word >= first && word < last) return true;
    }
    return false;
  }
  return false;
}

/// Of a thread that is blocked or has ended (0 then); empty while it runs.
std::optional<std::uintptr_t> stack_pointer(const fs::path& task) {
  std::ifstream file{task / "syscall"};  // "number arguments.. stack-pointer program-counter", or "running"
  std::vector<std::string> words;
  for (std::string word; file >> word;) words.push_back(word);
  if (words.size() == 1) return std::nullopt;
  return words.size() < 3 ? 0 : std::strtoull(words[words.size() - 2].c_str(), nullptr, 16);
}

/// A thread whose stack holds an address between these two: "'decoder' (4711)"; empty: there is none.
std::string thread_inside(std::uintptr_t first, std::uintptr_t last, const std::vector<int>& callers) {
  constexpr int kLooks = 50;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{"/proc/self/task", error}) {
    const int tid = std::atoi(entry.path().filename().c_str());
    if (tid == gettid() || std::ranges::find(callers, tid) != callers.end()) continue;
    std::string name;
    std::ifstream{entry.path() / "comm"} >> name;
    bool inside = true;  // who never rests may be anywhere
    for (int look = 0; look < kLooks && inside; ++look) {
      const auto pointer = stack_pointer(entry.path());
      inside = !pointer || stack_points_into(*pointer, first, last);
      if (!pointer) std::this_thread::sleep_for(std::chrono::microseconds{200});
      if (pointer && inside) break;
    }
    if (inside) return fmt::format("'{}' ({})", name, tid);
  }
  return {};
}

/// A path of this open file that was never used before: the bits of a counter, as "./" and ".//".
std::string new_name(int file) {
  static std::atomic<std::uint32_t> count{0};
  std::string name = "/proc/self/fd/";
  for (std::uint32_t bits = ++count; bits != 0; bits >>= 1) name += (bits & 1) != 0 ? "./" : ".//";
  return name + std::to_string(file);
}

std::vector<fs::path> search_path() {
  std::vector<fs::path> folders;
  if (const char* path = std::getenv("TACTUS_NODE_PATH")) {
    std::istringstream parts{path};
    for (std::string folder; std::getline(parts, folder, ':');) {
      if (!folder.empty()) folders.emplace_back(folder);
    }
  }
  for (const fs::path& prefix : install_prefixes()) {
    if (fs::path folder = prefix / "lib/tactus/nodes"; fs::is_directory(folder)) folders.push_back(folder);
  }
  return folders;
}

std::vector<std::string> names_in(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  for (const auto& folder : folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{folder, error}) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("lib") && name.ends_with(".so")) names.push_back(name.substr(3, name.size() - 6));
    }
  }
  return names;
}

}  // namespace

NodeNote read_node_note(const fs::path& library) {
  NodeNote note;
  const bool found = any_note(
      library, [&](std::ifstream& file, std::string_view name, const Elf64_Nhdr& header, std::uint64_t at) {
        return name == "Tactus" && header.n_descsz == sizeof note && read_at(file, at, note);
      });
  if (!found)
    refuse(library,
           "is no Tactus node: build it with tactus_add_node and put TACTUS_NODE(Class) behind the class");
  note.compiler[sizeof note.compiler - 1] = note.build[sizeof note.build - 1] =
      note.class_name[sizeof note.class_name - 1] = '\0';
  return note;
}

bool is_program(const fs::path& library) {
  std::ifstream file{library, std::ios::binary};
  Elf64_Ehdr header{};
  if (!read_at(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    if (!read_at(file, header.e_phoff + std::uint64_t(i) * header.e_phentsize, segment)) return false;
    if (segment.p_type == PT_INTERP) return true;
  }
  return false;
}

std::string build_id(const fs::path& library) {
  std::string id;
  any_note(library,
           [&](std::ifstream& file, std::string_view name, const Elf64_Nhdr& header, std::uint64_t at) {
             if (name != "GNU" || header.n_type != NT_GNU_BUILD_ID || header.n_descsz > 64) return false;
             for (std::uint32_t i = 0; i < header.n_descsz; ++i) {
               std::uint8_t byte = 0;
               if (!read_at(file, at + i, byte)) return false;
               id += fmt::format("{:02x}", byte);
             }
             return true;
           });
  return id;
}

std::string incompatibility(const NodeNote& note) {
  if (note.interface_major != kInterfaceMajor || note.interface_minor > kInterfaceMinor) {
    const bool older = note.interface_major < kInterfaceMajor;
    return fmt::format("built for node interface {}.{}, this host has {}.{}: rebuild the {}",
                       note.interface_major, note.interface_minor, kInterfaceMajor, kInterfaceMinor,
                       older ? "node" : "host, it is older than the node");
  }
  if (note.layout_version != kLayoutVersion) {
    return fmt::format("built for message layout {}, this host has {}: rebuild the {}", note.layout_version,
                       kLayoutVersion,
                       note.layout_version < kLayoutVersion ? "node" : "host, it is older than the node");
  }
  if (note.cxx11_abi != _GLIBCXX_USE_CXX11_ABI)
    return "built with another _GLIBCXX_USE_CXX11_ABI: rebuild the node";
  return {};
}

fs::path find_node_library(const std::string& use) {
  if (use.find('/') != std::string::npos || use.ends_with(".so")) {
    if (fs::exists(use)) return fs::absolute(use);
    refuse(use, "no such file");
  }
  const auto folders = search_path();
  std::string searched;
  for (const auto& folder : folders) {
    if (auto path = folder / ("lib" + use + ".so"); fs::exists(path)) return path;
    if (auto path = folder / use; fs::is_regular_file(path)) return path;
    searched += (searched.empty() ? "" : ", ") + folder.string();
  }
  if (folders.empty()) searched = "nothing: no folder of nodes exists";
  throw NodeLibraryError{fmt::format("no node '{}' (searched {}; add folders with TACTUS_NODE_PATH){}", use,
                                     searched, did_you_mean(use, names_in(folders)))};
}

NodeLibrary::NodeLibrary(const fs::path& library) : NodeLibrary{library, fs::absolute(library).string()} {}

NodeLibrary::NodeLibrary(const fs::path& library, const std::string& name) : path_{library} {
  if (const auto reason = incompatibility(read_node_note(library)); !reason.empty()) refuse(library, reason);
  const bool program = is_program(library);
  std::error_code error;
  if (program && !fs::equivalent(library, "/proc/self/exe", error))
    refuse(library,
           "is a program with a main() of its own: it runs in a process of its own, and is not loaded");
  handle_ = dlopen(program ? nullptr : name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) refuse(library, dlerror());
  entry_ = static_cast<const NodeEntry*>(dlsym(handle_, "tactus_node_entry"));
  if (entry_ != nullptr) return;
  dlclose(handle_);
  refuse(
      library,
      program
          ? "does not export 'tactus_node_entry': build it with tactus_add_program, or link it with "
            "-rdynamic"
          : "has the note but no entry 'tactus_node_entry': link the file with TACTUS_NODE(Class) into it");
}

/// The loader takes a file for loaded when it knows its name: what was built again under that name is opened
/// through its descriptor, by a name of which there was none before.
std::unique_ptr<NodeLibrary> NodeLibrary::load_anew(const fs::path& library) {
  refuse_pinned(library);
  const std::string path = fs::absolute(library).string();
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) refuse(library, "cannot be opened");
  void* const known = dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (known != nullptr) dlclose(known);
  std::unique_ptr<NodeLibrary> loaded;
  try {
    loaded.reset(new NodeLibrary{library, known == nullptr ? path : new_name(file)});
  } catch (...) {
    ::close(file);
    throw;
  }
  ::close(file);
  if (loaded->loaded_build_id() == build_id(library)) return loaded;
  dlclose(loaded->handle_);
  refuse(
      library,
      "was written over while it is loaded, so the old code cannot be told from the new: build it to another "
      "name, or into a new file that is moved there (as ld, install and mv do; cp does not)");
}

std::string NodeLibrary::loaded_build_id() const {
  std::string id;
  const auto find = [&](const dl_phdr_info& object) {
    for (int i = 0; i < object.dlpi_phnum; ++i) {
      if (object.dlpi_phdr[i].p_type != PT_NOTE) continue;
      const auto* at = reinterpret_cast<const std::byte*>(object.dlpi_addr + object.dlpi_phdr[i].p_vaddr);
      const auto* const end = at + object.dlpi_phdr[i].p_memsz;
      while (at + sizeof(Elf64_Nhdr) <= end) {
        const auto& note = *reinterpret_cast<const Elf64_Nhdr*>(at);
        const auto* const name = at + sizeof note;
        const auto* const text = name + ((note.n_namesz + 3U) & ~3U);
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
          for (std::uint32_t byte = 0; byte < note.n_descsz; ++byte)
            id += fmt::format("{:02x}", std::to_integer<int>(text[byte]));
        at = text + ((note.n_descsz + 3U) & ~3U);
      }
    }
  };
  for_this_object(handle_, find);
  return id;
}

std::string NodeLibrary::close(const std::vector<int>& callers) {
  std::uintptr_t first = std::numeric_limits<std::uintptr_t>::max(), last = 0;
  for_this_object(handle_, [&](const dl_phdr_info& object) {
    for (int i = 0; i < object.dlpi_phnum; ++i) {
      const auto& segment = object.dlpi_phdr[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      first = std::min(first, object.dlpi_addr + segment.p_vaddr);
      last = std::max(last, object.dlpi_addr + segment.p_vaddr + segment.p_memsz);
    }
  });
  if (const std::string thread = thread_inside(first, last, callers); !thread.empty())
    return fmt::format("{} stays loaded: thread {} is still inside its code; join it in stop()",
                       path_.filename().string(), thread);
  keep_needed(handle_);
  dlclose(std::exchange(handle_, nullptr));
  entry_ = nullptr;
  return {};
}

}  // namespace tactus
