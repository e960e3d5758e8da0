# SPDX-License-Identifier: Apache-2.0
# tactus::opencv: core, imgproc and video, and no more. Debian's OpenCVConfig.cmake comes with the package of all modules
# only, so that they are looked for by name.

find_path(TACTUS_OPENCV_INCLUDE opencv2/video/tracking.hpp PATH_SUFFIXES opencv4)
set(parts)
foreach(part core imgproc video)
  find_library(TACTUS_OPENCV_${part} opencv_${part})
  if(NOT TACTUS_OPENCV_${part} OR NOT TACTUS_OPENCV_INCLUDE)
    message(FATAL_ERROR "OpenCV's ${part} is not here: install libopencv-core-dev libopencv-imgproc-dev libopencv-video-dev")
  endif()
  list(APPEND parts ${TACTUS_OPENCV_${part}})
endforeach()
add_library(tactus_opencv INTERFACE)
add_library(tactus::opencv ALIAS tactus_opencv)
target_include_directories(tactus_opencv SYSTEM INTERFACE ${TACTUS_OPENCV_INCLUDE})
target_link_libraries(tactus_opencv INTERFACE ${parts})
