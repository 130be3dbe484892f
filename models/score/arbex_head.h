#pragma once

#include "models/base/job.h"
#include "models/base/result.h"
#include "models/networks/reliability_balancing.h"

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace mien {

/// Reliability balancing on the frozen features of any trunk (`models.md` 10.2): standardised, linear to 128, then the
/// classifier, anchors and attention of ARBEx.
///
/// Everything it learns, the standardisation included, comes from the features it is given, which must be those of a
/// fold's training part.
class ArbexHead
{
public:
    /// @param features  [N, C] of the training part, CPU, fp32
    /// @param labels    I64 [N]
    /// Fails with Cancelled.
    static Result<ArbexHead> train(const torch::Tensor &features, const torch::Tensor &labels, int classes,
                                   std::uint64_t seed, const Job &job);

    /// What 4.9 keeps of each sample; rows never depend on each other.
    struct Scores
    {
        torch::Tensor final;           ///< L_final, [n, L]
        torch::Tensor primary;         ///< l
        torch::Tensor anchor;          ///< t_g
        torch::Tensor attentive;       ///< t_a
        torch::Tensor confidence;      ///< C(L_final), [n]
        torch::Tensor nearest;         ///< class and index of the nearest anchor, I64 [n, 2]
        torch::Tensor nearestDistance; ///< [n]
        /// Class and index of each of the three nearest anchors, nearest first, I64 [n, 6], and their distances [n, 3].
        torch::Tensor nearAnchors, nearAnchorDistances;
    };
    Scores score(const torch::Tensor &features) const;

    Result<> write(const std::filesystem::path &path, const std::string &modelHash) const;

private:
    struct Layers;
    explicit ArbexHead(std::shared_ptr<Layers> layers);
    std::shared_ptr<Layers> m_layers;
};

} // namespace mien
