# SPDX-License-Identifier: Apache-2.0
# Compiler settings of every target of this project, and ccache where it is installed.

find_program(TACTUS_CCACHE ccache)
if(TACTUS_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TACTUS_CCACHE})
endif()

# tactus_compile(target): warnings as errors and, where chosen, the sanitizers. A shared library calls its own functions directly: a call
# through its linkage table would cost a cache line each, after every sleep.
function(tactus_compile target)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "SHARED_LIBRARY" AND NOT TACTUS_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-Bsymbolic-functions)
    target_compile_options(${target} PRIVATE -fno-semantic-interposition)
  endif()
  # -Wrestrict: false alarms on std::string in GCC 12 (GCC bug 105651).
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-restrict)
    if(TACTUS_SANITIZE)  # and -Wmaybe-uninitialized on std::optional in instrumented code
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
  endif()
endfunction()

if(TACTUS_SANITIZE)
  add_compile_options(-fsanitize=${TACTUS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TACTUS_SANITIZE})
endif()

# tactus_test(name SOURCES files... LIBRARIES targets... [LABELS labels...] [ENVIRONMENT A=B...]
#             [RUN_WITH program] [TIMEOUT seconds])
# One GoogleTest program. Its tests are known to CTest as one entry; run it directly to filter.
# A test labelled system uses all cores and real time: no other such test runs beside it.
function(tactus_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;RUN_WITH" "SOURCES;LIBRARIES;LABELS;ENVIRONMENT" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${ARG_SOURCES})
  tactus_compile(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} GTest::gmock_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${ARG_RUN_WITH} $<TARGET_FILE:${name}>)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" ENVIRONMENT "${ARG_ENVIRONMENT}"
                                          TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77)
  if("system" IN_LIST ARG_LABELS)
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK machine)
  endif()
endfunction()

# tactus_system_test(name COMMAND program arguments... [LABELS labels...] [ENVIRONMENT A=B...] [TIMEOUT seconds])
# A program that runs as if it had a machine to itself (tests/support/in_namespace.sh), or is skipped where it may not.
function(tactus_system_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "COMMAND;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 180)
  endif()
  add_test(NAME ${name} COMMAND ${PROJECT_SOURCE_DIR}/tests/support/in_namespace.sh ${ARG_COMMAND}
           WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "system;${ARG_LABELS}" ENVIRONMENT "${ARG_ENVIRONMENT}" RESOURCE_LOCK machine
                                          TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77)
endfunction()
