#pragma once

#include <cstddef>

namespace mien {

/// dlib's frontal face detector as dlib serializes it; made at build time by write_frontal_detector.cpp.
extern const unsigned char frontalDetectorBytes[];
extern const std::size_t frontalDetectorSize;

} // namespace mien
