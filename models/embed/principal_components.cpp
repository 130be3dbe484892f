#include "models/embed/principal_components.h"

#include <torch/torch.h>

#include <algorithm>

namespace mien {

std::vector<double> principalComponents(std::span<const float> points, int dimensions, int axes)
{
    const torch::NoGradGuard noGradients;
    constexpr std::int64_t block = 8192; // rows in fp64 at a time
    const auto count = std::int64_t(points.size()) / dimensions;
    const auto table = torch::from_blob(const_cast<float *>(points.data()), {count, dimensions});
    auto mean = torch::zeros({dimensions}, torch::kFloat64);
    for (std::int64_t first = 0; first < count; first += block)
        mean += table.narrow(0, first, std::min(block, count - first)).to(torch::kFloat64).sum(0);
    mean /= double(count);
    auto covariance = torch::zeros({dimensions, dimensions}, torch::kFloat64);
    for (std::int64_t first = 0; first < count; first += block) {
        const auto rows = table.narrow(0, first, std::min(block, count - first)).to(torch::kFloat64) - mean;
        covariance += torch::mm(rows.t(), rows);
    }
    const auto [variances, vectors] = torch::linalg_eigh(covariance / double(count)); // ascending
    std::vector<double> result(std::size_t(count * axes), 0.0);
    for (int axis = 0; axis < std::min(axes, dimensions); ++axis) {
        const auto place = dimensions - 1 - axis;
        if (!(variances[place].item<double>() > 0))
            continue;
        auto direction = vectors.select(1, place).clone();
        if (direction[direction.abs().argmax().item<std::int64_t>()].item<double>() < 0)
            direction = -direction;
        for (std::int64_t first = 0; first < count; first += block) {
            const auto rows = table.narrow(0, first, std::min(block, count - first)).to(torch::kFloat64) - mean;
            const auto along = torch::mv(rows, direction).contiguous();
            for (std::int64_t i = 0; i < rows.size(0); ++i)
                result[std::size_t((first + i) * axes + axis)] = along.data_ptr<double>()[i];
        }
    }
    return result;
}

} // namespace mien
