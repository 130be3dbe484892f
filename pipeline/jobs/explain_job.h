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
        PointsInSquare points; ///< In units of the crop's side; unknown where nobody told.
    };
    /// Invalid, listing what there is, where the run's network has no maps of that kind.
    /// @param first   the number of the first draw (`models.md` 2.7)
    /// @param mirror  the mirrored view too (Explainer::explain())
    Result<Answer> explain(SampleId sample, std::string_view kind, int draws, int first = 0, bool mirror = true) const;

    /// A face of which patches are hidden, as a masked auto-encoder draws it: the run's network, or that of the run
    /// which it started from. Invalid where there is none, naming what can be explained.
    /// @param mask  number of the choice of patches
    Result<Explainer::Drawing> draw(SampleId sample, int mask) const;

    /// What the run's networks can show, the best first.
    Result<std::vector<std::string>> kinds() const;

    /// The face as the networks take it.
    Result<Picture> face(SampleId sample) const;

    /// Answers `{"id":1,"sample":7,"kind":"cam","class":"given","flip":true}` as `explain --serve` does; never fails
    /// (answerTo). Of kinds that show parts of a network (isOfParts()) `"part"` chooses one of the answer's `"parts"`;
    /// without it the map is their mean. `"draw":K` is the K-th draw of `models.md` 2.7, and the answer's `"erased"`
    /// what was erased: left, top, width, height in units of the side. `"hidden"` are cells that the network never
    /// looks at (Q mask). `"classes":["given","predicted"]` answers several `"maps"` at once, each with its `"class"`,
    /// or where a network shows parts one of each `"part"`, its own `"h"` and `"w"`, and the `"regions"` of
    /// attentionShares(); `"regions_from"` says whether these lie by the face's own `"68 points"` or `"5 points"`, or
    /// by the `"template"`. With `"mirror":false` the answer comes in half the time, without `"flip_f32"`, and says of
    /// the view alone what is probable and predicted; the same request without it then takes the other half.
    ///
    /// `"kind":"reconstruction"` answers Explainer::Drawing of the mask `"draw"`: `"side"`, `"channels"`,
    /// `"original_u8"` and `"drawn_u8"` (rows of pixels, base64), `"cells"` along a side, the `"hidden"` ones with
    /// their
    /// `"errors"` and the mean `"error"`, `"normalised"`, and the `"run"` whose network drew it.
    ///
    /// `"kind":"neighbours"` answers `"neighbours":[ID,…]`, the nearest training samples, nearest first
    /// (RunNeighbours). `"kind":"kinds"`, which needs no sample, answers the `"kinds"` that the networks have, the best
    /// first, what each is a `"map_of"` (ownerOfMaps()), and the `"classes"`. `"kind":"reliability"` answers what
    /// RunReliability knows: `"primary"`, `"anchor"`, `"attentive"` and `"balanced"`, each by class, `"confidence"`,
    /// and the nearest `"anchors"` with the `"faces"` next to them; `"similarity"` is 1 for the nearest.
    nlohmann::json answer(const nlohmann::json &request);

private:
    RunExplainer(const Project &project, RunCrops crops, std::unique_ptr<Explainer> explainer,
                 const std::filesystem::path &runFolder);
    Result<nlohmann::json> kindsAnswer() const;
    Result<nlohmann::json> answered(const nlohmann::json &request, SampleId sample);
    Result<nlohmann::json> mapsAnswer(const nlohmann::json &request, const SampleRow &row, const std::string &kind);
    Result<nlohmann::json> drawingAnswer(const nlohmann::json &request, SampleId sample) const;
    Result<nlohmann::json> reliabilityAnswer(SampleId sample);
    struct Asked
    {
        RunCrops::Crop crop;
        int fold;
    };
    Result<Asked> asked(SampleId sample) const;
    Result<> judges() const; ///< NotFound where the run only learned to draw.
    Result<int> classIn(const std::string &wanted, const SampleRow &row, int predicted) const;
    Result<nlohmann::json> neighboursAnswer(SampleId sample);

    const Project *m_project;
    RunCrops m_crops;
    std::unique_ptr<Explainer> m_explainer;
    bool m_learnedLabels = true; ///< Else it judges no faces, and is never scored.
    RunNeighbours m_neighbours;
    RunReliability m_reliability;
    std::unordered_map<std::int64_t, int> m_folds; ///< Of the samples the run knew.
};

/// Writes `<sample>.<kind>.npy` and `<sample>.<kind>.png` for each sample (explanation_files.h); of kinds that show
/// parts of a network the picture is of their mean, and each has its own, `<sample>.<kind>.<part>.png`; of a
/// reconstruction it is the original, masked and drawn face and its errors, side by side. Unknown samples are NotFound
/// before anything is written. @return fields of the result event: maps, classes, files, and of such kinds parts
Result<nlohmann::json> explainToFiles(const Project &project, const RunExplainer &explainer,
                                      std::span<const SampleId> samples, const std::string &kind,
                                      const std::filesystem::path &out, const Job &job);

} // namespace mien
