#pragma once

#include "pipeline/face/face_finder.h"
#include "pipeline/face/face_look.h"

#include <memory>
#include <optional>
#include <vector>

namespace mien {

struct TrackingSettings
{
    /// The whole frame is searched once in so many frames, 1 (always) or more: what a new face waits at most.
    int wholeEvery = 6;
    double wholeEveryS = 1; ///< And at least once in so many seconds.
    double mostGapS =
        0.25; ///< Every 0.2 s, and what a frame may come late. Frames further apart are searched whole. Above 0.
    double rememberS = 2; ///< A face that is gone for longer is a new one when it comes back.
};

struct TrackedFace
{
    FoundFace face;
    int track = 0; ///< From 1; kept as long as the face is followed, never given to another one.
};

struct FollowedFrame
{
    std::shared_ptr<const Picture> picture; ///< As it was given.
    double timeS = 0;
    std::vector<TrackedFace> faces; ///< Largest first.
    bool isSearchedWhole = false;   ///< All of it was searched, not only where faces were before.
};

/// Follows the faces of one video through its frames: the whole frame is searched now and then, when a face is lost
/// and behind a cut, and in between only near where the faces were and where that search was in doubt. A face that
/// comes up is looked for in the frames since the last whole search, too: they are held back until the next one. Who
/// is who goes by place, size and look: a hidden face keeps its track when it comes back soon, near to where it went
/// and looking the same. The same frames give the same tracks. Used by one thread at a time.
class FaceTracker
{
public:
    /// @param finder  must outlive the tracker; may be shared by several
    explicit FaceTracker(const FaceFinder &finder, const TrackingSettings &settings = {});

    /// @param frame  upright, 1 or 3 channels, in the order in which frames are shown
    /// @param timeS  later than the one before; a frame that is not is searched whole
    /// @return the frames whose faces are known by now, oldest first: none, or all that were held back
    Result<std::vector<FollowedFrame>> next(std::shared_ptr<const Picture> frame, double timeS);
    /// What is held back, behind the last frame.
    std::vector<FollowedFrame> rest();
    bool isHoldingBack() const { return !m_held.empty(); } ///< At most TrackingSettings::wholeEvery - 1 frames.

    struct Track
    {
        int number = 0;
        BoxPx box; ///< Where it was seen last.
        double seenS = 0;
        double speedX = 0, speedY = 0; ///< Pixels a second.
        int frames = 0;                ///< In which it was seen.
        FaceLook look;

        BoxPx expectedAt(double timeS) const;
    };
    /// All that it knows of the frames so far: a tracker that is given this goes on as this one would where none was
    /// held back.
    struct State
    {
        std::vector<Track> tracks;
        int newest = 0; ///< Number of the track begun last.
        std::optional<double> lastS;
        FaceLook scene;
        int framesSinceWhole = 0;
        double wholeS = 0;
        /// Places where the last search of a whole frame half saw a face. They are judged again in each frame until the
        /// next one, unless a track is there: many faces that come up in between were in doubt before.
        std::vector<BoxPx> watched;
    };
    const State &state() const { return m_state; }
    void goOn(State from) { m_state = std::move(from); }

private:
    std::vector<BoxPx> expected(double timeS) const;
    Result<std::vector<FoundFace>> near(const Picture &frame, double timeS) const;
    Result<std::vector<FoundFace>> whole(const Picture &frame, double timeS, bool isContinued);
    bool isOneLost(const std::vector<FoundFace> &faces) const;
    Result<std::optional<FoundFace>> againAt(const Picture &frame, const BoxPx &box) const;
    Result<> lookBack(const TrackedFace &arrived);
    std::vector<TrackedFace> follow(const Picture &frame, const std::vector<FoundFace> &faces, double timeS,
                                    bool isContinued);

    const FaceFinder *m_finder;
    struct Held
    {
        FollowedFrame frame;
        std::shared_ptr<const Picture> rgb; ///< Of it.
    };

    TrackingSettings m_settings;
    State m_state;
    std::vector<Held> m_held; ///< Since the last search of a whole frame.
};

} // namespace mien
