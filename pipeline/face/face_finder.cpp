#include "pipeline/face/face_finder.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

namespace mien {

namespace {

FoundFace foundFace(const DetectedFace &one)
{
    FoundFace face{.box = {one.box.x1, one.box.y1, one.box.x2 - one.box.x1, one.box.y2 - one.box.y1},
                   .probability = one.box.score};
    std::transform(one.landmarks.begin(), one.landmarks.end(), face.points.begin(),
                   [](const DetectedFace::Point &point) { return PointPx{point.x, point.y}; });
    return face;
}

std::vector<FoundFace> foundFaces(const std::vector<DetectedFace> &detected)
{
    std::vector<FoundFace> faces;
    std::transform(detected.begin(), detected.end(), std::back_inserter(faces), foundFace);
    return faces;
}

FaceBox cornersOf(const BoxPx &box)
{
    return {float(box.x), float(box.y), float(box.x + box.width), float(box.y + box.height)};
}

} // namespace

Result<FaceFinder> FaceFinder::mtcnn(double minFacePx)
{
    auto detector = MtcnnDetector::load();
    if (!detector)
        return fail(detector.error());
    return FaceFinder(std::move(*detector), minFacePx);
}

Result<std::vector<FoundFace>> FaceFinder::find(const Picture &picture) const
{
    std::optional<Picture> coloured;
    if (picture.channels == 1)
        coloured = rgb(picture);
    const Picture &seen = coloured ? *coloured : picture;
    const auto detected = m_detector.detect({seen.pixels, seen.widthPx, seen.heightPx}, {.minFacePx = m_minFacePx});
    return detected ? foundFaces(*detected) : Result<std::vector<FoundFace>>(fail(detected.error()));
}

Result<std::vector<FoundFace>> FaceFinder::findNear(const Picture &picture, const BoxPx &last) const
{
    const auto detected = m_detector.detectNear({picture.pixels, picture.widthPx, picture.heightPx}, cornersOf(last),
                                                {.minFacePx = m_minFacePx});
    return detected ? foundFaces(*detected) : Result<std::vector<FoundFace>>(fail(detected.error()));
}

Result<std::vector<std::optional<FoundFace>>> FaceFinder::findAgain(const Picture &picture,
                                                                    std::span<const BoxPx> last) const
{
    std::vector<FaceBox> boxes;
    std::transform(last.begin(), last.end(), std::back_inserter(boxes), cornersOf);
    const auto refined =
        m_detector.refine({picture.pixels, picture.widthPx, picture.heightPx}, boxes, {.thresholds = {0.6, 0.7, 0.4}});
    if (!refined)
        return fail(refined.error());
    std::vector<std::optional<FoundFace>> faces;
    for (const std::optional<DetectedFace> &face : *refined)
        faces.push_back(face ? std::optional(foundFace(*face)) : std::nullopt);
    return faces;
}

Similarity levelSquare(const FoundFace &face, int sidePx, double margin)
{
    const PointPx left = face.points[0], right = face.points[1];
    const double angle = std::atan2(right.y - left.y, right.x - left.x);
    const double scale = sidePx * (1 - margin) / std::max(face.box.width, face.box.height);
    Similarity map{scale * std::cos(-angle), scale * std::sin(-angle)};
    const PointPx centre = map({face.box.x + face.box.width / 2, face.box.y + face.box.height / 2});
    map.tx = (sidePx - 1) / 2.0 - centre.x;
    map.ty = (sidePx - 1) / 2.0 - centre.y;
    return map;
}

} // namespace mien
