#pragma once

#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"

#include <string>
#include <vector>

namespace mien {

/// Two runs side by side on the samples that both predicted out of fold. A run of one fold also predicts what its
/// network was trained on; such samples are left out, whichever of the two runs it was.
///
/// A prediction is right when it equals the sample's *current* label, the same for both runs, so that a run on
/// corrected labels and the one before are held to one measure.
struct RunComparison
{
    struct ClassLine
    {
        std::string name;
        std::int64_t samples = 0;
        double recallA = 0, recallB = 0;
        double f1A = 0, f1B = 0;
    };

    RunRow a, b;
    std::int64_t samples = 0; ///< Held out in both, with a current label.
    double accuracyA = 0, accuracyB = 0;
    double macroF1A = 0, macroF1B = 0;
    double lower = 0, upper = 0;  ///< 95 % interval of accuracyB - accuracyA (paired).
    std::vector<SampleId> fixed;  ///< Wrong in A, right in B.
    std::vector<SampleId> broken; ///< Right in A, wrong in B.
    std::vector<SampleId> bothWrong;
    std::int64_t leftOut = 0; ///< Predicted by both, with a current label, but learned by a network of one of them.
    std::vector<SampleId> learnedA, learnedB; ///< What the one network of a run of one fold was trained on.
    std::vector<ClassLine> classes;
};

/// NotFound names the run that is missing or has no predictions, Conflict the ones that were trained on all that could
/// be compared. Reads `runs/<id>/predictions.safetensors` of a run of one fold; without it the comparison fails.
Result<RunComparison> compareRuns(const Project &project, const std::string &a, const std::string &b);

} // namespace mien
