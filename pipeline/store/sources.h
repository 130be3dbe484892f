#pragma once

#include "models/base/result.h"
#include "pipeline/store/sample.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mien {

class Project;

/// What a sample was when it was imported: the part of NewSample that lists do not show, many at once, for
/// exports and packs.
struct SampleFacts
{
    SampleId id;
    std::int64_t source = 0; ///< The imported data set it came from: subjects of different ones are different people.
    std::string importer;
    std::filesystem::path mediaPath;
    std::string mediaKind; ///< image, video, table
    int orientation = 1;
    std::string sourceKey, nativeLabel, nativeSpace, nativeSplit, origin;
    std::optional<int> fold;
    std::optional<std::int64_t> timeUs;
    std::optional<BoxPx> box;
    std::optional<Hash128> pixelHash;
};
/// In the order asked for. Unknown ids are left out.
Result<std::vector<SampleFacts>> sampleFacts(const Project &project, std::span<const SampleId> ids);

/// Samples that earlier imports of the same source brought and this one did not bring again. They stay.
struct SamplesLeft
{
    std::int64_t count = 0;
    std::string first; ///< Its source.
};
Result<SamplesLeft> samplesNotBroughtAgain(const Project &project, ImportId import);

} // namespace mien
