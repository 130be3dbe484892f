#include "pipeline/face/face_tracker.h"

#include "pipeline/face/box_overlap.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <span>
#include <utility>

namespace mien {

namespace {

constexpr double cutDifference = 28;       // of the colours of two frames (0–255): another scene
constexpr double sameFaceOverlap = 0.5;    // two boxes that are one face
constexpr double sameHeadOverlap = 0.3;    // two boxes on one head
constexpr double mostWatchedOverlap = 0.3; // of a watched place and a track: beyond, it shows the track's face
constexpr double surelySeen = 0.7;         // as sure as a new face must be
constexpr double searchedNearS = 0.5;      // how long a hidden face is looked for near its place
constexpr double goesOnS = 0.5;            // how long a hidden face is taken to move as it did
constexpr double newSpeedShare = 0.5, newLookShare = 0.2;
constexpr int surelyAFace = 3; // frames in which it was seen

/// How far, in sides of the box, a face may lie from where it is expected, and how much more for each second since.
constexpr double mostDistance = 0.8, moreDistanceEachS = 1, mostDistanceEver = 2;
constexpr double mostSizeRatio = 1.8;
/// Most difference of the look (0–255) of one face: that was just here, that was gone, behind a cut.
constexpr double mostChangeSeen = 60, mostChangeGone = 28;
constexpr double lookWeight = 1.0 / 30; // a difference of the look that counts as a distance of one side

double sideOf(const BoxPx &box)
{
    return std::max(box.width, box.height);
}

double distance(const BoxPx &a, const BoxPx &b)
{
    return std::hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
}

/// Of boxes that are one face the surest, also where the surroundings of several tracks overlap.
std::vector<FoundFace> eachOnce(std::vector<FoundFace> all)
{
    std::stable_sort(all.begin(), all.end(),
                     [](const FoundFace &a, const FoundFace &b) { return a.probability > b.probability; });
    std::vector<FoundFace> once;
    for (const FoundFace &face : all)
        if (std::none_of(once.begin(), once.end(),
                         [&](const FoundFace &other) { return overlapOf(face.box, other.box) > sameFaceOverlap; }))
            once.push_back(face);
    return once;
}

/// How many of the boxes share a pixel with this one.
std::ptrdiff_t touching(const BoxPx &box, std::span<const BoxPx> boxes)
{
    return std::count_if(boxes.begin(), boxes.end(), [&](const BoxPx &other) { return overlapOf(box, other) > 0; });
}

void largestFirst(std::vector<TrackedFace> &faces)
{
    std::stable_sort(faces.begin(), faces.end(), [](const TrackedFace &a, const TrackedFace &b) {
        return a.face.box.width * a.face.box.height > b.face.box.width * b.face.box.height;
    });
}

/// A face that may be that of a track.
struct Match
{
    double cost = 0;
    std::size_t track = 0, face = 0;
};

} // namespace

FaceTracker::FaceTracker(const FaceFinder &finder, const TrackingSettings &settings)
    : m_finder(&finder)
    , m_settings(settings)
{
}

BoxPx FaceTracker::Track::expectedAt(double timeS) const
{
    const double s = std::clamp(timeS - seenS, 0.0, goesOnS);
    return {box.x + speedX * s, box.y + speedY * s, box.width, box.height};
}

Result<std::vector<FollowedFrame>> FaceTracker::next(std::shared_ptr<const Picture> given, double timeS)
{
    const std::shared_ptr<const Picture> frame =
        given->channels == 3 ? given : std::make_shared<const Picture>(mien::rgb(*given));
    const FaceLook scene(*frame, {0, 0, double(frame->widthPx), double(frame->heightPx)});
    const bool isContinued = m_state.lastS && timeS > *m_state.lastS && timeS - *m_state.lastS <= m_settings.mostGapS &&
                             scene.differenceFrom(m_state.scene) <= cutDifference;
    ++m_state.framesSinceWhole;
    bool isWhole = !isContinued || m_state.framesSinceWhole >= m_settings.wholeEvery ||
                   timeS - m_state.wholeS >= m_settings.wholeEveryS;
    auto faces = isWhole ? whole(*frame, timeS, isContinued) : near(*frame, timeS);
    if (!faces)
        return fail(faces.error());
    if (!isWhole && m_state.framesSinceWhole >= m_settings.wholeEvery / 2 && isOneLost(*faces)) {
        isWhole = true;
        faces = whole(*frame, timeS, isContinued);
        if (!faces)
            return fail(faces.error());
    }
    std::set<int> inSight;
    for (const Track &track : m_state.tracks)
        if (track.seenS == m_state.lastS)
            inSight.insert(track.number);
    auto tracked = follow(*frame, *faces, timeS, isContinued);
    if (isContinued)
        for (const TrackedFace &face : tracked)
            if (!inSight.contains(face.track))
                if (const auto looked = lookBack(face); !looked)
                    return fail(looked.error());
    m_held.push_back({{std::move(given), timeS, std::move(tracked), isWhole}, frame});
    m_state.lastS = timeS;
    m_state.scene = scene;
    if (!isWhole)
        return std::vector<FollowedFrame>();
    m_state.framesSinceWhole = 0;
    m_state.wholeS = timeS;
    return rest();
}

std::vector<FollowedFrame> FaceTracker::rest()
{
    std::vector<FollowedFrame> settled;
    for (Held &held : std::exchange(m_held, {}))
        settled.push_back(std::move(held.frame));
    return settled;
}

/// The face that is where one is a moment later, or near to it.
Result<std::optional<FoundFace>> FaceTracker::againAt(const Picture &frame, const BoxPx &box) const
{
    const auto again = m_finder->findAgain(frame, std::span(&box, 1));
    if (!again)
        return fail(again.error());
    if (again->front())
        return again->front();
    const auto found = m_finder->findNear(frame, box);
    if (!found)
        return fail(found.error());
    return found->empty() ? std::nullopt : std::optional(found->front());
}

/// Follows a face that came up or came back through the frames that are held back, the newest one first.
Result<> FaceTracker::lookBack(const TrackedFace &arrived)
{
    BoxPx box = arrived.face.box;
    for (auto held = m_held.rbegin(); held != m_held.rend(); ++held) {
        std::vector<TrackedFace> &faces = held->frame.faces;
        const auto isSeen = [&](const TrackedFace &other) { return other.track == arrived.track; };
        if (std::any_of(faces.begin(), faces.end(), isSeen))
            return {};
        const auto face = againAt(*held->rgb, box);
        if (!face)
            return fail(face.error());
        const auto isThere = [&](const TrackedFace &other) {
            return overlapOf(other.face.box, (*face)->box) > sameHeadOverlap;
        };
        if (!*face || std::any_of(faces.begin(), faces.end(), isThere))
            return {};
        faces.push_back({**face, arrived.track});
        largestFirst(faces);
        box = (*face)->box;
    }
    return {};
}

/// Where the tracks are expected that were seen a moment ago: faces, or hidden ones.
std::vector<BoxPx> FaceTracker::expected(double timeS) const
{
    std::vector<BoxPx> boxes;
    for (const Track &track : m_state.tracks)
        if (timeS - track.seenS <= searchedNearS)
            boxes.push_back(track.expectedAt(timeS));
    return boxes;
}

/// The whole frame; faces that are surely where they were before are not searched once more. Those that another one
/// passes are: what the last network sees of a face that is half hidden is not to be trusted.
Result<std::vector<FoundFace>> FaceTracker::whole(const Picture &frame, double timeS, bool isContinued)
{
    std::vector<FoundFace> all;
    std::vector<BoxPx> sure;
    if (isContinued) {
        const std::vector<BoxPx> boxes = expected(timeS);
        std::vector<BoxPx> alone;
        std::copy_if(boxes.begin(), boxes.end(), std::back_inserter(alone),
                     [&](const BoxPx &box) { return touching(box, boxes) == 1; }); // itself
        const auto again = m_finder->findAgain(frame, alone);
        if (!again)
            return fail(again.error());
        for (const std::optional<FoundFace> &face : *again)
            if (face && face->probability >= surelySeen) {
                all.push_back(*face);
                sure.push_back(face->box);
            }
    }
    auto found = m_finder->findBeside(frame, sure);
    if (!found)
        return fail(found.error());
    all.insert(all.end(), found->faces.begin(), found->faces.end());
    m_state.watched = std::move(found->doubtful);
    return eachOnce(std::move(all));
}

/// Where faces were, and in the places away from them that the last search of a whole frame doubted.
Result<std::vector<FoundFace>> FaceTracker::near(const Picture &frame, double timeS) const
{
    std::vector<BoxPx> boxes;
    std::vector<bool> wasSeen;
    for (const Track &track : m_state.tracks)
        if (timeS - track.seenS <= searchedNearS) {
            boxes.push_back(track.expectedAt(timeS));
            wasSeen.push_back(track.seenS == *m_state.lastS);
        }
    const auto again = m_finder->findAgain(frame, boxes);
    if (!again)
        return fail(again.error());
    std::vector<FoundFace> all;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        if ((*again)[i]) {
            all.push_back(*(*again)[i]);
        } else if (wasSeen[i]) {
            const auto found = m_finder->findNear(frame, boxes[i]);
            if (!found)
                return fail(found.error());
            all.insert(all.end(), found->begin(), found->end());
        }
    }
    std::vector<BoxPx> places = m_state.watched;
    std::erase_if(places, [&](const BoxPx &place) {
        return std::any_of(boxes.begin(), boxes.end(),
                           [&](const BoxPx &box) { return overlapOf(place, box) > mostWatchedOverlap; });
    });
    const auto doubted = m_finder->findIn(frame, places);
    if (!doubted)
        return fail(doubted.error());
    all.insert(all.end(), doubted->begin(), doubted->end());
    return eachOnce(std::move(all));
}

