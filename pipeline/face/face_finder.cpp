#include "pipeline/face/face_finder.h"

#include "pipeline/face/box_overlap.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

namespace mien {

namespace {

constexpr double sameFaceOverlap = 0.5; // two boxes that are one face
constexpr double mostEnlargedPx = 32e6; // HOG's features take about as many bytes again

/// The picture itself where it has colours: a copy of a large one is large.
const Picture &inColours(const Picture &picture, std::optional<Picture> &room)
{
    return picture.channels == 3 ? picture : room.emplace(rgb(picture));
}

RgbPicture viewOf(const Picture &colours)
{
    return {colours.pixels, colours.widthPx, colours.heightPx};
}

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

std::vector<FaceBox> cornersOf(std::span<const BoxPx> boxes)
{
    std::vector<FaceBox> result;
    std::transform(boxes.begin(), boxes.end(), std::back_inserter(result),
                   [](const BoxPx &box) { return cornersOf(box); });
    return result;
}

} // namespace

Result<FaceFinder> FaceFinder::mtcnn(double minFacePx)
{
    auto detector = MtcnnDetector::load();
    if (!detector)
        return fail(detector.error());
    return FaceFinder(std::move(*detector), minFacePx);
}

Result<FaceFinder> FaceFinder::dlibHog(double minFacePx)
{
    const auto hog = dlibFaces();
    if (!hog)
        return fail(hog.error());
    const auto codec = imaging();
    if (!codec)
        return fail(codec.error());
    auto finder = mtcnn(minFacePx);
    if (!finder)
        return finder;
    finder->m_hog = *hog;
    finder->m_codec = *codec;
    return finder;
}

Result<std::vector<FoundFace>> FaceFinder::find(const Picture &picture, const Picture *luma) const
{
    if (m_hog)
        return findByHog(picture, luma);
    std::optional<Picture> coloured;
    const auto detected = m_detector.detect(viewOf(inColours(picture, coloured)), {.minFacePx = m_minFacePx});
    return detected ? foundFaces(*detected) : Result<std::vector<FoundFace>>(fail(detected.error()));
}

Result<std::vector<FoundFace>> FaceFinder::findNear(const Picture &picture, const BoxPx &last) const
{
    const auto detected = m_detector.detectNear(viewOf(picture), cornersOf(last), {.minFacePx = m_minFacePx});
    return detected ? foundFaces(*detected) : Result<std::vector<FoundFace>>(fail(detected.error()));
}

Result<FaceFinder::Findings> FaceFinder::findBeside(const Picture &picture, std::span<const BoxPx> known) const
{
    if (m_hog) {
        auto faces = findByHog(picture, nullptr);
        if (!faces)
            return fail(faces.error());
        std::erase_if(*faces, [&](const FoundFace &face) {
            return std::any_of(known.begin(), known.end(),
                               [&](const BoxPx &box) { return overlapOf(face.box, box) > sameFaceOverlap; });
        });
        return Findings{.faces = std::move(*faces)};
    }
    const auto found = m_detector.detectBeside(viewOf(picture), cornersOf(known), {.minFacePx = m_minFacePx});
    if (!found)
        return fail(found.error());
    Findings findings{.faces = foundFaces(found->faces)};
    for (const FaceBox &box : found->doubtful)
        findings.doubtful.push_back({box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1});
    return findings;
}

Result<std::vector<FoundFace>> FaceFinder::findIn(const Picture &picture, std::span<const BoxPx> places) const
{
    const auto detected = m_detector.detectIn(viewOf(picture), cornersOf(places), {.minFacePx = m_minFacePx});
    return detected ? foundFaces(*detected) : Result<std::vector<FoundFace>>(fail(detected.error()));
}

Result<std::vector<std::optional<FoundFace>>> FaceFinder::findAgain(const Picture &picture,
                                                                    std::span<const BoxPx> last) const
{
    const auto refined = m_detector.refine(viewOf(picture), cornersOf(last), {.thresholds = {0.6, 0.7, 0.4}});
    if (!refined)
        return fail(refined.error());
    std::vector<std::optional<FoundFace>> faces;
    for (const std::optional<DetectedFace> &face : *refined)
        faces.push_back(face ? std::optional(foundFace(*face)) : std::nullopt);
    return faces;
}

Result<std::vector<FoundFace>> FaceFinder::findByHog(const Picture &picture, const Picture *luma) const
{
    const Picture plain = luma ? Picture() : grey(picture);
    const Picture &light = luma ? *luma : plain;
    const double area = double(light.widthPx) * light.heightPx;
    const double scale = std::min(DlibFaces::windowPx / m_minFacePx, std::max(1.0, std::sqrt(mostEnlargedPx / area)));
    const int widthPx = std::max(1, int(std::lround(light.widthPx * scale)));
    const int heightPx = std::max(1, int(std::lround(light.heightPx * scale)));
    const bool isSame = widthPx == light.widthPx && heightPx == light.heightPx;
    const auto hits = m_hog->frontalFaces(isSame ? light : m_codec->resized(light, widthPx, heightPx));
    const double x = double(light.widthPx) / widthPx, y = double(light.heightPx) / heightPx;
    std::vector<FoundFace> faces;
    std::optional<Picture> coloured;
    const Picture &colours = inColours(picture, coloured);
    for (const DlibFaces::Face &hit : hits) {
        FoundFace face{.box = {hit.box.x * x, hit.box.y * y, hit.box.width * x, hit.box.height * y},
                       .probability = 1 / (1 + std::exp(-4 * hit.score))};
        const BoxPx &box = face.box;
        const auto seen = m_detector.faceIn(
            viewOf(colours), {float(box.x), float(box.y), float(box.x + box.width), float(box.y + box.height)});
        if (!seen)
            continue; // the box lies beside the picture
        face.points = foundFace(*seen).points;
        faces.push_back(face);
    }
    std::stable_sort(faces.begin(), faces.end(), [](const FoundFace &a, const FoundFace &b) {
        return a.box.width * a.box.height > b.box.width * b.box.height;
    });
    return faces;
}

Result<double> FaceFinder::pointConfidence(const Picture &picture, const FoundFace &face) const
{
    constexpr int mostSidePx = 4096;
    // The face with half of its size around it, mirrored.
    const double side = std::max(face.box.width, face.box.height);
    if (!(side >= 1) || side > mostSidePx || !std::isfinite(face.box.x + face.box.y))
        return 0.0;
    const int around = int(std::ceil(side / 2));
    const int left = int(std::floor(face.box.x)) - around, top = int(std::floor(face.box.y)) - around;
    const int sidePx = int(std::ceil(side)) + 2 * around;
    Picture mirrored{.widthPx = sidePx, .heightPx = sidePx, .channels = picture.channels};
    mirrored.pixels.reserve(std::size_t(sidePx) * std::size_t(sidePx) * std::size_t(picture.channels));
    for (int y = 0; y < sidePx; ++y)
        for (int x = sidePx - 1; x >= 0; --x) {
            const auto row = std::size_t(std::clamp(top + y, 0, picture.heightPx - 1));
            const auto column = std::size_t(std::clamp(left + x, 0, picture.widthPx - 1));
            const auto channels = std::size_t(picture.channels);
            const std::uint8_t *const pixel = &picture.pixels[(row * std::size_t(picture.widthPx) + column) * channels];
            mirrored.pixels.insert(mirrored.pixels.end(), pixel, pixel + channels);
        }
    const double boxRight = left + sidePx - face.box.x, boxTop = face.box.y - top;
    const Picture colours = rgb(mirrored);
    const auto seen = m_detector.faceIn(viewOf(colours), {float(boxRight - face.box.width), float(boxTop),
                                                          float(boxRight), float(boxTop + face.box.height)});
    if (!seen)
        return fail(seen.error());
    const FacePoints5 points = foundFace(*seen).points;
    static constexpr std::array<std::size_t, 5> partner{1, 0, 2, 4, 3};
    double apart = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const PointPx back{left + sidePx - 1 - points[partner[i]].x, top + points[partner[i]].y};
        apart += std::hypot(back.x - face.points[i].x, back.y - face.points[i].y) / double(points.size());
    }
    const double eyes = std::hypot(face.points[1].x - face.points[0].x, face.points[1].y - face.points[0].y);
    return eyes > 0 ? double(seen->box.score) * std::exp(-10 * apart / eyes) : 0.0;
}

FoundFace enlarged(FoundFace face, const Picture &small, const Picture &picture)
{
    const double x = double(picture.widthPx) / small.widthPx, y = double(picture.heightPx) / small.heightPx;
    face.box = {face.box.x * x, face.box.y * y, face.box.width * x, face.box.height * y};
    for (PointPx &point : face.points)
        point = {point.x * x, point.y * y};
    return face;
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
