// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

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

/// "libname.so" of a `use:`: a path is taken as it is, a name is looked for in the folders of
/// TACTUS_NODE_PATH and in lib/tactus/nodes of install_prefixes(). Throws NodeLibraryError naming the folders
/// that were searched and the nearest name found there.
[[nodiscard]] std::filesystem::path find_node_library(const std::string& use);

/// A loaded shared object. It stays loaded for the life of the process.
class NodeLibrary {
 public:
  /// Checks the note first. Throws NodeLibraryError.
  explicit NodeLibrary(const std::filesystem::path& library);
  [[nodiscard]] const NodeEntry& entry() const noexcept { return *entry_; }

 private:
  const NodeEntry* entry_ = nullptr;
};

}  // namespace tactus
