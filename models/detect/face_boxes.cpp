#include "models/detect/face_boxes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mien {
namespace {

constexpr float kStridePx = 2;
constexpr float kCellPx = 12;
constexpr float kMostPx = 1e9f; // beyond any picture, within int

/// Whole part of a coordinate; also of one that no int holds.
int truncated(float value)
{
    return std::isnan(value) ? 0 : int(std::clamp(value, -kMostPx, kMostPx));
}

/// Greedy: takes boxes from the best score down and drops what overlaps one that was taken.
template <typename IsDropped>
std::vector<std::size_t> suppressed(std::span<const FaceBox> boxes, IsDropped isDropped)
{
    std::vector<std::size_t> order(boxes.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return boxes[a].score > boxes[b].score; });
    std::vector<std::size_t> kept;
    for (const std::size_t index : order)
        if (std::none_of(kept.begin(), kept.end(), [&](std::size_t better) { return isDropped(better, index); }))
            kept.push_back(index);
    return kept;
}

/// Intersection and areas with `extraPx` added to every width and height.
struct Overlap
{
    float intersection, areaA, areaB;

    Overlap(const FaceBox &a, const FaceBox &b, float extraPx)
        : intersection(std::max(0.0f, std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + extraPx) *
                       std::max(0.0f, std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + extraPx))
        , areaA((a.x2 - a.x1 + extraPx) * (a.y2 - a.y1 + extraPx))
        , areaB((b.x2 - b.x1 + extraPx) * (b.y2 - b.y1 + extraPx))
    {
    }
};

} // namespace

std::vector<double> pyramidScales(int width, int height, double minFacePx, double factor)
{
    std::vector<double> scales;
    double scale = 12.0 / minFacePx;
    double side = std::min(width, height) * scale;
    while (side >= 12) {
        scales.push_back(scale);
        scale *= factor;
        side *= factor;
    }
    return scales;
}

int scaledSide(int side, double scale)
{
    return int(side * scale + 1);
}

FaceBox cellBox(int row, int column, double scale, float score)
{
    const auto s = float(scale);
    const auto x = kStridePx * float(column), y = kStridePx * float(row);
    return {std::floor((x + 1) / s), std::floor((y + 1) / s), std::floor((x + kCellPx) / s),
            std::floor((y + kCellPx) / s), score};
}

std::vector<std::size_t> unionNms(std::span<const FaceBox> boxes, double threshold)
{
    return suppressed(boxes, [&](std::size_t a, std::size_t b) {
        const Overlap overlap(boxes[a], boxes[b], 0);
        return double(overlap.intersection / (overlap.areaA + overlap.areaB - overlap.intersection)) > threshold;
    });
}

std::vector<std::size_t> minNms(std::span<const FaceBox> boxes, double threshold)
{
    return suppressed(boxes, [&](std::size_t a, std::size_t b) {
        const Overlap overlap(boxes[a], boxes[b], 1);
        return overlap.intersection / std::min(overlap.areaA, overlap.areaB) > float(threshold);
    });
}

FaceBox refined(const FaceBox &box, const BoxRegression &regression, float extraPx)
{
    const float width = box.x2 - box.x1 + extraPx, height = box.y2 - box.y1 + extraPx;
    return {box.x1 + regression[0] * width, box.y1 + regression[1] * height, box.x2 + regression[2] * width,
            box.y2 + regression[3] * height, box.score};
}

FaceBox squared(const FaceBox &box)
{
    const float width = box.x2 - box.x1, height = box.y2 - box.y1;
    const float side = std::max(width, height);
    const float x = box.x1 + width * 0.5f - side * 0.5f, y = box.y1 + height * 0.5f - side * 0.5f;
    return {x, y, x + side, y + side, box.score};
}

CropCorners cropCorners(const FaceBox &box, int pictureWidth, int pictureHeight)
{
    return {std::max(1, truncated(box.x1)), std::max(1, truncated(box.y1)), std::min(pictureWidth, truncated(box.x2)),
            std::min(pictureHeight, truncated(box.y2))};
}

} // namespace mien
