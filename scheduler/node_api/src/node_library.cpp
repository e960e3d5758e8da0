// SPDX-License-Identifier: Apache-2.0
#include "tactus/node_library.hpp"

#include <dlfcn.h>
#include <elf.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
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

/// Looks through one PT_NOTE segment.
bool find_note(std::ifstream& file, const Elf64_Phdr& segment, NodeNote& note) {
  std::uint64_t at = segment.p_offset;
  const std::uint64_t end = at + segment.p_filesz;
  constexpr std::uint64_t kLargest = 1 << 20;
  while (at + sizeof(Elf64_Nhdr) <= end) {
    Elf64_Nhdr header{};
    if (!read_at(file, at, header) || header.n_namesz > kLargest || header.n_descsz > kLargest) return false;
    const std::uint64_t name_at = at + sizeof header;
    const std::uint64_t description_at = name_at + ((header.n_namesz + 3U) & ~3U);
    char name[8] = {};
    if (header.n_namesz == 7 && header.n_descsz == sizeof(NodeNote) && read_at(file, name_at, name) &&
        std::memcmp(name, "Tactus", 7) == 0) {
      return read_at(file, description_at, note);
    }
    at = description_at + ((header.n_descsz + 3U) & ~3U);
  }
  return false;
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
    NodeNote note;
    if (segment.p_type == PT_NOTE && find_note(file, segment, note)) {
      note.compiler[sizeof note.compiler - 1] = note.build[sizeof note.build - 1] =
          note.class_name[sizeof note.class_name - 1] = '\0';
      return note;
    }
  }
  refuse(library,
         "is no Tactus node: build it with tactus_add_node and put TACTUS_NODE(Class) behind the class");
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
    searched += (searched.empty() ? "" : ", ") + folder.string();
  }
  if (folders.empty()) searched = "nothing: no folder of nodes exists";
  throw NodeLibraryError{fmt::format("no node '{}' (searched {}; add folders with TACTUS_NODE_PATH){}", use,
                                     searched, did_you_mean(use, names_in(folders)))};
}

NodeLibrary::NodeLibrary(const fs::path& library) {
  if (const auto reason = incompatibility(read_node_note(library)); !reason.empty()) refuse(library, reason);
  void* handle = dlopen(fs::absolute(library).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) refuse(library, dlerror());
  entry_ = static_cast<const NodeEntry*>(dlsym(handle, "tactus_node_entry"));
  if (entry_ == nullptr)
    refuse(library,
           "has the note but no entry 'tactus_node_entry': link the file with TACTUS_NODE(Class) into it");
}

}  // namespace tactus
