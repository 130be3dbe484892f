#pragma once

#include "models/explain/map_kinds.h"
#include "models/worker/compute.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/jobs/run_neighbours.h"
#include "pipeline/jobs/run_pack.h"
#include "pipeline/jobs/run_reliability.h"
#include "pipeline/store/project.h"
#include "pipeline/store/runs.h"
#include "pipeline/store/sample.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mien {

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
        FaceLandmarks landmarks; ///< In units of the crop's side; unknown where nobody told.
    };
    /// Invalid, listing what there is, where the run's network has no maps of that kind.
    /// @param first  the number of the first draw (`models.md` 2.7)
    Result<Answer> explain(SampleId sample, std::string_view kind, int draws, int first = 0) const;

    /// The face as the networks take it.
    Result<Picture> face(SampleId sample) const;

    /// Answers `{"id":1,"sample":7,"kind":"cam","class":"given","flip":true}` as `explain --serve` does; never fails
    /// (answerTo). Of kinds that show parts of a network (isOfParts()) `"part"` chooses one of the answer's `"parts"`;
    /// without it the map is their mean. `"draw":K` is the K-th draw of `models.md` 2.7, and the answer's `"erased"`
    /// what was erased: left, top, width, height in units of the side. `"classes":["given","predicted"]` answers
    /// several
    /// `"maps"` at once, each with its `"class"`, or where a network shows parts one of each `"part"`, and the
    /// `"regions"` of attentionShares(); `"regions_from"` says whether these lie by the face's own `"landmarks"` or by
    /// the `"template"`.
    ///
    /// `"kind":"neighbours"` answers `"neighbours":[ID,…]`, the nearest training samples, nearest first
    /// (RunNeighbours).
    /// `"kind":"kinds"`, which needs no sample, answers the `"kinds"` of maps that the networks have, the best first,
    /// what each is a `"map_of"` (ownerOfMaps()), and the `"classes"`. `"kind":"reliability"` answers what
    /// RunReliability knows: `"primary"`, `"anchor"`, `"attentive"` and `"balanced"`, each by class, `"confidence"`,
    /// and the nearest `"anchors"` with the `"faces"` next to them.
    nlohmann::json answer(const nlohmann::json &request);

private:
    RunExplainer(const Project &project, RunCrops crops, std::unique_ptr<Explainer> explainer,
                 const std::filesystem::path &runFolder);
    Result<nlohmann::json> kindsAnswer() const;
    Result<nlohmann::json> answered(const nlohmann::json &request, SampleId sample);
    Result<nlohmann::json> mapsAnswer(const nlohmann::json &request, const SampleRow &row, const std::string &kind);
    Result<nlohmann::json> reliabilityAnswer(SampleId sample);
    Result<int> classIn(const std::string &wanted, const SampleRow &row, int predicted) const;
    Result<nlohmann::json> neighboursAnswer(SampleId sample);

    const Project *m_project;
    RunCrops m_crops;
    std::unique_ptr<Explainer> m_explainer;
    RunNeighbours m_neighbours;
    RunReliability m_reliability;
    std::unordered_map<std::int64_t, int> m_folds; ///< Of the samples the run knew.
};

/// Writes `<sample>.<kind>.npy` and `<sample>.<kind>.png` for each sample; of kinds that show parts of a network the
/// picture is of their mean, and each has its own, `<sample>.<kind>.<part>.png`. Unknown samples are NotFound before
/// anything is written. @return fields of the result event: maps, classes, files, and of such kinds parts
Result<nlohmann::json> explainToFiles(const Project &project, const RunExplainer &explainer,
                                      std::span<const SampleId> samples, const std::string &kind,
                                      const std::filesystem::path &out, const Job &job);

} // namespace mien
