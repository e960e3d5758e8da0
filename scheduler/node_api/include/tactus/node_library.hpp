// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tactus/node.hpp"

/// Loading of nodes' shared objects: the host's side of the border.
namespace tactus {

/// A shared object that cannot be used as a node. The text says why and which side to rebuild.
class NodeLibraryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads the note from the file without running any of its code. Throws NodeLibraryError: no file, no ELF
/// object, no note.
[[nodiscard]] NodeNote read_node_note(const std::filesystem::path& library);

/// Why a node of this build cannot run here; empty when it can.
[[nodiscard]] std::string incompatibility(const NodeNote& note);

/// True for a node that is a program with a main() of its own (tactus/program.hpp).
[[nodiscard]] bool is_program(const std::filesystem::path& library);

/// "libname.so", or the program "name", of a `use:`: a path is taken as it is, a name is looked for in the
/// folders of TACTUS_NODE_PATH and in lib/tactus/nodes of install_prefixes(). Throws NodeLibraryError naming
/// the folders that were searched and the nearest name found there.
[[nodiscard]] std::filesystem::path find_node_library(const std::string& use);

/// The linker's fingerprint of what is in the file, in hex; empty when it was linked without one. Throws
/// NodeLibraryError when it is no ELF object.
[[nodiscard]] std::string build_id(const std::filesystem::path& library);

/// A loaded shared object, or the program that runs. It stays loaded for the life of the process unless
/// close() is called.
class NodeLibrary {
 public:
  /// Checks the note first. Throws NodeLibraryError.
  explicit NodeLibrary(const std::filesystem::path& library);
  /// What is in the file now, also when something else was loaded under its name before: to replace a library
  /// while the process runs. Throws besides when the object could not be closed again, or is the one that is
  /// loaded and was written over.
  [[nodiscard]] static std::unique_ptr<NodeLibrary> load_anew(const std::filesystem::path& library);
  NodeLibrary(const NodeLibrary&) = delete;
  NodeLibrary& operator=(const NodeLibrary&) = delete;

  [[nodiscard]] const NodeEntry& entry() const noexcept { return *entry_; }
  [[nodiscard]] std::string loaded_build_id() const;  ///< of what is in memory
  /// Unloads it, once: no object of it exists any more. Not done, and the reason returned, while a thread is
  /// inside its code, other than `callers`, which are known to be outside. Libraries it brought along stay.
  [[nodiscard]] std::string close(const std::vector<int>& callers);

 private:
  NodeLibrary(const std::filesystem::path& library, const std::string& name);

  std::filesystem::path path_;
  void* handle_ = nullptr;
  const NodeEntry* entry_ = nullptr;
};

}  // namespace tactus
