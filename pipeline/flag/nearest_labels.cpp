#include "pipeline/flag/nearest_labels.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mien {

namespace {

constexpr std::size_t wantedNeighbours = 10;

float squaredDistance(const float *a, const float *b, std::size_t count)
{
    std::array<float, 8> sums{}; // eight at a time, so that the compiler may vectorise the sum
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (std::size_t j = 0; j < 8; ++j) {
            const float difference = a[i + j] - b[i + j];
            sums[j] += difference * difference;
        }
    float sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; i < count; ++i)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

} // namespace

Result<std::vector<float>> nearestLabels(std::span<const float> features, int dimensions,
                                         std::span<const std::int64_t> labels, int classes, const Job &job,
                                         std::size_t references)
{
    const auto size = static_cast<std::size_t>(dimensions);
    const auto columns = static_cast<std::size_t>(classes);
    std::vector<std::size_t> searched;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] >= 0)
            searched.push_back(i);
    if (searched.size() > references) {
        std::vector<std::size_t> spaced;
        for (std::size_t n = 0; n < references; ++n)
            spaced.push_back(searched[n * searched.size() / references]);
        searched = std::move(spaced);
    }

    // A block of samples shares each pass over the others, which stay in the cache meanwhile.
    constexpr std::size_t block = 64;
    std::vector<float> shares(labels.size() * columns);
    using Candidate = std::pair<float, std::size_t>; // distance, row
    std::array<std::vector<Candidate>, block> nearest;
    for (std::size_t start = 0; start < labels.size(); start += block) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The search for neighbours was stopped.");
        if (job.report && start % (16 * block) == 0)
            job.report({static_cast<std::int64_t>(start), static_cast<std::int64_t>(labels.size()), "neighbours"});
        const std::size_t end = std::min(start + block, labels.size());
        for (auto &heap : nearest)
            heap.clear();
        for (const std::size_t other : searched)
            for (std::size_t i = start; i < end; ++i) {
                if (i == other)
                    continue;
                auto &heap = nearest[i - start];
                const Candidate candidate{
                    squaredDistance(features.data() + i * size, features.data() + other * size, size), other};
                if (heap.size() < wantedNeighbours) {
                    heap.push_back(candidate);
                    std::push_heap(heap.begin(), heap.end());
                } else if (candidate < heap.front()) {
                    std::pop_heap(heap.begin(), heap.end());
                    heap.back() = candidate;
                    std::push_heap(heap.begin(), heap.end());
                }
            }
        for (std::size_t i = start; i < end; ++i)
            for (const Candidate &neighbour : nearest[i - start])
                shares[i * columns + static_cast<std::size_t>(labels[neighbour.second])] +=
                    1.0f / static_cast<float>(nearest[i - start].size());
    }
    return shares;
}

} // namespace mien
