# SPDX-License-Identifier: Apache-2.0
# tactus_add_node(<name> SOURCES <file>... [LIBRARIES <target>...])
#
# A node as a shared object, lib<name>.so in lib/tactus/nodes, where launch files find it as `use: <name>`.
# -fno-gnu-unique: unique symbols would pin the object in the process, so that it could never be replaced.

function(tactus_add_node name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tactus::node_api ${ARG_LIBRARIES})
  target_compile_options(${name} PRIVATE -fno-gnu-unique)
  set_target_properties(${name} PROPERTIES
    CXX_STANDARD 20 CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/tactus/nodes)
endfunction()
