#pragma once

#include "models/base/result.h"

#include <QString>

#include <cstdint>

namespace mien {

class Project;

/// What an empty queue of flagged faces waits for.
struct QueueProspect
{
    std::int64_t faces = 0; ///< In the project.
    QString runToFlag;      ///< Newest finished run that learned labels; empty: none, or it is what flagged last.
    bool isFlagged = false; ///< A run has flagged, and found nothing or all of it is decided.
};

Result<QueueProspect> queueProspect(const Project &project);

} // namespace mien
