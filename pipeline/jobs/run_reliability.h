#pragma once

#include "models/base/result.h"
#include "pipeline/jobs/run_score_file.h"
#include "pipeline/store/ids.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <unordered_map>
#include <vector>

namespace mien {

/// What reliability balancing (`models.md` 4.9, 10.2) says about one sample. Distributions are over the run's classes.
struct Reliability
{
    std::vector<float> primary;   ///< l: as the classifier says it.
    std::vector<float> anchor;    ///< t_g: by the anchors that lie near.
    std::vector<float> attentive; ///< t_a: by attention over the embedding.
    std::vector<float> balanced;  ///< L_final.
    float confidence = 0;         ///< Of the balanced one, 0 to 1.

    struct Anchor
    {
        int cls = 0;
        int index = 0; ///< Within its class.
        float distance = 0;
        float similarity = 0; ///< s_ij by that of the nearest anchor, which has 1.
        /// Other samples that have it among their nearest anchors, nearest to it first.
        std::vector<SampleId> faces;
    };
    std::vector<Anchor> anchors; ///< Nearest first.
};

/// The scores of the reliability head of a run, in `scores.safetensors` of its folder.
class RunReliability
{
public:
    explicit RunReliability(std::filesystem::path runFolder)
        : m_scores(std::move(runFolder))
    {
    }

    /// Anchors of different folds are different points: faces are those that the same network judged. NotFound: not
    /// scored yet, scored without a head (too few samples) or before anchors were kept, or a sample that was not
    /// scored. Invalid: the file is damaged.
    /// @param faces  at most so many of each anchor
    Result<Reliability> of(SampleId sample, std::size_t faces);

private:
    using AnchorKey = std::array<std::int64_t, 3>; ///< Fold, class, index.
    struct AnchorHash
    {
        std::size_t operator()(const AnchorKey &key) const
        {
            return std::size_t(key[0] * 1'000'003 + key[1] * 1009 + key[2]);
        }
    };
    struct Near
    {
        float distance;
        std::size_t row;
    };
    /// What a file holds of the head; nothing where there was none.
    struct Head
    {
        std::size_t classes = 0, anchorsKept = 0;
        std::vector<std::int64_t> folds, nearAnchors;
        std::vector<float> primary, anchor, attentive, final, confidence, distances;
        std::unordered_map<AnchorKey, std::vector<Near>, AnchorHash> near; ///< To an anchor, nearest first.
    };
    AnchorKey keyAt(std::size_t row, std::size_t number) const; ///< Of a row's anchor, the nearest one first.
    Result<> take(const SafetensorsFile &file);

    RunScoreFile m_scores;
    Head m_head;
};

} // namespace mien
