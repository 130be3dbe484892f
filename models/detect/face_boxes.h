#pragma once

#include "models/detect/rgb_picture.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace mien {

/// Geometry of MTCNN's boxes (`models.md` 7.3 to 7.5), in single precision as the published code computes it: where
/// floor() is taken, the last bit decides.

/// Corners in pixels of the picture; they may lie outside it.
struct FaceBox
{
    float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
    float score = 0; ///< Probability of a face.
};

/// Shares of a box's width and height by which x1, y1, x2, y2 move.
using BoxRegression = std::array<float, 4>;

/// What PNet sees in one window.
struct Proposal
{
    FaceBox box;
    BoxRegression regression{};
};

/// Scales of the pyramid, largest first: 12 / minFacePx times powers of `factor`, as long as the picture's shorter side
/// is at least 12 pixels. Two running doubles, so that the last one is there exactly when it is in the published code.
std::vector<double> pyramidScales(int width, int height, double minFacePx, double factor);

/// Size of the resampled picture: int(side * scale + 1).
int scaledSide(int side, double scale);

/// The window of PNet's map cell at `row`, `column` in pixels of the picture.
FaceBox cellBox(int row, int column, double scale, float score);

/// Non-maximum suppression by intersection over union, areas (x2 - x1)(y2 - y1).
/// @return indices of what is kept, best score first (equal scores in their order); overlaps > threshold are dropped
std::vector<std::size_t> unionNms(std::span<const FaceBox> boxes, double threshold);

/// The same by intersection over the smaller area, with 1 added to every width and height.
std::vector<std::size_t> minNms(std::span<const FaceBox> boxes, double threshold);

/// Moves the corners; width and height are x2 - x1 + extraPx and y2 - y1 + extraPx. The score stays.
FaceBox refined(const FaceBox &box, const BoxRegression &regression, float extraPx);

/// The square of the longer side with the same centre.
FaceBox squared(const FaceBox &box);

/// Coordinates cut to whole numbers and to the picture, counted from 1 and inclusive: what the cropper copies. A box
/// outside the picture gives endX < x or endY < y.
struct CropCorners
{
    int x = 0, y = 0, endX = 0, endY = 0;
    PixelWindow window() const { return {x - 1, y - 1, endX - x + 1, endY - y + 1}; }
};
CropCorners cropCorners(const FaceBox &box, int pictureWidth, int pictureHeight);

} // namespace mien
