#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace mien {

/// How tools in use enlarge a picture. All put pixel centres where the areas of both pictures coincide.
enum class UpscaleKernel {
    Nearest,
    Bilinear,
    Bicubic,        ///< a = -0.5, weights beyond the edge are left out.
    BicubicSharper, ///< a = -0.75, edge pixels are repeated.
    Lanczos,        ///< Three lobes, weights beyond the edge are left out.
};
inline constexpr std::array upscaleKernels{UpscaleKernel::Nearest, UpscaleKernel::Bilinear, UpscaleKernel::Bicubic,
                                           UpscaleKernel::BicubicSharper, UpscaleKernel::Lanczos};

/// Enlarging a square picture by one kernel as the separable linear map that it is, and the way back.
class Upscaling
{
public:
    /// @param toPx  at least fromPx
    Upscaling(UpscaleKernel kernel, int fromPx, int toPx);

    int fromPx() const { return m_fromPx; }
    int toPx() const { return m_toPx; }

    /// @param small  fromPx * fromPx values, row by row; gives toPx * toPx
    std::vector<float> enlarged(std::span<const float> small) const;
    /// The small picture whose enlargement comes nearest to `large` by least squares: the small picture itself where
    /// `large` was made from it by this kernel.
    /// @param large  toPx * toPx values, row by row; gives fromPx * fromPx
    std::vector<float> reduced(std::span<const float> large) const;
    /// Root mean square of what no enlargement by this kernel can say of the rows of `large`: 0 where it made them.
    /// @param step  looks at every step-th row
    double residual(std::span<const float> large, int step) const;

private:
    int m_fromPx, m_toPx;
    std::vector<float> m_up;   ///< toPx x fromPx
    std::vector<float> m_down; ///< fromPx x toPx: its pseudo-inverse
};

} // namespace mien
