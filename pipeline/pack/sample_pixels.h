#pragma once

#include "models/base/result.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/store/crop_pack.h"
#include "pipeline/store/sample.h"
#include "pipeline/store/sources.h"

namespace mien {

class Project;

/// The pixels of samples, wherever they lie: kept crops of the project, else the picture file itself, upright, cut to
/// the sample's box. Thread-safe.
class SamplePixels
{
public:
    /// Fails with NotFound when pictures have to be decoded and the imaging module is missing.
    static Result<SamplePixels> open(const Project &project);

    /// @param crop  of the sample's row
    Result<Picture> read(const std::optional<CropId> &crop, const SampleFacts &origin) const;
    const Imaging &codec() const { return *m_codec; }

private:
    SamplePixels(std::unique_ptr<CropReader> crops, const Imaging *codec)
        : m_crops(std::move(crops))
        , m_codec(codec)
    {
    }
    std::unique_ptr<CropReader> m_crops;
    const Imaging *m_codec;
};

/// Why a sample was left out, as reports spell it: MISSING_FILE where its original is gone, else UNREADABLE_FILE.
std::string reasonOf(const Error &unread);

/// The largest square in the middle, scaled to `sidePx`.
Picture squareOf(const Imaging &codec, const Picture &picture, int sidePx);

} // namespace mien
