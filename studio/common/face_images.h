#pragma once

#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <QImage>

#include <filesystem>
#include <memory>

namespace mien {

/// Pictures of samples from the crop packs and the thumbnail store. Thread-safe: workers share it.
class FaceImages
{
public:
    /// Opens the packs on first use, on the thread that asks first.
    explicit FaceImages(std::filesystem::path projectFolder);
    ~FaceImages();

    /// The crop at its own size; null when the sample has none or its codec is not ours to decode.
    QImage crop(CropId crop) const;
    /// A picture for a cell of `sidePx` device pixels: the small store first, else the crop; never larger than needed.
    QImage thumbnail(const SampleRow &sample, int sidePx) const;
    void reload() const; ///< After a job appended crops or thumbnails.

private:
    struct State;
    std::unique_ptr<State> m_state;
};

/// Planar u8 (1 or 3 channels) as an image; null when the sizes do not fit.
QImage imageOfPlanes(const std::uint8_t *bytes, std::size_t size, int widthPx, int heightPx, int channels);
/// JPEG decoded at the smallest scale that still covers `sidePx` (0: full size); null when it is damaged.
QImage imageOfJpeg(const std::uint8_t *bytes, std::size_t size, int sidePx);

} // namespace mien
