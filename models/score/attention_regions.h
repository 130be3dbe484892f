#pragma once

#include "models/io/face_landmarks.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mien {

/// Parts of a face that attention may lie on, in the order of faceRegionNames.
enum class FaceRegion : std::uint8_t { Eyes, Brows, Nose, Mouth, Outside };

inline constexpr std::array<std::string_view, 5> faceRegionNames{"eyes", "brows", "nose", "mouth", "outside"};

/// A share of each region; they sum to 1.
using RegionShares = std::array<float, faceRegionNames.size()>;

/// Where the regions lie in a square crop: ellipses around five landmarks, sized by the distance of the eyes and turned
/// with their line. A point in several belongs to the one whose centre it is nearest to, measured by its half-axes; a
/// point in none is outside: forehead, cheeks, chin, hair, background.
///
///     eyes    at each eye                                   half-axes 0.36 x 0.22 of the distance
///     brows   0.36 above each eye                           0.44 x 0.16
///     nose    three quarters of the way from between        0.30 x 0.34
///             the eyes to the tip
///     mouth   between its corners                           half its width + 0.16, 0.30
class FaceRegions
{
public:
    /// @param points  in units of the crop's side: 0 to 1. Of 68 landmarks the five that stand for them. Unknown or
    ///                useless ones (eyes in one place): those of the 112 px template that aligned crops are fitted to.
    explicit FaceRegions(const FaceLandmarks &points);

    bool areOfTemplate() const { return m_ofTemplate; }

    /// @param x, y  in units of the crop's side
    FaceRegion at(double x, double y) const;

    /// What shares are counted on: a grid of the crop, fine enough for maps of a few cells.
    static constexpr int gridSide = 32;
    const std::array<FaceRegion, std::size_t(gridSide) * gridSide> &grid() const { return m_grid; }

private:
    struct Ellipse
    {
        FaceRegion region;
        double x, y;          ///< Centre.
        double along, across; ///< Half-axes; along the line of the eyes, and across it.
    };
    std::array<Ellipse, 6> m_ellipses;
    double m_cosine = 1, m_sine = 0; ///< Direction from the left to the right eye.
    bool m_ofTemplate = false;
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
