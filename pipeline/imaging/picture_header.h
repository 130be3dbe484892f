#pragma once

#include "models/base/result.h"
#include "pipeline/imaging/content_kind.h"

#include <cstdint>
#include <span>

namespace mien {

/// What the header of a picture says, read without decoding and without any library.
struct PictureHeader
{
    ContentKind kind = ContentKind::Unknown;
    int widthPx = 0, heightPx = 0;
    int orientation = 1; ///< EXIF, 1–8.
    /// It holds several pictures. Of a GIF and a PNG the first one is decoded, of a WebP none.
    bool isAnimated = false;
};

inline constexpr int maxPictureSidePx = 20'000;
inline constexpr std::int64_t maxPicturePixels = 100'000'000;

/// Fails with Unreadable: not a picture (the message says what it is), a header that is cut off, or dimensions that
/// are zero or beyond maxPictureSidePx / maxPicturePixels.
Result<PictureHeader> pictureHeader(std::span<const std::uint8_t> bytes);

} // namespace mien
