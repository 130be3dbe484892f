#pragma once

#include "models/base/result.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// 8-bit picture, rows from the top, interleaved channels (1 grey or 3 RGB).
struct Picture
{
    int widthPx = 0, heightPx = 0, channels = 0;
    std::vector<std::uint8_t> pixels;
    bool truncated = false; ///< The data ended early: rows are missing, or (progressive JPEG) their detail.
    int decodedRows = 0;    ///< Rows before the data ended; heightPx when complete.
    int orientation = 1;    ///< EXIF, 1–8; not applied.
    bool grayAsRgb = false; ///< Stored as three equal channels.
};

/// Decoding and encoding with OpenCV, in a module of its own (lib/libmien-imaging.so) that is loaded at first use:
/// its libraries take 0.3 s of CPU to load. Thread-safe.
class Imaging
{
public:
    virtual ~Imaging() = default;

    /// The type is decided by the bytes. Refuses more than 20,000 px a side or 100 Mpx before decoding.
    /// Transparency is dropped, 16 bit reduced to 8.
    /// Unreadable: the message says what it is instead (empty, HTML, LFS pointer, truncated at row n).
    /// @param leastRows  share of the rows that must be there, 0–1: below it a cut-off picture is an error,
    ///                   above it `truncated` is set
    /// @param enoughPx   > 0: for a small picture of it. A JPEG then comes at a half, a quarter or an eighth of its
    /// size,
    ///                   where its longer side keeps that many pixels
    virtual Result<Picture> decode(std::span<const std::uint8_t> bytes, double leastRows = 0.9,
                                   int enoughPx = 0) const = 0;
    virtual std::vector<std::uint8_t> encodeJpeg(const Picture &picture, int quality) const = 0;
    virtual std::vector<std::uint8_t> encodePng(const Picture &picture) const = 0;
    /// Area filter when shrinking, bilinear when growing.
    virtual Picture resized(const Picture &picture, int widthPx, int heightPx) const = 0;
    /// Pixel (x, y) of the result is `picture` at (m₀ x + m₁ y + m₂, m₃ x + m₄ y + m₅), pixel centres at whole numbers:
    /// bilinear, averaged over what it covers where that is more than a pixel, edges repeated outside.
    virtual Picture warped(const Picture &picture, const std::array<double, 6> &m, int widthPx, int heightPx) const = 0;
};

/// Loads the module on the first call; fails with NotFound when it is missing.
Result<const Imaging *> imaging();

/// The picture as a person should see it: EXIF orientation applied, `orientation` 1.
Picture upright(Picture picture);

/// One channel; three equal or different ones are weighted as ITU-R 601 (0.299, 0.587, 0.114).
Picture grey(const Picture &picture);

/// Three channels; a grey one is repeated.
Picture rgb(Picture picture);

} // namespace mien

extern "C" const mien::Imaging *mienImaging();
