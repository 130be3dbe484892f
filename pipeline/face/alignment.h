#pragma once

#include "models/base/result.h"
#include "pipeline/imaging/imaging.h"

#include <array>
#include <span>
#include <string>

namespace mien {

/// In pixels; the centre of the top left pixel is (0, 0).
struct PointPx
{
    double x = 0, y = 0;
};

/// Left and right as in the picture: eye, eye, nose, mouth corner, mouth corner.
using FacePoints5 = std::array<PointPx, 5>;

/// Where the five points lie in an aligned picture of `sidePx` × `sidePx`: the 112 px template of face recognition
/// (models.md 7.6), scaled.
FacePoints5 alignedPoints(int sidePx);

/// Five points of 68 (iBUG 300-W order): centres of the eyes' six points, tip of the nose, corners of the mouth.
/// Invalid unless there are 68.
Result<FacePoints5> fivePointsOf(std::span<const PointPx> landmarks68);

/// A map without reflection that keeps shapes: rotation, one scale, shift.
struct Similarity
{
    double a = 1, b = 0, tx = 0, ty = 0; ///< (x, y) ↦ (a x − b y + tx, b x + a y + ty)

    PointPx operator()(PointPx point) const;
    double scale() const;
    Similarity inverse() const; ///< Of a scale above 0.
    /// The map that comes closest to `from` ↦ `to` in the sum of squared distances (Umeyama 1991, without reflection).
    /// Invalid: not as many, fewer than two, or `from` is one point.
    static Result<Similarity> fitted(std::span<const PointPx> from, std::span<const PointPx> to);

    /// `a b tx ty` as numbers that read back to the same bits, and back: how `cropFromFrame` is stored.
    std::string text() const;
    static Result<Similarity> fromText(std::string_view text);
};

/// The crop that `cropFromFrame` cuts out of a frame: what lies outside the frame repeats its edge; where the crop is
/// smaller, pixels are averaged. The same bytes for the same arguments.
/// @param frame  1 or 3 channels; the crop has as many
/// Invalid: a scale that is not above 0 and finite, or a side outside 1–4,096.
Result<Picture> cropOf(const Imaging &codec, const Picture &frame, const Similarity &cropFromFrame, int widthPx,
                       int heightPx);

} // namespace mien
