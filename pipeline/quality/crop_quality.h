#pragma once

#include "pipeline/imaging/imaging.h"

namespace mien {

/// What can be measured on the pixels of a face crop, on its grey values at 112 × 112, so that crops of any size
/// compare.
struct CropQuality
{
    double blur = 0;     ///< Variance of the Laplacian: low is blurred. Sharp faces have some hundreds.
    double exposure = 0; ///< Mean grey value, 0–255.
    double contrast = 0; ///< Standard deviation of the grey values.
};
CropQuality qualityOf(const Imaging &codec, const Picture &crop);

} // namespace mien
