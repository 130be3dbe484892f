#pragma once

#include "pipeline/face/frame_faces.h"

#include <memory>
#include <optional>
#include <vector>

namespace mien {

/// Cuts the faces out of the frames of one video, each with its track (FaceTracker). Used by one thread.
class FaceFollower
{
public:
    /// Empty where the cutter's settings follow no faces: only MTCNN's are.
    /// @param cutter  must stay where it is as long as this lives
    static std::optional<FaceFollower> of(const FaceCutter &cutter);

    struct Frame
    {
        std::shared_ptr<const Picture> stored;
        double timeS = 0;
        FaceCutter::Found found;
    };
    /// @param stored  the frames in their order, with their orientation
    /// @param turnDeg  clockwise after that
    /// @return the frames whose faces are known by now, oldest first; the others are held back
    Result<std::vector<Frame>> next(std::shared_ptr<const Picture> stored, int turnDeg, double timeS);
    /// What is held back, behind the last frame.
    Result<std::vector<Frame>> rest();
    bool isHoldingBack() const { return m_tracker.isHoldingBack(); }

    /// As the tracker's, while nothing is held back.
    const FaceTracker::State &state() const { return m_tracker.state(); }
    void goOn(FaceTracker::State from) { m_tracker.goOn(std::move(from)); }

private:
    FaceFollower(const FaceCutter &cutter, const FaceFinder &finder)
        : m_cutter(&cutter)
        , m_tracker(finder)
    {
    }
    Result<std::vector<Frame>> cut(std::vector<FollowedFrame> settled);

    struct Held
    {
        std::shared_ptr<const Picture> stored, upright;
        int turnDeg = 0;
    };
    const FaceCutter *m_cutter;
    FaceTracker m_tracker;
    std::vector<Held> m_held; ///< As many as the tracker holds back.
};

} // namespace mien
