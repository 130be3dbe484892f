#include "models/networks/part_boxes.h"

#include <vector>

namespace mien {
namespace {

/// Boxes from centres and sizes, each [N]: [N, 4].
torch::Tensor box(const torch::Tensor &centre, const torch::Tensor &width, const torch::Tensor &height)
{
    const auto x = centre.select(1, 0), y = centre.select(1, 1);
    return torch::stack({x - width / 2, y - height / 2, x + width / 2, y + height / 2}, 1);
}

} // namespace

torch::Tensor gridBoxes(std::int64_t height, std::int64_t width, torch::TensorOptions options)
{
    std::vector<torch::Tensor> boxes;
    for (const int part : {1, 3, 5, 8}) {
        const int row = (part - 1) / 3, column = (part - 1) % 3;
        boxes.push_back(torch::tensor(
            {column * width / 3.0, row * height / 3.0, (column + 1) * width / 3.0, (row + 1) * height / 3.0}, options));
    }
    return torch::stack(boxes);
}

torch::Tensor landmarkBoxes(const torch::Tensor &landmarks, std::int64_t height, std::int64_t width)
{
    const auto point = [&](int i) { return landmarks.select(1, i); };
    const auto distance = (point(1) - point(0)).square().sum(1).sqrt();
    const auto zero = torch::zeros_like(distance);
    const auto nose = point(2) - torch::stack({zero, 0.15 * distance}, 1);
    const auto mouth = (point(4) - point(3)).square().sum(1).sqrt();
    auto boxes =
        torch::stack({box(point(0), 0.8 * distance, 0.55 * distance), box(point(1), 0.8 * distance, 0.55 * distance),
                      box(nose, 0.8 * distance, 0.9 * distance),
                      box((point(3) + point(4)) / 2, torch::maximum(1.3 * mouth, 0.9 * distance), 0.65 * distance)},
                     1);
    const auto most = torch::tensor({double(width), double(height), double(width), double(height)}, boxes.options());
    boxes = torch::minimum(boxes.clamp_min(0), most);
    const auto known = torch::isfinite(landmarks).flatten(1).all(1).view({-1, 1, 1});
    return torch::where(known, boxes, gridBoxes(height, width, boxes.options()));
}

torch::Tensor boxCrops(const torch::Tensor &images, const torch::Tensor &boxes, int side)
{
    const auto height = images.size(2), width = images.size(3), count = boxes.size(1);
    const auto cells = (torch::arange(side, boxes.options()) + 0.5) / side;
    const auto along = [&](int from, int to, std::int64_t size) { // [N, K, side] pixel coordinates
        const auto first = boxes.select(2, from).unsqueeze(2), last = boxes.select(2, to).unsqueeze(2);
        return (first + cells * (last - first) - 0.5).clamp(0, double(size - 1));
    };
    // grid_sample's own coordinates run from -1 to 1 at the centres of the outer pixels (align_corners).
    const auto normalised = [](const torch::Tensor &pixels, std::int64_t size) {
        return size > 1 ? pixels * (2.0 / double(size - 1)) - 1 : torch::zeros_like(pixels);
    };
    const auto x = normalised(along(0, 2, width), width).unsqueeze(2).expand({-1, -1, side, side});
    const auto y = normalised(along(1, 3, height), height).unsqueeze(3).expand({-1, -1, side, side});
    const auto grid = torch::stack({x, y}, 4).flatten(1, 2).to(images.scalar_type()); // [N, K * side, side, 2]
    const auto sampled = at::grid_sampler_2d(images, grid, /*bilinear*/ 0, /*border*/ 1, /*align_corners=*/true);
    return sampled.unflatten(2, {count, side}).transpose(1, 2);
}

torch::Tensor boxFeatures(const torch::Tensor &boxes, std::int64_t height, std::int64_t width)
{
    const auto x1 = boxes.select(2, 0), y1 = boxes.select(2, 1), x2 = boxes.select(2, 2), y2 = boxes.select(2, 3);
    return torch::stack({(x1 + x2) / (2.0 * double(width)), (y1 + y2) / (2.0 * double(height)),
                         (x2 - x1) / double(width), (y2 - y1) / double(height)},
                        2);
}

} // namespace mien
