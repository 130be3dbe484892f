#pragma once

#include "models/worker/compute.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/jobs/run_neighbours.h"
#include "pipeline/jobs/run_pack.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"

#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mien {

/// What can be shown of where a network looks.
///     cam        raw class maps [L, h, w] of the network that did not see the sample
///     gradcam    ReLU of the gradient-weighted maps [L, h, w]; gradcam++ likewise
///     rollout    attention of transformer blocks from the class token to the patches, [L, h, w], for every class alike
///     attention  the first of them that the network has
///     flip       [T + 1, 2, L, h, w] of that: draw (0 without erasing), view and mirrored view as computed
inline constexpr std::array<std::string_view, 6> mapKinds{"cam",     "gradcam",   "gradcam++",
                                                          "rollout", "attention", "flip"};
bool isMapKind(std::string_view name);

/// A run's networks, kept warm for repeated questions about any sample. For one thread.
class RunExplainer
{
public:
    /// NotFound (no such run), Conflict (not finished), or what loading its networks or pack says.
    static Result<RunExplainer> open(const Project &project, Compute &compute, const std::string &run,
                                     const std::string &device, const Job &job);

    const std::vector<std::string> &classes() const { return m_crops.classes(); }

    struct Answer
    {
        std::vector<Explainer::Maps> draws;
    };
    /// Invalid, listing what there is, where the run's network has no maps of that kind.
    Result<Answer> explain(SampleId sample, std::string_view kind, int draws) const;

    /// The face as the networks take it.
    Result<Picture> face(SampleId sample) const;

    /// Answers `{"id":1,"sample":7,"kind":"cam","class":"given","flip":true}` as `explain --serve` does; never fails
    /// (answerTo). `"kind":"neighbours"` answers `"neighbours":[ID,…]`, the nearest training samples, nearest first
    /// (RunNeighbours).
    nlohmann::json answer(const nlohmann::json &request);

private:
    RunExplainer(const Project &project, RunCrops crops, std::unique_ptr<Explainer> explainer,
                 RunNeighbours neighbours);
    Result<nlohmann::json> answered(const nlohmann::json &request, SampleId sample);
    Result<nlohmann::json> neighboursAnswer(SampleId sample);

    const Project *m_project;
    RunCrops m_crops;
    std::unique_ptr<Explainer> m_explainer;
    RunNeighbours m_neighbours;
    std::unordered_map<std::int64_t, int> m_folds; ///< Of the samples the run knew.
};

/// Writes `<sample>.<kind>.npy` and `<sample>.<kind>.png` for each sample; unknown samples are NotFound before anything
/// is written. @return fields of the result event: maps, classes, files
Result<nlohmann::json> explainToFiles(const Project &project, const RunExplainer &explainer,
                                      std::span<const SampleId> samples, const std::string &kind,
                                      const std::filesystem::path &out, const Job &job);

} // namespace mien
