# dlib's headers, and its library for a program that runs at build time (pipeline/dlib/write_frontal_detector.cpp).
# Optional: without it there is no --detector dlib-hog and no --align 68.
# Gives: MienDlib_FOUND, MienDlib_INCLUDE, MienDlib_LIBRARY
find_path(MienDlib_INCLUDE dlib/image_processing/frontal_face_detector.h)
find_library(MienDlib_LIBRARY dlib)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MienDlib REQUIRED_VARS MienDlib_INCLUDE MienDlib_LIBRARY
    REASON_FAILURE_MESSAGE "going on without dlib's face detector and 68 landmarks")
mark_as_advanced(MienDlib_INCLUDE MienDlib_LIBRARY)
