# SPDX-License-Identifier: Apache-2.0
# tactus_generate_messages(<package> FILES <file.msg>... [DEPENDS <package>...])
#
# Generates the C++ headers of a package of .msg files and makes the target tactus::msgs_<package>: link it and
# `#include <package/msg/type.hpp>`. DEPENDS names the packages whose types are used directly or indirectly.

set(TACTUS_MESSAGE_GENERATOR ${CMAKE_CURRENT_LIST_DIR}/../msg/generator/tactus_generate_messages.py
    CACHE INTERNAL "the generator of message headers")

function(tactus_generate_messages package)
  cmake_parse_arguments(ARG "" "" "FILES;DEPENDS" ${ARGN})
  set(root ${PROJECT_BINARY_DIR}/include/tactus_msgs)
  set(depends)
  set(messages)
  foreach(dependency ${ARG_DEPENDS})
    get_target_property(folder tactus_msgs_${dependency} TACTUS_MESSAGE_FOLDER)
    get_target_property(files tactus_msgs_${dependency} TACTUS_MESSAGE_FILES)
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
  set_target_properties(tactus_msgs_${package} PROPERTIES TACTUS_MESSAGE_FOLDER ${folder}
                                                          TACTUS_MESSAGE_FILES "${ARG_FILES}")
  target_include_directories(tactus_msgs_${package} INTERFACE ${root})
  target_link_libraries(tactus_msgs_${package} INTERFACE tactus::msg)
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(tactus_msgs_${package} INTERFACE tactus::msgs_${dependency})
  endforeach()
endfunction()
