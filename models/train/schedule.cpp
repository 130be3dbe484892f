#include "models/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mien {

namespace {

/// From `begin` to `end` along half a cosine; share in [0, 1].
double cosineBetween(double begin, double end, double share)
{
    return end + (begin - end) * 0.5 * (1 + std::cos(std::numbers::pi * share));
}

} // namespace

double Schedule::at(std::int64_t step, std::int64_t stepsPerEpoch) const
{
    const double epoch = double(step) / double(std::max<std::int64_t>(stepsPerEpoch, 1));
    switch (kind) {
    case Kind::Constant:
    case Kind::Plateau: return rate;
    case Kind::OneCycle: {
        const double last = std::max(1.0, double(stepsPerEpoch * epochs - 1));
        const double peak = std::max(1.0, 0.3 * last);
        if (double(step) <= peak)
            return cosineBetween(rate / 25, rate, double(step) / peak);
        return cosineBetween(rate, rate / 1e4, std::min(1.0, (double(step) - peak) / std::max(1.0, last - peak)));
    }
    case Kind::Exponential: return rate * std::pow(gamma, std::floor(epoch));
    case Kind::Cosine:
        if (epoch < warmup)
            return rate * epoch / warmup;
        return cosineBetween(rate, std::min(leastRate, rate),
                             std::min(1.0, (epoch - warmup) / std::max(1e-9, epochs - warmup)));
    case Kind::Step: return rate * std::pow(gamma, std::floor(epoch / every));
    }
    return rate;
}

} // namespace mien
