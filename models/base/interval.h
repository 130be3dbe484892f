#pragma once

#include <algorithm>
#include <cmath>

namespace mien {

/// Where a measured figure may lie.
struct Interval
{
    double low = 0, high = 1;
};

/// Of a normal distribution: 95 % lie within so many deviations.
constexpr double deviationsOf95 = 1.959963984540054;

/// Wilson's score interval of 95 % of the share `hits` of `count`: [0, 1] where nothing was counted. Source: Wilson,
/// Probable inference, the law of succession, and statistical inference (1927).
inline Interval wilsonInterval(double hits, double count)
{
    if (count <= 0)
        return {};
    const double share = hits / count, z2 = deviationsOf95 * deviationsOf95;
    const double centre = (share + z2 / (2 * count)) / (1 + z2 / count);
    const double half =
        deviationsOf95 / (1 + z2 / count) * std::sqrt(share * (1 - share) / count + z2 / (4 * count * count));
    return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

} // namespace mien
