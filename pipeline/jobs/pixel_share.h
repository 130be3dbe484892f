#pragma once

#include "models/base/result.h"
#include "pipeline/imaging/imaging.h"

#include <nlohmann/json.hpp>

#include <cstddef>

namespace mien {

/// Hands pictures to the program that asks for them without writing them out: a file that exists in memory alone and is
/// gone with this process. Holds the newest picture.
class PixelShare
{
public:
    PixelShare() = default;
    ~PixelShare();
    PixelShare(const PixelShare &) = delete;
    PixelShare &operator=(const PixelShare &) = delete;

    /// `{"file":"/proc/…","bytes":n,"stride":3w,"format":"rgb888"}`: what to open and map, good until the next put().
    /// @param picture  3 channels
    Result<nlohmann::json> put(const Picture &picture);

private:
    int m_descriptor = -1;
};

} // namespace mien
