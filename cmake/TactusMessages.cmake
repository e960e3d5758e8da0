# SPDX-License-Identifier: Apache-2.0
# tactus_generate_messages(<package> FILES <file.msg>... [DEPENDS <package>...])
#
# Generates the C++ headers of a package of .msg files, makes the target tactus::msgs_<package> (link it and
# `#include <package/msg/type.hpp>`), and installs headers, .msg files and a CMake package config of the package's name.
# DEPENDS names the packages whose types are used; each must be known: from tactus, from find_package(<package>), or from an
# earlier call.
#
# tactus_message_target(...): the same without the installation, for messages of tests.

# Beside this file when installed, below msg/ in the source tree.
foreach(file ${CMAKE_CURRENT_LIST_DIR}/tactus_generate_messages.py
             ${CMAKE_CURRENT_LIST_DIR}/../msg/generator/tactus_generate_messages.py)
  if(EXISTS ${file})
    set(TACTUS_MESSAGE_GENERATOR ${file} CACHE INTERNAL "the generator of message headers")
    break()
  endif()
endforeach()

# Sets `result` to the packages and all they depend on.
function(tactus_message_closure result)
  set(all)
  foreach(package ${ARGN})
    if(NOT TARGET tactus::msgs_${package})
      message(FATAL_ERROR "no message package '${package}': find_package(${package}) first, or correct DEPENDS")
    endif()
    get_target_property(depends tactus::msgs_${package} TACTUS_MESSAGE_DEPENDS)
    list(APPEND all ${package} ${depends})
  endforeach()
  list(REMOVE_DUPLICATES all)
  set(${result} ${all} PARENT_SCOPE)
endfunction()

function(tactus_message_target package)
  cmake_parse_arguments(ARG "" "" "FILES;DEPENDS" ${ARGN})
  if(NOT ARG_FILES)
    message(FATAL_ERROR "tactus_generate_messages(${package}): FILES names no .msg file")
  endif()
  set(root ${PROJECT_BINARY_DIR}/include/tactus_msgs)
  tactus_message_closure(closure ${ARG_DEPENDS})
  set(depends)
  set(messages)
  foreach(dependency ${closure})
    get_target_property(folder tactus::msgs_${dependency} TACTUS_MESSAGE_FOLDER)
    file(GLOB files ${folder}/*.msg)
    list(APPEND depends --depends ${dependency}=${folder})
    list(APPEND messages ${files})
  endforeach()
  list(TRANSFORM ARG_FILES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
  list(GET ARG_FILES 0 first)
  get_filename_component(folder ${first} DIRECTORY)

  set(stamp ${root}/${package}.stamp)
  add_custom_command(
    OUTPUT ${stamp} ${root}/${package}/msg/types.hpp
    COMMAND /usr/bin/python3 ${TACTUS_MESSAGE_GENERATOR} --package ${package} --output ${root} ${depends} ${ARG_FILES}
    COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
    DEPENDS ${ARG_FILES} ${messages} ${TACTUS_MESSAGE_GENERATOR}
    COMMENT "Generating messages of ${package}" VERBATIM)
  add_custom_target(tactus_msgs_${package}_generate DEPENDS ${stamp})

  add_library(tactus_msgs_${package} INTERFACE)
  add_library(tactus::msgs_${package} ALIAS tactus_msgs_${package})
  add_dependencies(tactus_msgs_${package} tactus_msgs_${package}_generate)
  set_target_properties(tactus_msgs_${package} PROPERTIES
    EXPORT_NAME msgs_${package} EXPORT_PROPERTIES "TACTUS_MESSAGE_DEPENDS;TACTUS_MESSAGE_CONFIG"
    TACTUS_MESSAGE_FOLDER ${folder} TACTUS_MESSAGE_FILES "${ARG_FILES}" TACTUS_MESSAGE_DEPENDS "${closure}"
    TACTUS_MESSAGE_CONFIG ${package})
  target_include_directories(tactus_msgs_${package} INTERFACE $<BUILD_INTERFACE:${root}>
                                                              $<INSTALL_INTERFACE:include/tactus_msgs>)
  target_link_libraries(tactus_msgs_${package} INTERFACE tactus::msg)
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(tactus_msgs_${package} INTERFACE tactus::msgs_${dependency})
  endforeach()
endfunction()

function(tactus_generate_messages package)
  tactus_message_target(${package} ${ARGN})
  get_target_property(files tactus_msgs_${package} TACTUS_MESSAGE_FILES)
  get_target_property(depends tactus_msgs_${package} TACTUS_MESSAGE_DEPENDS)
  set(config ${PROJECT_BINARY_DIR}/tactus_messages/${package}-config.cmake)
  set(text "include(CMakeFindDependencyMacro)\nfind_dependency(tactus)\n")
  foreach(dependency ${depends})
    get_target_property(from tactus::msgs_${dependency} TACTUS_MESSAGE_CONFIG)
    string(APPEND text "find_dependency(${from})\n")
  endforeach()
  string(APPEND text "include(\${CMAKE_CURRENT_LIST_DIR}/${package}-targets.cmake)\n"
    "get_filename_component(tactus_message_folder \${CMAKE_CURRENT_LIST_DIR}/../msg ABSOLUTE)\n"
    "set_target_properties(tactus::msgs_${package} PROPERTIES TACTUS_MESSAGE_FOLDER \${tactus_message_folder})\n")
  file(CONFIGURE OUTPUT ${config} CONTENT "${text}" @ONLY)

  install(DIRECTORY ${PROJECT_BINARY_DIR}/include/tactus_msgs/${package} DESTINATION include/tactus_msgs)
  install(FILES ${files} DESTINATION share/${package}/msg)
  install(TARGETS tactus_msgs_${package} EXPORT tactus_msgs_${package})
  install(EXPORT tactus_msgs_${package} NAMESPACE tactus:: DESTINATION share/${package}/cmake
          FILE ${package}-targets.cmake)
  install(FILES ${config} DESTINATION share/${package}/cmake)
endfunction()
