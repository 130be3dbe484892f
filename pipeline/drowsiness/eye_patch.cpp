#include "pipeline/drowsiness/eye_patch.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace mien {

namespace {

constexpr int sidePx = 224; // of the aligned face; its eyes are 70 px apart

/// A rectangle of the aligned face around a point.
struct Patch
{
    int left, right, top, bottom; ///< Pixels from the point, the last ones included.
};
// The glasses' rim and the brow lie outside of an eye's.
constexpr Patch eyePatch{-9, 9, -14, 14}, mouthPatch{-12, 12, -14, 44};

std::uint8_t greyAt(const Picture &aligned, int x, int y)
{
    x = std::clamp(x, 0, aligned.widthPx - 1);
    y = std::clamp(y, 0, aligned.heightPx - 1);
    return aligned.pixels[std::size_t(y) * std::size_t(aligned.widthPx) + std::size_t(x)];
}

/// How much is darker or lighter than the skin, as the mean height of what would be black, in pixels. Shares of the
/// skin's grey are the same in any light.
double contrastHeight(const Picture &aligned, PointPx at, const Patch &patch, double skin, double darkFrom,
                      double lightFrom)
{
    const int x0 = int(std::lround(at.x)), y0 = int(std::lround(at.y));
    double sum = 0;
    for (int y = patch.top; y <= patch.bottom; ++y)
        for (int x = patch.left; x <= patch.right; ++x) {
            const double share = greyAt(aligned, x0 + x, y0 + y) / std::max(1.0, skin);
            sum += std::max({0.0, darkFrom - share, share - lightFrom});
        }
    return sum / (patch.right - patch.left + 1);
}

/// The grey value below which `share` of the pixels around a point lie.
double quantile(const Picture &aligned, PointPx at, const Patch &patch, double share)
{
    std::vector<std::uint8_t> values;
    for (int y = patch.top; y <= patch.bottom; ++y)
        for (int x = patch.left; x <= patch.right; ++x)
            values.push_back(greyAt(aligned, int(std::lround(at.x)) + x, int(std::lround(at.y)) + y));
    const auto place = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
}

/// Mean height of what is as dark as the inside of a mouth, in pixels: a pixel counts by where it lies between lips and
/// the darkest.
double darkHeight(const Picture &aligned, PointPx at, const Patch &patch, double skin)
{
    constexpr double lips = 0.75, leastDepth = 0.25;
    const double darkest = quantile(aligned, at, patch, 0.02) / std::max(1.0, skin);
    const int x0 = int(std::lround(at.x)), y0 = int(std::lround(at.y));
    double sum = 0;
    for (int y = patch.top; y <= patch.bottom; ++y)
        for (int x = patch.left; x <= patch.right; ++x) {
            const double share = greyAt(aligned, x0 + x, y0 + y) / std::max(1.0, skin);
            sum += std::clamp((lips - share) / std::max(leastDepth, lips - darkest), 0.0, 1.0);
        }
    return sum / (patch.right - patch.left + 1);
}

} // namespace

Result<ShownExtents> shownExtentsOf(const Imaging &codec, const Picture &frame, const FacePoints5 &points)
{
    const FacePoints5 wanted = alignedPoints(sidePx);
    // Without the corners of the mouth, which a yawn moves.
    const auto alignedFromFrame = Similarity::fitted(std::span(points).first(3), std::span(wanted).first(3));
    if (!alignedFromFrame)
        return fail(alignedFromFrame.error());
    const auto cut = cropOf(codec, frame, *alignedFromFrame, sidePx, sidePx);
    if (!cut)
        return fail(cut.error());
    const Picture aligned = grey(*cut);
    const double eyesApartPx = wanted[1].x - wanted[0].x;
    FacePoints5 seen;
    for (std::size_t i = 0; i < points.size(); ++i)
        seen[i] = (*alignedFromFrame)(points[i]);

    ShownExtents extents;
    constexpr Patch cheek{-12, 12, 18, 30}; // below the eye there is skin, whatever the eye does
    constexpr double shadow = 0.85, highlight = 1.15, never = 1e9;
    std::array<double, 2> skin{};
    for (const std::size_t side : {0u, 1u}) {
        skin[side] = quantile(aligned, seen[side], cheek, 0.5);
        // A detector's points of closed eyes lie up to 8 px too high, where the brow comes into the patch.
        double least = never;
        for (const double down : {0.0, 4.0, 8.0})
            least = std::min(least, contrastHeight(aligned, {seen[side].x, seen[side].y + down}, eyePatch, skin[side],
                                                   shadow, highlight));
        extents.eye[side] = least / eyesApartPx;
    }
    const PointPx mouth{(seen[3].x + seen[4].x) / 2, (seen[3].y + seen[4].y) / 2};
    extents.mouth = darkHeight(aligned, mouth, mouthPatch, (skin[0] + skin[1]) / 2) / eyesApartPx;
    return extents;
}

} // namespace mien
