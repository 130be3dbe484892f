#include "pipeline/face/frame_faces.h"

#include "pipeline/face/box_overlap.h"
#include "pipeline/face/landmarks68.h"
#include "pipeline/face/turn_evidence.h"
#include "pipeline/face/upright_box.h"
#include "pipeline/quality/crop_quality.h"
#include "pipeline/quality/face_pose.h"
#include "pipeline/quality/occlusion_hint.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mien {

namespace {

using Align = ExtractionSettings::Align;
using Rotation = ExtractionSettings::Rotation;

constexpr double boxesInSquare = 1.3;
constexpr int hintSidePx = 112;

/// Upright square of 1.3 times the longer side of the box.
Similarity uprightSquare(const BoxPx &box, int sidePx)
{
    const double scale = sidePx / (boxesInSquare * std::max(box.width, box.height));
    const PointPx centre = centreOf(box);
    return {scale, 0, (sidePx - 1) / 2.0 - scale * centre.x, (sidePx - 1) / 2.0 - scale * centre.y};
}

Result<Similarity> cropFromFrame(const FoundFace &face, const ExtractionSettings &settings)
{
    if (settings.align == Align::None)
        return uprightSquare(face.box, settings.sidePx);
    return Similarity::fitted(face.points, alignedPoints(settings.sidePx));
}

/// HOG's boxes are somewhat smaller than its window, which is what the size is set by.
bool isLargeEnough(const FoundFace &face, const ExtractionSettings &settings)
{
    return settings.detector == ExtractionSettings::Detector::DlibHog ||
           std::max(face.box.width, face.box.height) >= settings.minFacePx;
}

/// Brings what the settings choose to the front and drops the rest.
void choose(std::vector<TrackedFace> &faces, ExtractionSettings::Faces wanted, const Picture &frame,
            const std::optional<BoxPx> &box)
{
    const auto keepBest = [&](auto badness) {
        const auto best = std::min_element(faces.begin(), faces.end(), [&](const TrackedFace &a, const TrackedFace &b) {
            return badness(a.face) < badness(b.face);
        });
        if (best != faces.end())
            faces = {*best};
    };
    switch (wanted) {
    case ExtractionSettings::Faces::All: return;
    case ExtractionSettings::Faces::Largest:
        keepBest([](const FoundFace &face) { return -face.box.width * face.box.height; });
        return;
    case ExtractionSettings::Faces::Central:
        keepBest([&](const FoundFace &face) {
            const PointPx centre = centreOf(face.box);
            return std::hypot(centre.x - frame.widthPx / 2.0, centre.y - frame.heightPx / 2.0);
        });
        return;
    case ExtractionSettings::Faces::Box:
        if (box)
            keepBest([&](const FoundFace &face) { return -overlapOf(face.box, *box); });
        else
            keepBest([](const FoundFace &face) { return -face.box.width * face.box.height; });
        if (box && !faces.empty() && overlapOf(faces.front().face.box, *box) <= 0)
            faces.clear(); // another person
        return;
    }
}

} // namespace

Result<FaceCutter> FaceCutter::load(const ExtractionSettings &settings)
{
    const auto codec = imaging();
    if (!codec)
        return fail(codec.error());
    std::optional<FaceFinder> finder;
    if (settings.detector != ExtractionSettings::Detector::None) {
        auto loaded = settings.detector == ExtractionSettings::Detector::DlibHog
                          ? FaceFinder::dlibHog(settings.minFacePx)
                          : FaceFinder::mtcnn(settings.minFacePx);
        if (!loaded)
            return fail(loaded.error().code, loaded.error().message + " Pictures that are faces already need none: "
                                                                      "--detector none.");
        finder.emplace(std::move(*loaded));
        if (settings.align == Align::Points68)
            if (const auto model = landmarkModel68(); !model)
                return fail(model.error().code, model.error().message + " --align 5 needs no such model.");
    }
    return FaceCutter(settings, **codec, std::move(finder));
}

Result<FaceCutter::Found> FaceCutter::cut(const Picture &stored, const std::optional<BoxPx> &givenBox,
                                          std::optional<int> turnDeg, const Picture *luma) const
{
    if (turnDeg)
        return cutTurned(stored, givenBox, *turnDeg, luma);
    const auto turn = turnOf({&stored, 1});
    if (!turn)
        return fail(turn.error());
    auto found = cutTurned(stored, givenBox, *turn, luma);
    const bool isGuessed = m_settings.rotation == Rotation::Auto && *turn != 0;
    if (found && isGuessed && found->faces.empty()) // the face that spoke for the turn is none that is wanted
        return cutTurned(stored, givenBox, 0, luma);
    return found;
}

