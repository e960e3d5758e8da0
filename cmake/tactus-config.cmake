# SPDX-License-Identifier: Apache-2.0
# find_package(tactus CONFIG): what other packages build nodes, messages and tests with.
#   targets    tactus::node_api, tactus::testing (the Harness), tactus::accuracy (trajectory errors), tactus::msgs_<package>, tactus::middleware, tactus::msg
#   functions  tactus_add_node, tactus_add_conformance_test, tactus_generate_messages
include(CMakeFindDependencyMacro)
find_dependency(fmt)
find_dependency(nlohmann_json)
find_dependency(Eigen3 NO_MODULE)
include(${CMAKE_CURRENT_LIST_DIR}/tactus-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/TactusMessages.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/TactusNode.cmake)

# The definitions of the messages that come with tactus.
get_filename_component(tactus_message_folder ${CMAKE_CURRENT_LIST_DIR}/../msg ABSOLUTE)
file(GLOB tactus_message_packages RELATIVE ${tactus_message_folder} ${tactus_message_folder}/*)
foreach(package ${tactus_message_packages})
  set_target_properties(tactus::msgs_${package} PROPERTIES
                        TACTUS_MESSAGE_FOLDER ${tactus_message_folder}/${package})
endforeach()
