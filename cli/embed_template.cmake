# SPDX-License-Identifier: Apache-2.0
# embed_template(<folder> <output>): the files of a folder, *.in, as a C++ table of path and text.
function(embed_template folder output)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS LIST_DIRECTORIES false RELATIVE ${folder} ${folder}/*.in ${folder}/.*.in)
  list(REMOVE_DUPLICATES files)
  list(SORT files)
  set(entries "")
  foreach(file ${files})
    file(READ ${folder}/${file} text)
    string(REGEX REPLACE "\\.in$" "" path ${file})
    string(APPEND entries "    {\"${path}\", R\"template(${text})template\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${file})
  endforeach()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT [=[
#include "package_template.hpp"

namespace rtctl {
namespace {

constexpr TemplateFile kFiles[] = {
@entries@};

}  // namespace

std::span<const TemplateFile> package_template() noexcept { return kFiles; }

}  // namespace rtctl
]=])
endfunction()
