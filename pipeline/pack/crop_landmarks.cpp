#include "pipeline/pack/crop_landmarks.h"

#include "pipeline/face/alignment.h"
#include "pipeline/face/upright_box.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace mien {

namespace {

/// Where the sample's whole picture is upright: points there, and its size.
struct UprightPoints
{
    std::vector<PointPx> points; ///< 5 or 68.
    int widthPx = 0, heightPx = 0;
};

/// Points of a scheme whose order is known; empty otherwise, and where one is no number.
std::vector<PointPx> pointsOf(const std::string &scheme, const std::vector<double> &numbers)
{
    const std::size_t count = scheme == "68" ? 68 : scheme == "5" ? 5 : 0;
    if (numbers.size() != 2 * count ||
        std::any_of(numbers.begin(), numbers.end(), [](double number) { return !std::isfinite(number); }))
        return {};
    std::vector<PointPx> points;
    for (std::size_t i = 0; i < count; ++i)
        points.push_back({numbers[2 * i], numbers[2 * i + 1]});
    return points;
}

/// Of a face that was cut out of a frame.
std::optional<UprightPoints> inCrop(const StoredLandmarks &stored, const SampleRow &sample)
{
    UprightPoints result{pointsOf(stored.foundScheme, stored.found), sample.widthPx, sample.heightPx};
    const auto map = Similarity::fromText(stored.cropFromFrame);
    if (result.points.empty() || !map)
        return std::nullopt;
    std::transform(result.points.begin(), result.points.end(), result.points.begin(), *map);
    return result;
}

/// Of a picture, or of what its box shows. Left and right are those of the picture as it is stored.
std::optional<UprightPoints> inPicture(const GivenLandmarks &given, const SampleRow &sample, const SampleFacts &facts)
{
    const double left = facts.box ? std::round(facts.box->x) : 0, top = facts.box ? std::round(facts.box->y) : 0;
    const bool isTransposed = facts.orientation >= 5;
    UprightPoints result{pointsOf(given.scheme, given.points), isTransposed ? sample.heightPx : sample.widthPx,
                         isTransposed ? sample.widthPx : sample.heightPx};
    for (PointPx &point : result.points) {
        const BoxPx turned =
            uprightBox({point.x - left, point.y - top, 1, 1}, sample.widthPx, sample.heightPx, facts.orientation);
        point = {turned.x, turned.y};
    }
    return result.points.empty() ? std::nullopt : std::optional(result);
}

bool isMirror(int orientation)
{
    return orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7;
}

/// From centres of pixels of the upright picture to corners of those of the square in its middle.
template <typename Points>
Points inSquare(const std::vector<PointPx> &points, const UprightPoints &upright, int sidePx)
{
    const int side = std::min(upright.widthPx, upright.heightPx);
    const int left = (upright.widthPx - side) / 2, top = (upright.heightPx - side) / 2;
    Points numbers{};
    for (std::size_t i = 0; i < points.size(); ++i) {
        numbers[2 * i] = float((points[i].x + 0.5 - left) * sidePx / side);
        numbers[2 * i + 1] = float((points[i].y + 0.5 - top) * sidePx / side);
    }
    return numbers;
}

} // namespace

PointsInSquare landmarksInSquare(const StoredLandmarks &stored, const SampleRow &sample, const SampleFacts &facts,
                                 int sidePx)
{
    const auto upright = sample.crop    ? inCrop(stored, sample)
                         : stored.given ? inPicture(*stored.given, sample, facts)
                                        : std::nullopt;
    PointsInSquare result;
    if (!upright || std::min(upright->widthPx, upright->heightPx) < 1)
        return result;
    if (upright->points.size() == 68) {
        result.outline = inSquare<FaceOutline>(upright->points, *upright, sidePx);
        if (const auto five = fivePointsOf(upright->points))
            result.landmarks = inSquare<FaceLandmarks>({five->begin(), five->end()}, *upright, sidePx);
    } else {
        result.landmarks = inSquare<FaceLandmarks>(upright->points, *upright, sidePx);
    }
    if (!sample.crop && isMirror(facts.orientation)) { // left and right as seen in the picture that is shown
        result.landmarks = sidesExchanged(result.landmarks);
        if (areKnown(result.outline))
            result.outline = sidesExchanged(result.outline);
    }
    return result;
}

} // namespace mien
