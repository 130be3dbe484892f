#pragma once

#include "studio/common/job_info.h"

namespace mien {

/// Whether a job is the command `verb` of `mien`.
inline bool isOfVerb(const JobInfo &job, QLatin1String verb)
{
    return !job.arguments.isEmpty() && job.arguments.first() == verb;
}

inline bool isTraining(const JobInfo &job)
{
    return isOfVerb(job, QLatin1String("train"));
}

inline bool isFlagging(const JobInfo &job)
{
    return isOfVerb(job, QLatin1String("flag"));
}

} // namespace mien
