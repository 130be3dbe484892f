#include "models/networks/network_input.h"

#include <algorithm>

namespace mien {

NetworkInput mirrored(const NetworkInput &faces)
{
    NetworkInput result(faces.images.flip(-1));
    if (!faces.landmarks.defined())
        return result;
    // Eyes and corners of the mouth change their names: what was left is right now.
    const auto exchanged = faces.landmarks.index_select(
        1, torch::tensor({1, 0, 2, 4, 3}, torch::TensorOptions(faces.landmarks.device()).dtype(torch::kInt64)));
    const auto x = double(faces.images.size(-1)) - exchanged.select(2, 0);
    result.landmarks = torch::stack({x, exchanged.select(2, 1)}, 2);
    return result;
}

NetworkInput joined(const std::vector<NetworkInput> &parts)
{
    std::vector<torch::Tensor> images, landmarks;
    for (const NetworkInput &part : parts) {
        images.push_back(part.images);
        if (part.landmarks.defined())
            landmarks.push_back(part.landmarks);
    }
    return {torch::cat(images), landmarks.size() == parts.size() ? torch::cat(landmarks) : torch::Tensor()};
}

} // namespace mien
