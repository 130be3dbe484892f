#pragma once

#include "models/base/result.h"
#include "pipeline/store/ids.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
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
        std::vector<SampleId> faces; ///< Whose nearest anchor it is, nearest to it first; not the sample itself.
    };
    std::vector<Anchor> anchors; ///< Nearest first.
};

/// The scores of the reliability head of a run, in `scores.safetensors` of its folder.
class RunReliability
{
public:
    explicit RunReliability(std::filesystem::path runFolder)
        : m_runFolder(std::move(runFolder))
    {
    }

    /// Anchors of different folds are different points: faces are those that the same network judged. The file is read
    /// at the first question and again when it changed. NotFound: not scored yet, scored without a head (too few
    /// samples) or before anchors were kept, or a sample that was not scored. Invalid: the file is damaged.
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
    Result<> load();

    std::filesystem::path m_runFolder;
    std::filesystem::file_time_type m_loaded{};
    std::size_t m_classes = 0, m_anchorsKept = 0;
    std::vector<std::int64_t> m_samples, m_folds, m_nearAnchors;
    std::vector<float> m_primary, m_anchor, m_attentive, m_final, m_confidence, m_distances;
    std::unordered_map<std::int64_t, std::size_t> m_rows;                            ///< Of a sample.
    std::unordered_map<AnchorKey, std::vector<std::size_t>, AnchorHash> m_rowsOf; ///< Of an anchor, nearest first.
};

} // namespace mien