/// A face that was in the frame before, and surely one, has none near its place.
bool FaceTracker::isOneLost(const std::vector<FoundFace> &faces) const
{
    return std::any_of(m_state.tracks.begin(), m_state.tracks.end(), [&](const Track &track) {
        return track.frames >= surelyAFace && track.seenS == *m_state.lastS &&
               std::none_of(faces.begin(), faces.end(), [&](const FoundFace &face) {
                   return distance(face.box, track.box) <= mostDistance * sideOf(track.box);
               });
    });
}

std::vector<TrackedFace> FaceTracker::follow(const Picture &frame, const std::vector<FoundFace> &faces, double timeS,
                                             bool isContinued)
{
    if (m_state.lastS && timeS <= *m_state.lastS)
        m_state.tracks.clear(); // times that run backwards: nothing is known of what was between
    std::erase_if(m_state.tracks, [&](const Track &track) { return timeS - track.seenS > m_settings.rememberS; });

    std::vector<FaceLook> looks;
    std::vector<Match> matches;
    for (std::size_t f = 0; f < faces.size(); ++f) {
        looks.emplace_back(frame, faces[f].box);
        for (std::size_t t = 0; t < m_state.tracks.size(); ++t) {
            const Track &track = m_state.tracks[t];
            const double side = sideOf(track.box), sinceS = timeS - track.seenS;
            const BoxPx expected = isContinued ? track.expectedAt(timeS) : track.box;
            const double apart = std::min(distance(expected, faces[f].box), distance(track.box, faces[f].box)) / side;
            const double ratio = sideOf(faces[f].box) / side;
            const double change = looks[f].differenceFrom(track.look);
            const bool isGone = !isContinued || track.seenS != *m_state.lastS;
            if (apart > std::min(mostDistance + (isContinued ? moreDistanceEachS * sinceS : 0), mostDistanceEver) ||
                ratio > mostSizeRatio || ratio < 1 / mostSizeRatio ||
                change > (isGone ? mostChangeGone : mostChangeSeen))
                continue;
            matches.push_back({apart + std::abs(std::log(ratio)) + lookWeight * change, t, f});
        }
    }
    std::stable_sort(matches.begin(), matches.end(), [](const Match &a, const Match &b) { return a.cost < b.cost; });

    std::vector<std::optional<std::size_t>> trackOf(faces.size());
    std::vector<bool> isTaken(m_state.tracks.size());
    for (const Match &match : matches)
        if (!isTaken[match.track] && !trackOf[match.face]) {
            isTaken[match.track] = true;
            trackOf[match.face] = match.track;
        }

    std::vector<TrackedFace> tracked;
    for (std::size_t f = 0; f < faces.size(); ++f) {
        const BoxPx &box = faces[f].box;
        if (!trackOf[f]) {
            trackOf[f] = m_state.tracks.size();
            m_state.tracks.push_back({.number = ++m_state.newest, .look = looks[f]});
        } else if (Track &track = m_state.tracks[*trackOf[f]]; isContinued) {
            const double sinceS = timeS - track.seenS;
            const auto newer = [&](double speed, double moved) {
                return speed + newSpeedShare * (moved / sinceS - speed);
            };
            track.speedX = newer(track.speedX, box.x + box.width / 2 - track.box.x - track.box.width / 2);
            track.speedY = newer(track.speedY, box.y + box.height / 2 - track.box.y - track.box.height / 2);
        } else {
            track.speedX = track.speedY = 0;
        }
        Track &track = m_state.tracks[*trackOf[f]];
        track.box = box;
        track.seenS = timeS;
        ++track.frames;
        track.look.follow(looks[f], newLookShare);
        tracked.push_back({.face = faces[f], .track = track.number});
    }
    largestFirst(tracked);
    return tracked;
}

} // namespace mien
