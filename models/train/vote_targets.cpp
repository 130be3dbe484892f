#include "models/train/vote_targets.h"

#include <algorithm>
#include <numeric>

namespace mien {

VoteTargets voteTargets(const TrainingPack &pack, std::span<const std::int64_t> labels)
{
    const std::size_t classes = pack.classes().size();
    VoteTargets targets{std::vector<float>(pack.count() * classes, 0.f), std::vector<bool>(pack.count(), false)};
    for (std::size_t row = 0; row < pack.count(); ++row) {
        const auto target = std::span(targets.distributions).subspan(row * classes, classes);
        if (!pack.voteOptions().empty()) {
            const auto counts = pack.votes(row);
            const auto most = std::max_element(counts.begin(), counts.end()); // the first of equals: a class
            if (*most > 0 && std::size_t(most - counts.begin()) < classes) {
                const auto votes = std::accumulate(counts.begin(), counts.begin() + std::ptrdiff_t(classes), 0.0);
                std::transform(counts.begin(), counts.begin() + std::ptrdiff_t(classes), target.begin(),
                               [&](std::int32_t count) { return float(count / votes); });
                targets.isVoted[row] = true;
                continue;
            }
        }
        if (labels[row] >= 0)
            target[std::size_t(labels[row])] = 1;
    }
    return targets;
}

} // namespace mien
