#pragma once

#include "models/base/result.h"

#include <QString>

#include <vector>

namespace mien {

class Project;

/// A video that a search for faces would look at.
struct ImportedVideo
{
    QString path;         ///< Absolute.
    QString name;         ///< Below the imported root.
    double durationS = 0; ///< 0: not known.
};

/// Those that were never searched; all where each was. Without the recordings of UTA-RLDD that `mien extract` leaves
/// out, unless it is asked for them.
Result<std::vector<ImportedVideo>> importedVideos(const Project &project);

} // namespace mien
