#include "pipeline/face/face_follower.h"

#include "pipeline/face/upright_box.h"

#include <utility>

namespace mien {

std::optional<FaceFollower> FaceFollower::of(const FaceCutter &cutter)
{
    if (cutter.m_settings.detector != ExtractionSettings::Detector::Mtcnn)
        return std::nullopt;
    return FaceFollower(cutter, *cutter.m_finder);
}

Result<std::vector<FaceFollower::Frame>> FaceFollower::next(std::shared_ptr<const Picture> stored, int turnDeg,
                                                            double timeS)
{
    std::shared_ptr<const Picture> upright = stored;
    if (turnDeg != 0 || stored->orientation > 1)
        upright = std::make_shared<const Picture>(turnedUpright(*stored, turnDeg));
    std::shared_ptr<const Picture> searched = upright;
    if (auto small = m_cutter->shrunken(*upright))
        searched = std::make_shared<const Picture>(std::move(*small));
    m_held.push_back({std::move(stored), std::move(upright), turnDeg});
    auto settled = m_tracker.next(std::move(searched), timeS);
    if (!settled)
        return fail(settled.error());
    return cut(std::move(*settled));
}

Result<std::vector<FaceFollower::Frame>> FaceFollower::rest()
{
    return cut(m_tracker.rest());
}

/// The tracker settles all of its frames or none.
Result<std::vector<FaceFollower::Frame>> FaceFollower::cut(std::vector<FollowedFrame> settled)
{
    std::vector<Frame> frames;
    if (settled.empty())
        return frames;
    const std::vector<Held> held = std::exchange(m_held, {});
    for (std::size_t i = 0; i < settled.size(); ++i) {
        FollowedFrame &frame = settled[i];
        const Picture &upright = *held[i].upright;
        if (frame.picture != held[i].upright)
            for (TrackedFace &face : frame.faces)
                face.face = enlarged(face.face, *frame.picture, upright);
        auto found = m_cutter->cutFound(std::move(frame.faces), upright, nullptr, {}, held[i].turnDeg);
        if (!found)
            return fail(found.error());
        frames.push_back({held[i].stored, frame.timeS, std::move(*found)});
    }
    return frames;
}

} // namespace mien
