#pragma once

#include "models/io/face_landmarks.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mien {

/// Parts of a face that attention may lie on, in the order of faceRegionNames.
enum class FaceRegion : std::uint8_t { Eyes, Brows, Nose, Mouth, Outside };

inline constexpr std::array<std::string_view, 5> faceRegionNames{"eyes", "brows", "nose", "mouth", "outside"};

/// A share of each region; they sum to 1.
using RegionShares = std::array<float, faceRegionNames.size()>;

/// What the regions of a face lie by.
enum class RegionsFrom : std::uint8_t {
    Outline,   ///< Its 68 points.
    Landmarks, ///< Its five.
    Template   ///< Where an aligned face has them: its own are not known.
};

/// Where the regions lie in a square crop. A point in none is outside: forehead, cheeks, chin, hair, background.
///
/// By 68 points: what the points of a part enclose (their convex hull) and a margin around it, in shares of the
/// distance of the eyes. A point in several belongs to the one that it lies deepest in.
///
///     eyes    36 to 41, 42 to 47                            margin 0.12
///     brows   17 to 21, 22 to 26                            0.08
///     nose    27 to 35                                      0.08
///     mouth   48 to 59                                      0.08
///
/// By five: ellipses around them, sized by the distance of the eyes and turned with their line. A point in several
/// belongs to the one whose centre it is nearest to, measured by its half-axes.
///
///     eyes    at each eye                                   half-axes 0.36 x 0.22 of the distance
///     brows   0.36 above each eye                           0.44 x 0.16
///     nose    three quarters of the way from between        0.30 x 0.34
///             the eyes to the tip
///     mouth   between its corners                           half its width + 0.16, 0.30
class FaceRegions
{
public:
    /// @param points   in units of the crop's side: 0 to 1. Unknown or useless ones (eyes in one place): those of the
    ///                 112 px template that aligned crops are fitted to
    /// @param outline  in the same units; where it is known and of use, it is what the regions lie by
    explicit FaceRegions(const FaceLandmarks &points, const FaceOutline &outline = unknownOutline());

    RegionsFrom from() const { return m_from; }

    /// @param x, y  in units of the crop's side
    FaceRegion at(double x, double y) const;

    /// What shares are counted on: a grid of the crop, fine enough for maps of a few cells.
    static constexpr int gridSide = 32;
    const std::array<FaceRegion, std::size_t(gridSide) * gridSide> &grid() const { return m_grid; }

private:
    struct Point
    {
        double x, y;
    };
    struct Ellipse
    {
        FaceRegion region;
        double x, y;          ///< Centre.
        double along, across; ///< Half-axes; along the line of the eyes, and across it.
    };
    struct Hull
    {
        FaceRegion region;
        double margin;
        std::vector<Point> corners; ///< In one sense of rotation.
    };
    bool takeOutline(const FaceOutline &outline);
    void takeLandmarks(const FaceLandmarks &points);
    static std::vector<Point> hullOf(std::vector<Point> points);
    static double depthIn(const Hull &hull, Point point);

    std::vector<Ellipse> m_ellipses;
    std::vector<Hull> m_hulls;
    double m_cosine = 1, m_sine = 0; ///< Direction from the left to the right eye.
    RegionsFrom m_from = RegionsFrom::Template;
    std::array<FaceRegion, std::size_t(gridSide) * gridSide> m_grid{};
};

/// How much of a class's positive evidence lies on each region: the map is enlarged by `halfpixel_bilinear` to the
/// grid, what is negative counts as nothing. All NaN where nothing is positive, or a value is not finite.
///
/// The fields `attention.eyes` … `attention.outside` of a scored sample are these shares of the CAM (`models.md` 2.2)
/// of the predicted class, of the unmirrored and unerased face, by the network that did not see the sample (of several
/// such networks their mean). Networks without class maps have none.
/// @param map  height * width, row-major
RegionShares attentionShares(std::span<const float> map, int height, int width, const FaceRegions &regions);

} // namespace mien
