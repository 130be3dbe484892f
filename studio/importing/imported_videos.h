#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <QString>

#include <optional>
#include <vector>

namespace mien {

class Project;

/// A video that a search for faces would look at.
struct ImportedVideo
{
    QString path;         ///< Absolute.
    QString name;         ///< Below the imported root.
    double durationS = 0; ///< 0: not known.
    MediaId media = {};   ///< None: a file that is not in the project.
    /// Clockwise, as a person said; empty: as chosen for all. See MediaRow.
    std::optional<int> turnDeg = {};
};

/// Those that were never searched; all where each was. Without the recordings of UTA-RLDD that `mien extract` leaves
/// out, unless it is asked for them.
Result<std::vector<ImportedVideo>> importedVideos(const Project &project);

} // namespace mien