/// What faces are searched for in, in place of a very large picture; empty: the picture itself. Nobody's face is 40 of
/// 10,000 pixels wide in a picture that was taken of them.
std::optional<Picture> FaceCutter::shrunken(const Picture &large) const
{
    constexpr double mostSearchedPixels = 16e6;
    const double scale = std::sqrt(mostSearchedPixels / (double(large.widthPx) * large.heightPx));
    if (scale >= 1)
        return std::nullopt;
    return m_codec->resized(large, std::max(1, int(large.widthPx * scale)), std::max(1, int(large.heightPx * scale)));
}

Result<std::vector<FoundFace>> FaceCutter::facesOf(const Picture &frame, const Picture *luma) const
{
    const auto small = shrunken(frame);
    if (!small)
        return m_finder->find(frame, luma);
    auto faces = m_finder->find(*small);
    if (!faces)
        return faces;
    for (FoundFace &face : *faces)
        face = enlarged(face, *small, frame);
    return faces;
}

/// Adds what a frame that is turned so shows.
Result<> FaceCutter::addEvidence(const Picture &stored, TurnEvidence &turn) const
{
    const auto faces = m_finder->find(*UprightView(stored, turn.turnDeg));
    if (!faces)
        return fail(faces.error());
    std::vector<double> level;
    double doubt = 1;
    for (const FoundFace &face : *faces) {
        const PointPx left = face.points[0], right = face.points[1];
        const double length = std::hypot(right.x - left.x, right.y - left.y);
        if (!isLargeEnough(face, m_settings) || !(length > 0))
            continue;
        level.push_back(face.probability * (right.x - left.x) / length);
        doubt = std::min(doubt, 1 - face.probability);
    }
    turn.levelFaces.push_back(std::move(level));
    if (m_settings.detector == ExtractionSettings::Detector::Mtcnn)
        turn.doubts.push_back(doubt);
    return {};
}

Result<int> FaceCutter::turnOf(std::span<const Picture> frames) const
{
    static constexpr std::array<int, 5> fixed = {0, 0, 90, 180, 270};
    if (m_settings.rotation != Rotation::Auto || !m_finder)
        return fixed[std::size_t(m_settings.rotation)];
    std::vector<std::optional<Picture>> small;
    for (const Picture &frame : frames)
        small.push_back(shrunken(frame)); // before it is turned, which needs another copy
    std::vector<TurnEvidence> turns;
    for (const int turn : {0, 90, 270, 180}) {
        turns.push_back({.turnDeg = turn});
        for (std::size_t i = 0; i < frames.size(); ++i) {
            if (const auto added = addEvidence(small[i] ? *small[i] : frames[i], turns.back()); !added)
                return fail(added.error());
        }
        if (turn == 0 && isClearlyUpright(turns.back()))
            return 0;
    }
    return turnShownBy(turns);
}

Result<FaceCutter::Found> FaceCutter::cutTurned(const Picture &stored, const std::optional<BoxPx> &givenBox,
                                                int turnDeg, const Picture *luma) const
{
    const UprightView view(stored, turnDeg);
    const Picture &frame = *view;
    Found found{.turnedDeg = turnDeg};
    if (!m_finder) {
        auto face = whole(frame);
        if (!face)
            return fail(face.error());
        found.boxes = {face->face.box};
        face->face.rotationDeg = turnDeg;
        found.faces.push_back(std::move(*face));
        return found;
    }
    const std::optional<Picture> light = luma ? std::optional(turnedUpright(*luma, turnDeg)) : std::nullopt;
    const auto faces = facesOf(frame, light ? &*light : nullptr);
    if (!faces)
        return fail(faces.error());
    std::optional<BoxPx> box;
    if (givenBox)
        box = uprightBox(*givenBox, stored.widthPx, stored.heightPx, stored.orientation);
    std::vector<TrackedFace> unfollowed;
    for (const FoundFace &face : *faces)
        unfollowed.push_back({.face = face});
    return cutFound(std::move(unfollowed), frame, light ? &*light : nullptr, box, turnDeg);
}

