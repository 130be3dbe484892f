#pragma once

#include "models/base/result.h"

#include <exception>
#include <string>

namespace mien {

/// What an exception that came out of LibTorch or the standard library means, in words: NoSpace with the remedy where
/// memory ran out, of the device or of the machine; Internal with its first line otherwise.
/// @param what  was being done, as the beginning of the sentence: "train"
Error errorOf(const std::exception &exception, const std::string &what);

} // namespace mien
