# SPDX-License-Identifier: Apache-2.0
# tactus_add_node(<name> SOURCES <file>... [LIBRARIES <target>...])
#
# A node as a shared object, lib<name>.so in lib/tactus/nodes of the build and of the installation, where launch files find it
# as `use: <name>`.
#
# tactus_node_target(...): the same without the installation, for nodes of tests.
#
# tactus_add_conformance_test(<name> [PARAMETERS <name:=value>...])
#
# A test, <name>_conformance, that puts the node's shared object through what every node promises: tactus-conformance --help.
#
# -fno-gnu-unique: unique symbols would pin the object in the process, so that it could never be replaced.

function(tactus_node_target name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tactus::node_api ${ARG_LIBRARIES})
  target_compile_options(${name} PRIVATE -fno-gnu-unique)
  set_target_properties(${name} PROPERTIES
    PREFIX lib CXX_STANDARD 20 CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/tactus/nodes
    INSTALL_RPATH "$ORIGIN/../.." INSTALL_RPATH_USE_LINK_PATH ON)
endfunction()

# tactus_add_program(<name> SOURCES <file>... [LIBRARIES <target>...])
#
# A node that is a program with a main() of its own (tactus/program.hpp), <name> beside the shared objects: `use: <name>` as well.
#
# tactus_program_target(...): the same without the installation.

function(tactus_program_target name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tactus::program tactus::node_api ${ARG_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    CXX_STANDARD 20 CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON ENABLE_EXPORTS ON
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/tactus/nodes
    INSTALL_RPATH "$ORIGIN/../.." INSTALL_RPATH_USE_LINK_PATH ON)
endfunction()

function(tactus_add_program name)
  tactus_program_target(${name} ${ARGN})
  install(TARGETS ${name} RUNTIME DESTINATION lib/tactus/nodes)
endfunction()

function(tactus_add_node name)
  tactus_node_target(${name} ${ARGN})
  install(TARGETS ${name} LIBRARY DESTINATION lib/tactus/nodes)
endfunction()

function(tactus_add_conformance_test name)
  cmake_parse_arguments(ARG "" "" "PARAMETERS" ${ARGN})
  set(program tactus::tactus-conformance)
  if(TARGET tactus-conformance)
    set(program tactus-conformance)
  endif()
  add_test(NAME ${name}_conformance COMMAND $<TARGET_FILE:${program}> $<TARGET_FILE:${name}> ${ARG_PARAMETERS})
  set_tests_properties(${name}_conformance PROPERTIES TIMEOUT 300)
endfunction()
