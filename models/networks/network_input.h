#pragma once

#include <torch/torch.h>

#include <functional>
#include <utility>
#include <vector>

namespace mien {

/// Faces as a network takes them.
struct NetworkInput
{
    torch::Tensor images;    ///< [N, channels, H, W], normalised; contiguous or channels_last.
    torch::Tensor landmarks; ///< [N, 5, 2]: x, y in pixels, (0, 0) and (W, H) being corners of the image, in MTCNN's
                             ///< order (`models.md` 7.5); not finite where not known. Undefined: known of none.

    NetworkInput(torch::Tensor pictures, torch::Tensor points = {})
        : images(std::move(pictures))
        , landmarks(std::move(points))
    {
    }

    /// The same of all that there is: a part of the faces, another device.
    NetworkInput with(const std::function<torch::Tensor(const torch::Tensor &)> &change) const
    {
        return {change(images), landmarks.defined() ? change(landmarks) : torch::Tensor()};
    }
};

/// What a mirror shows: columns in reverse, points with them; left is left as seen in the new picture.
NetworkInput mirrored(const NetworkInput &faces);

/// One behind the other; landmarks where all have them.
NetworkInput joined(const std::vector<NetworkInput> &parts);

} // namespace mien
