#include "pipeline/drowsiness/video_looks.h"

#include "pipeline/drowsiness/landmark_openings.h"
#include "pipeline/face/box_overlap.h"
#include "pipeline/face/landmarks68.h"
#include "pipeline/face/upright_box.h"
#include "pipeline/store/hash.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mien {

namespace {

/// Where nobody is near, the largest: the camera may have been moved.
const FoundFace *followed(const std::vector<FoundFace> &faces, const std::optional<BoxPx> &last)
{
    if (faces.empty())
        return nullptr;
    if (!last)
        return &faces.front();
    const auto distance = [&](const FoundFace &face) {
        const PointPx a = centreOf(face.box), b = centreOf(*last);
        return std::hypot(a.x - b.x, a.y - b.y);
    };
    const auto nearest = std::min_element(
        faces.begin(), faces.end(), [&](const FoundFace &a, const FoundFace &b) { return distance(a) < distance(b); });
    return distance(*nearest) < last->width ? &*nearest : &faces.front();
}

Result<ShownExtents> extentsOf(const Imaging &codec, const Picture &shown, const FacePoints5 &points,
                               LookSettings::Measure measure)
{
    if (measure == LookSettings::Measure::EyePatch)
        return shownExtentsOf(codec, shown, points);
    const auto landmarks = landmarks68(grey(shown), squareOfPoints(points));
    return landmarks ? shownExtentsOf(std::span<const PointPx>(*landmarks)) : fail(landmarks.error());
}

} // namespace

std::string_view LookSettings::measuredBy() const
{
    return measure == Measure::EyePatch ? "eye patch" : "68 points";
}

std::string LookSettings::hash() const
{
    constexpr std::string_view way = "mien-looks/1 "; // counted up when what is measured changes
    const std::string text = std::string(way) + std::string(measuredBy()) + ' ' + std::to_string(minFacePx) + ' ' +
                             std::to_string(mostSidePx) + ' ' + std::to_string(mostFramesPerS);
    return hexOf(hashOf(std::string_view(text))).substr(0, 16);
}

Result<std::vector<FrameLook>> looksOf(VideoReader &video, int turnDeg, const FaceFinder &finder, const Imaging &codec,
                                       const LookSettings &settings, const std::stop_token &stop,
                                       const std::function<void()> &onFrame)
{
    const double framesPerS = video.facts().framesPerS;
    const int step = std::max(1, int(std::ceil(framesPerS / settings.mostFramesPerS)));
    std::vector<FrameLook> looks;
    std::optional<BoxPx> last;
    for (std::int64_t number = 0;; ++number) {
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Stopped.");
        const auto frame = video.next();
        if (!frame)
            return fail(frame.error());
        if (!*frame)
            return looks;
        const bool isLater = looks.empty() || (*frame)->timeS > looks.back().timeS; // broken files repeat times
        if (number % step != 0 || !isLater)
            continue;
        auto picture = video.picture(settings.mostSidePx);
        if (!picture)
            return fail(picture.error());
        picture->orientation = video.facts().orientation;
        const Picture shown = turnedUpright(std::move(*picture), turnDeg);
        const auto faces = finder.find(shown);
        if (!faces)
            return fail(faces.error());
        FrameLook look{(*frame)->timeS, std::nullopt};
        if (const FoundFace *face = followed(*faces, last)) {
            last = face->box;
            const auto extents = extentsOf(codec, shown, face->points, settings.measure);
            if (!extents && extents.error().code == ErrorCode::NotFound)
                return fail(extents.error());
            const auto pose = facePoseOf(face->points);
            if (extents && pose) // points on one place: as good as no face
                look.face = FrameLook::Face{*extents, *pose};
        }
        looks.push_back(look);
        onFrame();
    }
}

} // namespace mien
