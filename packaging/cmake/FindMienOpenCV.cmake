# OpenCV's core, imgproc and imgcodecs. Debian ships OpenCVConfig.cmake only in libopencv-dev, which
# brings VTK, GDAL's headers and 300 MB more; the three -dev packages we need suffice for this.
#
# Gives: mien::opencv
find_path(MienOpenCV_INCLUDE opencv2/core.hpp PATH_SUFFIXES opencv4)
set(_required MienOpenCV_INCLUDE)
foreach(_module core imgproc imgcodecs)
    find_library(MienOpenCV_${_module} opencv_${_module})
    list(APPEND _required MienOpenCV_${_module})
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MienOpenCV REQUIRED_VARS ${_required})
if(MienOpenCV_FOUND AND NOT TARGET mien::opencv)
    add_library(mien::opencv INTERFACE IMPORTED)
    target_include_directories(mien::opencv SYSTEM INTERFACE ${MienOpenCV_INCLUDE})
    target_link_libraries(mien::opencv INTERFACE ${MienOpenCV_imgcodecs} ${MienOpenCV_imgproc} ${MienOpenCV_core})
endif()
