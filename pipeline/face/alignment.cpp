#include "pipeline/face/alignment.h"

#include <charconv>
#include <cmath>

namespace mien {

FacePoints5 alignedPoints(int sidePx)
{
    static constexpr double templateSidePx = 112;
    static constexpr std::array<PointPx, 5> at112{
        {{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}}};
    const double scale = sidePx / templateSidePx;
    FacePoints5 points;
    for (std::size_t i = 0; i < points.size(); ++i)
        points[i] = {at112[i].x * scale, at112[i].y * scale};
    return points;
}

Result<FacePoints5> fivePointsOf(std::span<const PointPx> landmarks68)
{
    if (landmarks68.size() != 68)
        return fail(ErrorCode::Invalid,
                    "There are " + std::to_string(landmarks68.size()) + " landmarks in place of 68.");
    const auto centre = [&](std::size_t from, std::size_t to) {
        PointPx sum;
        for (std::size_t i = from; i < to; ++i)
            sum = {sum.x + landmarks68[i].x, sum.y + landmarks68[i].y};
        return PointPx{sum.x / double(to - from), sum.y / double(to - from)};
    };
    return FacePoints5{centre(36, 42), centre(42, 48), landmarks68[30], landmarks68[48], landmarks68[54]};
}

PointPx Similarity::operator()(PointPx point) const
{
    return {a * point.x - b * point.y + tx, b * point.x + a * point.y + ty};
}

double Similarity::scale() const
{
    return std::hypot(a, b);
}

Similarity Similarity::inverse() const
{
    const double squared = a * a + b * b;
    Similarity back{a / squared, -b / squared};
    const PointPx shift = back({tx, ty});
    back.tx = -shift.x;
    back.ty = -shift.y;
    return back;
}

Result<Similarity> Similarity::fitted(std::span<const PointPx> from, std::span<const PointPx> to)
{
    if (from.size() != to.size() || from.size() < 2)
        return fail(ErrorCode::Invalid, "An alignment needs at least two pairs of points.");
    PointPx fromMean, toMean;
    const double n = double(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
        fromMean = {fromMean.x + from[i].x / n, fromMean.y + from[i].y / n};
        toMean = {toMean.x + to[i].x / n, toMean.y + to[i].y / n};
    }
    double spread = 0, dot = 0, cross = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const double x = from[i].x - fromMean.x, y = from[i].y - fromMean.y;
        const double u = to[i].x - toMean.x, v = to[i].y - toMean.y;
        spread += x * x + y * y;
        dot += x * u + y * v;
        cross += x * v - y * u;
    }
    if (!(spread > 0) || !std::isfinite(dot) || !std::isfinite(cross))
        return fail(ErrorCode::Invalid, "The points of the face are all the same, or not numbers.");
    Similarity map{dot / spread, cross / spread};
    const PointPx mean = map(fromMean);
    map.tx = toMean.x - mean.x;
    map.ty = toMean.y - mean.y;
    return map;
}

std::string Similarity::text() const
{
    std::string text;
    for (const double number : {a, b, tx, ty}) {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
        text.append(text.empty() ? "" : " ").append(digits, end);
    }
    return text;
}

Result<Similarity> Similarity::fromText(std::string_view text)
{
    Similarity map;
    const char *at = text.data(), *const end = text.data() + text.size();
    for (double *number : {&map.a, &map.b, &map.tx, &map.ty}) {
        if (number != &map.a && at != end && *at == ' ')
            ++at;
        const auto [next, error] = std::from_chars(at, end, *number);
        if (error != std::errc() || !std::isfinite(*number))
            return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is no alignment: four numbers are needed.");
        at = next;
    }
    if (at != end)
        return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is no alignment: four numbers are needed.");
    return map;
}

Result<Picture> cropOf(const Imaging &codec, const Picture &frame, const Similarity &cropFromFrame, int widthPx,
                       int heightPx)
{
    constexpr int mostSidePx = 4096;
    const double scale = cropFromFrame.scale();
    if (!(scale > 0) || !std::isfinite(scale) || !std::isfinite(cropFromFrame.tx) || !std::isfinite(cropFromFrame.ty))
        return fail(ErrorCode::Invalid, "A face cannot be cut out with a scale of 0.");
    if (widthPx < 1 || heightPx < 1 || widthPx > mostSidePx || heightPx > mostSidePx)
        return fail(ErrorCode::Invalid, "A crop has 1 to 4,096 pixels a side.");
    const Similarity back = cropFromFrame.inverse();
    return codec.warped(frame, {back.a, -back.b, back.tx, back.b, back.a, back.ty}, widthPx, heightPx);
}

} // namespace mien
