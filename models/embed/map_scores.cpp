#include "models/embed/map_scores.h"

#include "models/embed/planar_neighbours.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mien {

namespace {

constexpr int kNeighbours = 5; // as scikit-learn has it, so that figures can be compared
constexpr int kNearestForDistortion = 30;
constexpr std::int64_t kJudged = 4096;
constexpr std::int64_t kBlock = 64; // rows

/// By how many places those of `chosen` that are not among the k nearest miss them: sum of (rank - k).
/// @param squared  [N] distances from the row to all, itself included
double misplacement(std::span<const float> squared, std::int64_t row, std::span<const std::int32_t> chosen,
                    std::span<const std::int32_t> nearest)
{
    std::array<float, kNeighbours> limits{};
    std::array<std::int32_t, kNeighbours> who{};
    std::size_t strangers = 0;
    for (const std::int32_t other : chosen)
        if (std::find(nearest.begin(), nearest.end(), other) == nearest.end()) {
            limits[strangers] = squared[std::size_t(other)];
            who[strangers++] = other;
        }
    double sum = 0;
    for (std::size_t s = 0; s < strangers; ++s) {
        int nearer = 0; // the rank counts from 1; equally far ones stand in their order
        for (std::size_t i = 0; i < squared.size(); ++i)
            nearer += squared[i] < limits[s];
        for (std::int32_t i = 0; i < who[s]; ++i)
            nearer += squared[std::size_t(i)] == limits[s];
        nearer -= squared[std::size_t(row)] < limits[s] || (squared[std::size_t(row)] == limits[s] && row < who[s]);
        sum += double(std::max(nearer + 1 - int(nearest.size()), 0));
    }
    return sum;
}

/// Squared distances from rows first to first + count - 1 of `table` [N, D] to all, in fp32 without cancellation where
/// rows are close.
torch::Tensor distancesFrom(const torch::Tensor &table, const torch::Tensor &norms, const torch::Tensor &rows)
{
    const auto some = table.index_select(0, rows);
    return (norms.index_select(0, rows).unsqueeze(1) + norms.unsqueeze(0) - 2 * torch::mm(some, table.t()))
        .clamp_min_(0)
        .contiguous();
}

} // namespace

Result<MapFaithfulness> mapFaithfulness(std::span<const float> points, int dimensions, std::span<const float> layout,
                                        const Neighbours &nearest, const Job &job)
{
    const torch::NoGradGuard noGradients;
    const auto count = std::int64_t(layout.size() / 2);
    MapFaithfulness result;
    result.neighbours = int(std::min<std::int64_t>({kNeighbours, (count - 1) / 2, nearest.width}));
    if (result.neighbours < 1 || count < 4)
        return fail(ErrorCode::Invalid, "a map of " + std::to_string(count) + " rows has no neighbourhoods to compare");
    const auto k = std::size_t(result.neighbours);
    const auto wide = std::size_t(std::min(nearest.width, kNearestForDistortion));
    const auto inMap = planarNeighbours(layout, int(wide), job);
    if (!inMap)
        return fail(inMap.error());
    const auto inData = [&](std::int64_t row, std::size_t number) {
        return std::span(nearest.rows).subspan(std::size_t(row * nearest.width), number);
    };
    const auto mapped = [&](std::int64_t row, std::size_t number) {
        return std::span(*inMap).subspan(std::size_t(row) * wide, number);
    };
    result.distortion.resize(std::size_t(count));
    torch::parallel_for(0, count, 1024, [&](std::int64_t begin, std::int64_t end) {
        std::vector<std::int32_t> both;
        for (std::int64_t row = begin; row < end; ++row) {
            std::vector<std::int32_t> a(inData(row, wide).begin(), inData(row, wide).end());
            std::vector<std::int32_t> b(mapped(row, wide).begin(), mapped(row, wide).end());
            std::sort(a.begin(), a.end());
            std::sort(b.begin(), b.end());
            both.clear();
            std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
            result.distortion[std::size_t(row)] = 1.0f - float(both.size()) / float(wide);
        }
    });

    result.judged = std::min(count, kJudged);
    auto table = torch::from_blob(const_cast<float *>(points.data()), {count, dimensions});
    table = table - table.mean(0);
    const auto norms = table.square().sum(1);
    double strangersInMap = 0, strangersInData = 0;
    for (std::int64_t first = 0; first < result.judged; first += kBlock) {
        if (job.stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The comparison of the map with the features was stopped.");
        const std::int64_t size = std::min(kBlock, result.judged - first);
        auto rows = torch::empty({size}, torch::kInt64);
        for (std::int64_t i = 0; i < size; ++i)
            rows.data_ptr<std::int64_t>()[i] = (first + i) * count / result.judged;
        const auto squared = distancesFrom(table, norms, rows);
        std::vector<double> sums(std::size_t(2 * size));
        torch::parallel_for(0, size, 1, [&](std::int64_t begin, std::int64_t end) {
            std::vector<float> flat(static_cast<std::size_t>(count));
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t row = rows.data_ptr<std::int64_t>()[i];
                const std::span<const float> far(squared.data_ptr<float>() + i * count, std::size_t(count));
                sums[std::size_t(2 * i)] = misplacement(far, row, mapped(row, k), inData(row, k));
                const float x = layout[std::size_t(2 * row)], y = layout[std::size_t(2 * row) + 1];
                for (std::size_t j = 0; j < flat.size(); ++j)
                    flat[j] =
                        (layout[2 * j] - x) * (layout[2 * j] - x) + (layout[2 * j + 1] - y) * (layout[2 * j + 1] - y);
                sums[std::size_t(2 * i) + 1] = misplacement(flat, row, inData(row, k), mapped(row, k));
            }
        });
        for (std::size_t i = 0; i < sums.size(); i += 2) {
            strangersInMap += sums[i];
            strangersInData += sums[i + 1];
        }
        if (job.report)
            job.report({first + size, result.judged, "scores"});
    }
    const double scale = 2.0 / (double(result.judged) * double(k) * (2.0 * double(count) - 3.0 * double(k) - 1.0));
    result.trustworthiness = 1 - scale * strangersInMap;
    result.continuity = 1 - scale * strangersInData;
    return result;
}

} // namespace mien
