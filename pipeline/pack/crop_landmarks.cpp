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
    FacePoints5 points;
    int widthPx = 0, heightPx = 0;
};

std::optional<FacePoints5> fiveOf(const std::string &scheme, const std::vector<double> &numbers)
{
    if (std::any_of(numbers.begin(), numbers.end(), [](double number) { return !std::isfinite(number); }))
        return std::nullopt;
    std::vector<PointPx> points;
    for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
        points.push_back({numbers[i], numbers[i + 1]});
    if (scheme == "68") {
        const auto five = fivePointsOf(points);
        return five ? std::optional(*five) : std::nullopt;
    }
    if (scheme != "5" || points.size() != 5)
        return std::nullopt;
    FacePoints5 five;
    std::copy(points.begin(), points.end(), five.begin());
    return five;
}

/// Of a face that was cut out of a frame.
std::optional<UprightPoints> inCrop(const StoredLandmarks &stored, const SampleRow &sample)
{
    const auto five = fiveOf(stored.foundScheme, stored.found);
    const auto map = Similarity::fromText(stored.cropFromFrame);
    if (!five || !map)
        return std::nullopt;
    UprightPoints result{{}, sample.widthPx, sample.heightPx};
    std::transform(five->begin(), five->end(), result.points.begin(), *map);
    return result;
}

/// Of a picture, or of what its box shows.
std::optional<UprightPoints> inPicture(const GivenLandmarks &given, const SampleRow &sample, const SampleFacts &facts)
{
    const auto five = fiveOf(given.scheme, given.points);
    if (!five)
        return std::nullopt;
    const double left = facts.box ? std::round(facts.box->x) : 0, top = facts.box ? std::round(facts.box->y) : 0;
    const bool isTransposed = facts.orientation >= 5;
    UprightPoints result{
        {}, isTransposed ? sample.heightPx : sample.widthPx, isTransposed ? sample.widthPx : sample.heightPx};
    for (std::size_t i = 0; i < five->size(); ++i) {
        const BoxPx pixel{(*five)[i].x - left, (*five)[i].y - top, 1, 1};
        const BoxPx turned = uprightBox(pixel, sample.widthPx, sample.heightPx, facts.orientation);
        result.points[i] = {turned.x, turned.y};
    }
    const auto isMirror = [](int orientation) {
        return orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7;
    };
    if (isMirror(facts.orientation)) { // left and right as seen in the picture that is shown
        std::swap(result.points[0], result.points[1]);
        std::swap(result.points[3], result.points[4]);
    }
    return result;
}

} // namespace

FaceLandmarks landmarksInSquare(const StoredLandmarks &stored, const SampleRow &sample, const SampleFacts &facts,
                                int sidePx)
{
    const auto upright = sample.crop    ? inCrop(stored, sample)
                         : stored.given ? inPicture(*stored.given, sample, facts)
                                        : std::nullopt;
    FaceLandmarks points = unknownLandmarks();
    const int side = upright ? std::min(upright->widthPx, upright->heightPx) : 0;
    if (side < 1)
        return points;
    const int left = (upright->widthPx - side) / 2, top = (upright->heightPx - side) / 2;
    for (std::size_t i = 0; i < upright->points.size(); ++i) { // from centres of pixels to their corners
        points[2 * i] = float((upright->points[i].x + 0.5 - left) * sidePx / side);
        points[2 * i + 1] = float((upright->points[i].y + 0.5 - top) * sidePx / side);
    }
    return points;
}

} // namespace mien