Result<FaceCutter::Found> FaceCutter::cutFound(std::vector<TrackedFace> faces, const Picture &frame,
                                               const Picture *light, const std::optional<BoxPx> &box, int turnDeg) const
{
    std::erase_if(faces, [&](const TrackedFace &one) {
        return !(std::min(one.face.box.width, one.face.box.height) > 0) || !isLargeEnough(one.face, m_settings);
    });
    Found found{.turnedDeg = turnDeg};
    for (const TrackedFace &face : faces)
        found.boxes.push_back(face.face.box);
    choose(faces, m_settings.faces, frame, box);
    const bool needsGrey = m_settings.align == Align::Points68 && !light && !faces.empty();
    const Picture plain = needsGrey ? grey(frame) : Picture();
    for (const TrackedFace &face : faces) {
        auto cut = one(frame, light ? *light : plain, face.face);
        if (!cut)
            continue; // its points are one: no face that could be aligned
        cut->face.rotationDeg = turnDeg;
        if (face.track > 0)
            cut->face.track = face.track;
        found.faces.push_back(std::move(*cut));
    }
    return found;
}

Result<CutFace> FaceCutter::whole(const Picture &frame) const
{
    const double side = std::min(frame.widthPx, frame.heightPx);
    const BoxPx square{(frame.widthPx - side) / 2, (frame.heightPx - side) / 2, side, side};
    const double scale = m_settings.sidePx / side;
    const Similarity map{scale, 0, (m_settings.sidePx - 1) / 2.0 - scale * (square.x + (side - 1) / 2),
                         (m_settings.sidePx - 1) / 2.0 - scale * (square.y + (side - 1) / 2)};
    auto crop = cropOf(*m_codec, frame, map, m_settings.sidePx, m_settings.sidePx);
    if (!crop)
        return fail(crop.error());
    CutFace cut{.crop = std::move(*crop), .face = {.detector = "none", .box = square, .cropFromFrame = map.text()}};
    const CropQuality quality = qualityOf(*m_codec, cut.crop);
    cut.measures = {{"quality.size", side},
                    {"quality.blur", quality.blur},
                    {"quality.exposure", quality.exposure},
                    {"quality.contrast", quality.contrast}};
    return cut;
}

Result<CutFace> FaceCutter::one(const Picture &frame, const Picture &light, const FoundFace &found) const
{
    FoundFace face = found;
    std::vector<PointPx> landmarks(face.points.begin(), face.points.end());
    if (m_settings.align == Align::Points68) {
        // Where dlib found the face, its own box is what the landmarks are made for.
        const bool isHog = m_settings.detector == ExtractionSettings::Detector::DlibHog;
        const auto all = landmarks68(light, isHog ? face.box : squareOfPoints(face.points));
        if (!all)
            return fail(all.error());
        landmarks.assign(all->begin(), all->end());
        const auto five = fivePointsOf(landmarks);
        if (!five)
            return fail(five.error());
        face.points = *five;
    }
    const auto map = cropFromFrame(face, m_settings);
    if (!map)
        return fail(map.error());
    const auto pose = facePoseOf(face.points);
    if (!pose)
        return fail(pose.error());
    auto crop = cropOf(*m_codec, frame, *map, m_settings.sidePx, m_settings.sidePx);
    if (!crop)
        return fail(crop.error());
    const auto confidence = m_finder->pointConfidence(frame, found);
    if (!confidence)
        return fail(confidence.error());
    double occlusion = 0;
    if (m_settings.align == Align::None) {
        const auto level = Similarity::fitted(face.points, alignedPoints(hintSidePx));
        const Result<Picture> aligned =
            level ? cropOf(*m_codec, frame, *level, hintSidePx, hintSidePx) : Result<Picture>(fail(level.error()));
        if (!aligned)
            return fail(aligned.error());
        occlusion = occlusionHint(*m_codec, *aligned);
    } else {
        occlusion = occlusionHint(*m_codec, *crop);
    }
    CutFace cut{.crop = std::move(*crop),
                .face = {.detector = std::string(nameOf(m_settings.detector)),
                         .probability = face.probability,
                         .box = face.box,
                         .landmarkScheme = std::to_string(landmarks.size()),
                         .cropFromFrame = map->text()}};
    for (const PointPx &point : landmarks) {
        cut.face.landmarks.push_back(point.x);
        cut.face.landmarks.push_back(point.y);
    }
    const CropQuality quality = qualityOf(*m_codec, cut.crop);
    cut.measures = {{"quality.size", std::min(face.box.width, face.box.height)},
                    {"quality.blur", quality.blur},
                    {"quality.exposure", quality.exposure},
                    {"quality.contrast", quality.contrast},
                    {"quality.yaw", pose->yawDeg},
                    {"quality.pitch", pose->pitchDeg},
                    {"quality.roll", pose->rollDeg},
                    {"quality.detection", face.probability},
                    {"quality.landmarks", *confidence},
                    {"quality.occlusion", occlusion}};
    return cut;
}

} // namespace mien
