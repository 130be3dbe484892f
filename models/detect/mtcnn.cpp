#include "models/detect/mtcnn.h"

#include "models/detect/mtcnn_stages.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

namespace mien {

struct MtcnnDetector::Networks
{
    ProposalNetwork pnet;
    CropNetwork rnet, onet;

    /// What the last two networks say of windows that hold pixels.
    MtcnnFindings judged(const RgbPicture &picture, const std::vector<FaceBox> &windows, const MtcnnOptions &options,
                         MtcnnTrace *trace) const;
};

namespace {

constexpr int kMostSidePx = 65'535;
constexpr double kScaleNms = 0.5;
constexpr double kUnionNms = 0.7;
constexpr double kMinNms = 0.7;
constexpr double kLeastDoubt = 0.2;      // of RNet: a window that is worth another look in the next frame
constexpr double kMostHalvedScale = 0.1; // of the pyramid: coarser steps of a halved picture lose faces above
constexpr std::size_t kMostProposals = 20'000;
constexpr float kNearFacePx = 72;         // detectNear(): of the face; ONet sees 48
constexpr double kLeastNearShare = 0.6;   // detectNear(): smallest face that is looked for, of the last one
constexpr std::size_t kCropsAtOnce = 128; // bounds memory where thousands of windows look like faces

Result<> checked(const RgbPicture &picture, const MtcnnOptions &options)
{
    const auto refused = [](const char *what) {
        return fail(ErrorCode::Invalid, std::string("Face detection: ") + what);
    };
    if (picture.width < 1 || picture.height < 1 || picture.width > kMostSidePx || picture.height > kMostSidePx)
        return refused("a picture has sides of 1 to 65,535 pixels.");
    if (picture.pixels.size() != std::size_t(picture.width) * std::size_t(picture.height) * 3)
        return refused("a picture has not the bytes that its size asks for.");
    if (!(options.minFacePx >= 4 && options.minFacePx <= 10'000))
        return refused("the smallest face has 4 to 10,000 pixels.");
    if (!(options.factor >= 0.1 && options.factor <= 0.95))
        return refused("the step of the pyramid is 0.1 to 0.95.");
    for (const double threshold : options.thresholds)
        if (!(threshold >= 0 && threshold <= 1))
            return refused("thresholds are 0 to 1.");
    if (options.mostFaces < 0)
        return refused("the number of faces cannot be negative.");
    return {};
}

template <typename T>
std::vector<T> picked(const std::vector<T> &items, const std::vector<std::size_t> &indices)
{
    std::vector<T> result;
    result.reserve(indices.size());
    for (const std::size_t index : indices)
        result.push_back(items[index]);
    return result;
}

std::vector<FaceBox> boxesOf(const std::vector<Proposal> &proposals)
{
    std::vector<FaceBox> boxes;
    boxes.reserve(proposals.size());
    for (const Proposal &proposal : proposals)
        boxes.push_back(proposal.box);
    return boxes;
}

/// The best windows, where a picture is all faces: suppression compares each with each.
void keepBest(std::vector<Proposal> &proposals)
{
    if (proposals.size() <= kMostProposals)
        return;
    std::stable_sort(proposals.begin(), proposals.end(),
                     [](const Proposal &a, const Proposal &b) { return a.box.score > b.box.score; });
    proposals.resize(kMostProposals);
}

/// Which pixels PNet's pyramid is made of.
enum class PyramidSource { Exact, Halved };

/// Stage 1: every scale, then all of them together.
std::vector<FaceBox> proposed(const ProposalNetwork &pnet, const RgbPicture &picture, const std::vector<double> &scales,
                              double threshold, PyramidSource from)
{
    const ImageSize full{picture.width, picture.height};
    std::vector<std::uint8_t> half;
    RgbPicture source = picture;
    std::vector<Proposal> all;
    for (const double scale : scales) {
        if (from == PyramidSource::Halved && half.empty() && scale <= kMostHalvedScale && full.width % 2 == 0 &&
            full.height % 2 == 0) {
            half = halved(picture);
            source = {half, full.width / 2, full.height / 2};
        }
        auto found = pnet.proposals(source, full, scale, threshold);
        keepBest(found);
        for (const std::size_t index : unionNms(boxesOf(found), kScaleNms))
            all.push_back(found[index]);
    }
    keepBest(all);
    std::vector<FaceBox> boxes;
    for (const std::size_t index : unionNms(boxesOf(all), kUnionNms))
        boxes.push_back(squared(refined(all[index].box, all[index].regression, 0)));
    return boxes;
}

/// What a network says of the crops of some boxes.
struct Judged
{
    std::vector<FaceBox> boxes;    ///< With the network's score.
    std::vector<std::size_t> from; ///< Index of each among the boxes that were given.
    std::vector<FaceHeads> heads;
};

/// Boxes whose crop holds a pixel.
std::vector<FaceBox> withPixels(const std::vector<FaceBox> &boxes, const RgbPicture &picture)
{
    std::vector<FaceBox> result;
    for (const FaceBox &box : boxes)
        if (!cropCorners(box, picture.width, picture.height).window().isEmpty())
            result.push_back(box);
    return result;
}

/// Those whose score passes the threshold.
Judged passed(const CropNetwork &network, const RgbPicture &picture, const std::vector<FaceBox> &boxes,
              double threshold)
{
    const int side = network.sidePx();
    const std::size_t rowFloats = std::size_t(side) * 3, cropFloats = rowFloats * std::size_t(side);
    std::vector<float> crops;
    Judged result;
    for (std::size_t done = 0; done < boxes.size(); done += kCropsAtOnce) {
        const auto batch = std::span(boxes).subspan(done, std::min(kCropsAtOnce, boxes.size() - done));
        crops.resize(batch.size() * cropFloats);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            AreaRows rows(picture, cropCorners(batch[i], picture.width, picture.height).window(), {side, side});
            for (int y = 0; y < side; ++y)
                rows.row(y, crops.data() + i * cropFloats + std::size_t(y) * rowFloats);
        }
        const std::vector<FaceHeads> heads = network.judge(crops);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            FaceBox box = batch[i];
            box.score = heads[i].probability();
            if (!(box.score > float(threshold)))
                continue;
            result.boxes.push_back(box);
            result.from.push_back(done + i);
            result.heads.push_back(heads[i]);
        }
    }
    return result;
}

DetectedFace faceOf(const FaceBox &box, const FaceHeads &heads)
{
    DetectedFace face;
    const float width = box.x2 - box.x1 + 1, height = box.y2 - box.y1 + 1;
    for (std::size_t i = 0; i < face.landmarks.size(); ++i)
        face.landmarks[i] = {width * heads.landmarks[i] + box.x1 - 1, height * heads.landmarks[i + 5] + box.y1 - 1};
    face.box = refined(box, heads.regression, 1);
    return face;
}

/// A window of a picture in its own bytes, averaged to `size`.
std::vector<std::uint8_t> resampled(const RgbPicture &picture, const PixelWindow &window, ImageSize size)
{
    std::vector<std::uint8_t> pixels;
    pixels.reserve(std::size_t(size.width) * std::size_t(size.height) * 3);
    AreaRows rows(picture, window, size);
    std::vector<float> row(std::size_t(size.width) * 3);
    for (int y = 0; y < size.height; ++y) {
        rows.row(y, row.data());
        for (const float value : row)
            pixels.push_back(std::uint8_t(std::lround(value * 128 + 127.5f)));
    }
    return pixels;
}

void sortFaces(std::vector<DetectedFace> &faces, FaceOrder order, const RgbPicture &picture)
{
    const auto rank = [&](const DetectedFace &face) {
        const FaceBox &box = face.box;
        if (order == FaceOrder::Probability || !std::isfinite(box.x2 - box.x1) || !std::isfinite(box.y2 - box.y1))
            return box.score;
        const float area = (box.x2 - box.x1) * (box.y2 - box.y1);
        if (order == FaceOrder::Area)
            return area;
        const float dx = (box.x1 + box.x2) / 2 - float(picture.width) / 2;
        const float dy = (box.y1 + box.y2) / 2 - float(picture.height) / 2;
        return area - 2 * (dx * dx + dy * dy);
    };
    std::stable_sort(faces.begin(), faces.end(),
                     [&](const DetectedFace &a, const DetectedFace &b) { return rank(a) > rank(b); });
}

/// Whether a window shows nothing but one of the faces: what the last suppression would drop for it.
bool isOneOf(std::span<const FaceBox> faces, const FaceBox &window)
{
    return std::any_of(faces.begin(), faces.end(), [&](const FaceBox &face) {
        const std::array pair{face, window};
        return minNms(pair, kMinNms).size() < 2;
    });
}

} // namespace

MtcnnFindings MtcnnDetector::Networks::judged(const RgbPicture &picture, const std::vector<FaceBox> &windows,
                                              const MtcnnOptions &options, MtcnnTrace *trace) const
{
    const auto least = float(options.thresholds[1]);
    const Judged looked = passed(rnet, picture, windows, std::min(kLeastDoubt, options.thresholds[1]));
    Judged refinedCrops;
    std::vector<FaceBox> doubtful;
    for (std::size_t i = 0; i < looked.boxes.size(); ++i) {
        if (looked.boxes[i].score > least) {
            refinedCrops.boxes.push_back(looked.boxes[i]);
            refinedCrops.heads.push_back(looked.heads[i]);
        } else {
            doubtful.push_back(squared(refined(looked.boxes[i], looked.heads[i].regression, 1)));
        }
    }
    std::vector<FaceBox> stage2;
    for (const std::size_t index : unionNms(refinedCrops.boxes, kUnionNms))
        stage2.push_back(squared(refined(refinedCrops.boxes[index], refinedCrops.heads[index].regression, 1)));
    stage2 = withPixels(stage2, picture);
    doubtful.insert(doubtful.end(), stage2.begin(), stage2.end());

    const Judged decided = passed(onet, picture, stage2, options.thresholds[2]);
    std::vector<DetectedFace> faces;
    std::vector<FaceBox> boxes;
    for (std::size_t i = 0; i < decided.boxes.size(); ++i) {
        faces.push_back(faceOf(decided.boxes[i], decided.heads[i]));
        boxes.push_back(faces.back().box);
    }
    MtcnnFindings found;
    found.faces = picked(faces, minNms(boxes, kMinNms));
    sortFaces(found.faces, options.order, picture);
    if (options.mostFaces > 0 && found.faces.size() > std::size_t(options.mostFaces))
        found.faces.resize(std::size_t(options.mostFaces));
    std::erase_if(doubtful, [&](const FaceBox &window) { return isOneOf(boxes, window); });
    found.doubtful = picked(doubtful, unionNms(doubtful, kUnionNms));
    if (trace)
        trace->afterStage2 = std::move(stage2);
    return found;
}

MtcnnDetector::MtcnnDetector(std::shared_ptr<const Networks> networks)
    : m_networks(std::move(networks))
{
}

Result<MtcnnDetector> MtcnnDetector::create(const MtcnnWeights &weights)
{
    for (const MtcnnStage stage : allMtcnnStages)
        if (const auto complete = checkWeights(stage, weights.of(stage), "The face detector"); !complete)
            return fail(complete.error());
    return MtcnnDetector(std::make_shared<const Networks>(Networks{ProposalNetwork(weights.pnet),
                                                                   CropNetwork(MtcnnStage::RNet, weights.rnet),
                                                                   CropNetwork(MtcnnStage::ONet, weights.onet)}));
}

Result<MtcnnDetector> MtcnnDetector::load()
{
    const auto weights = installedMtcnnWeights();
    return weights ? create(*weights) : fail(weights.error());
}

Result<std::vector<DetectedFace>> MtcnnDetector::detect(const RgbPicture &picture, const MtcnnOptions &options,
                                                        MtcnnTrace *trace) const
{
    if (const auto usable = checked(picture, options); !usable)
        return fail(usable.error());
    const auto scales = pyramidScales(picture.width, picture.height, options.minFacePx, options.factor);
    const auto stage1 =
        withPixels(proposed(m_networks->pnet, picture, scales, options.thresholds[0], PyramidSource::Exact), picture);
    MtcnnFindings found = m_networks->judged(picture, stage1, options, trace);
    if (trace) {
        trace->scales = scales;
        trace->afterStage1 = stage1;
    }
    return std::move(found.faces);
}

Result<MtcnnFindings> MtcnnDetector::detectBeside(const RgbPicture &picture, std::span<const FaceBox> known,
                                                  const MtcnnOptions &options) const
{
    if (const auto usable = checked(picture, options); !usable)
        return fail(usable.error());
    const auto scales = pyramidScales(picture.width, picture.height, options.minFacePx, options.factor);
    std::vector<FaceBox> windows =
        proposed(m_networks->pnet, picture, scales, options.thresholds[0], PyramidSource::Halved);
    std::erase_if(windows, [&](const FaceBox &window) { return isOneOf(known, window); });
    MtcnnFindings found = m_networks->judged(picture, withPixels(windows, picture), options, nullptr);
    std::erase_if(found.faces, [&](const DetectedFace &face) { return isOneOf(known, face.box); });
    std::erase_if(found.doubtful, [&](const FaceBox &window) { return isOneOf(known, window); });
    return found;
}

Result<std::vector<DetectedFace>> MtcnnDetector::detectIn(const RgbPicture &picture, std::span<const FaceBox> windows,
                                                          const MtcnnOptions &options) const
{
    if (const auto usable = checked(picture, options); !usable)
        return fail(usable.error());
    const auto seen = withPixels({windows.begin(), windows.end()}, picture);
    return m_networks->judged(picture, seen, options, nullptr).faces;
}

Result<DetectedFace> MtcnnDetector::faceIn(const RgbPicture &picture, const FaceBox &box) const
{
    if (const auto usable = checked(picture, {}); !usable)
        return fail(usable.error());
    std::vector<FaceBox> window = withPixels({squared(box)}, picture);
    if (window.empty() || !std::isfinite(box.x1 + box.y1 + box.x2 + box.y2))
        return fail(ErrorCode::Invalid, "Face detection: a box holds nothing of the picture.");
    const auto looked = [&](const std::vector<FaceBox> &at) {
        const Judged judged = passed(m_networks->onet, picture, at, -1);
        return faceOf(judged.boxes.front(), judged.heads.front());
    };
    const DetectedFace first = looked(window);
    // Again at a box as the networks before it would have drawn it.
    window = withPixels({squared(first.box)}, picture);
    return window.empty() ? first : looked(window);
}

Result<std::vector<DetectedFace>> MtcnnDetector::detectNear(const RgbPicture &picture, const FaceBox &last,
                                                            const MtcnnOptions &options) const
{
    if (const auto usable = checked(picture, options); !usable)
        return fail(usable.error());
    const float side = std::max(last.x2 - last.x1, last.y2 - last.y1);
    const float centreX = (last.x1 + last.x2) / 2, centreY = (last.y1 + last.y2) / 2;
    if (!(side > 0 && std::isfinite(side) && std::isfinite(centreX) && std::isfinite(centreY)))
        return fail(ErrorCode::Invalid, "Face detection: the box to look near to is empty or not finite.");
    const auto inside = [](float at, int size) { return int(std::clamp(at, 0.0f, float(size))); };
    const int left = inside(centreX - side, picture.width), top = inside(centreY - side, picture.height);
    const PixelWindow window{left, top, inside(std::ceil(centreX + side), picture.width) - left,
                             inside(std::ceil(centreY + side), picture.height) - top};
    if (window.isEmpty())
        return std::vector<DetectedFace>();

    const float shrink = std::min(1.0f, kNearFacePx / side);
    const ImageSize size{std::max(1, int(std::lround(float(window.width) * shrink))),
                         std::max(1, int(std::lround(float(window.height) * shrink)))};
    const auto pixels = resampled(picture, window, size);
    MtcnnOptions near = options;
    near.order = FaceOrder::Area; // sorted below, in the picture
    near.mostFaces = 0;
    near.minFacePx = std::max({4.0, options.minFacePx * double(shrink), kLeastNearShare * double(side * shrink)});
    auto faces = detect({pixels, size.width, size.height}, near);
    if (!faces)
        return faces;
    const float scaleX = float(window.width) / float(size.width), scaleY = float(window.height) / float(size.height);
    for (DetectedFace &face : *faces) {
        face.box.x1 = face.box.x1 * scaleX + float(window.left);
        face.box.x2 = face.box.x2 * scaleX + float(window.left);
        face.box.y1 = face.box.y1 * scaleY + float(window.top);
        face.box.y2 = face.box.y2 * scaleY + float(window.top);
        for (DetectedFace::Point &point : face.landmarks)
            point = {point.x * scaleX + float(window.left), point.y * scaleY + float(window.top)};
    }
    sortFaces(*faces, options.order, picture);
    if (options.mostFaces > 0 && faces->size() > std::size_t(options.mostFaces))
        faces->resize(std::size_t(options.mostFaces));
    return faces;
}

Result<std::vector<std::optional<DetectedFace>>>
MtcnnDetector::refine(const RgbPicture &picture, std::span<const FaceBox> boxes, const MtcnnOptions &options) const
{
    if (const auto usable = checked(picture, options); !usable)
        return fail(usable.error());
    std::vector<FaceBox> squares;
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < boxes.size(); ++i)
        if (const FaceBox square = squared(boxes[i]);
            !cropCorners(square, picture.width, picture.height).window().isEmpty()) {
            squares.push_back(square);
            indices.push_back(i);
        }
    const Judged decided = passed(m_networks->onet, picture, squares, options.thresholds[2]);
    std::vector<std::optional<DetectedFace>> faces(boxes.size());
    for (std::size_t i = 0; i < decided.boxes.size(); ++i)
        faces[indices[decided.from[i]]] = faceOf(decided.boxes[i], decided.heads[i]);
    return faces;
}

} // namespace mien
