#pragma once

#include "models/base/result.h"
#include "pipeline/store/ontology.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "studio/common/plots/confusion_matrix.h"

#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace mien {

/// How a run's predictions agree with the labels as they are now. Only predictions of networks that never trained on
/// the sample count.
struct RunJudgement
{
    ConfusionCounts counts;       ///< Classes that occur, in project order.
    std::vector<QString> classes; ///< Their canonical names.

    /// Empty where nothing was predicted as, or is labelled as the class.
    std::optional<double> precision(std::size_t classIndex) const;
    std::optional<double> recall(std::size_t classIndex) const;
    std::optional<double> f1(std::size_t classIndex) const;

    /// Faces whose prediction has a probability in one tenth of [0, 1].
    struct Tenth
    {
        int faces = 0;
        double meanProbability = 0, accuracy = 0; ///< 0 without faces.
    };
    std::vector<Tenth> tenths; ///< Ten, from low to high; empty without predictions.

    /// Expected calibration error over the tenths: mean over faces of |accuracy - mean probability| (Guo et al., On
    /// Calibration of Modern Neural Networks, ICML 2017, eq. 3).
    double calibrationError() const;
};

/// Predictions of a run without those of networks that were trained on the sample.
std::vector<PredictionRow> judgedPredictions(const Project &project, const std::string &run,
                                             const std::vector<SampleId> &learned);

/// @param classes  in project order
Result<RunJudgement> judgementOf(const Project &project, const std::string &run, const std::vector<SampleId> &learned,
                                 const std::vector<ExpressionClass> &classes);

} // namespace mien
