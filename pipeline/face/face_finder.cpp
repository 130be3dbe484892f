#include "pipeline/face/face_finder.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace mien {

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
    if (!detected)
        return fail(detected.error());
    std::vector<FoundFace> faces;
    for (const DetectedFace &one : *detected) {
        FoundFace face{.box = {one.box.x1, one.box.y1, one.box.x2 - one.box.x1, one.box.y2 - one.box.y1},
                       .probability = one.box.score};
        std::transform(one.landmarks.begin(), one.landmarks.end(), face.points.begin(),
                       [](const DetectedFace::Point &point) { return PointPx{point.x, point.y}; });
        faces.push_back(face);
    }
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
