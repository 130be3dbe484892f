#pragma once

// dlib's headers without its library: distributions build that without AVX2 and with a BLAS, of which finding faces
// needs neither. So the library's check that both are configured alike is off, as are its BLAS and LAPACK.
#define DLIB_TEST_FOR_ODR_VIOLATIONS_H_
#include <dlib/assert.h>
#undef DLIB_USE_BLAS
#undef DLIB_USE_LAPACK

#include <dlib/image_processing/object_detector.h>
#include <dlib/image_processing/scan_fhog_pyramid.h>
#include <dlib/image_processing/shape_predictor.h>
