#pragma once

#include "models/networks/network.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// How a network's attention is made visible (`models.md` 8), by the names of `mien explain --kind`.
enum class MapMethod {
    Cam,             ///< cam: class maps M_j of 2.2, raw.
    GradCam,         ///< gradcam: at `NetworkViews.features`, for the logit of each class.
    GradCamPlusPlus, ///< gradcam++
    Rollout          ///< rollout: from the class token to the patches through all blocks; the same for every class.
};

std::string nameOf(MapMethod method);

/// What a network can show; the first is what it is shown by where nobody asks for another.
std::vector<MapMethod> mapMethods(const Network &network);

/// The method of that name, or the first for "attention". Fails with Invalid, listing what the network has.
Result<MapMethod> mapMethodNamed(const Network &network, std::string_view name);

/// fp32, on the CPU.
struct NetworkMaps
{
    torch::Tensor maps;   ///< [n, L, h, w], at the resolution of the features.
    torch::Tensor logits; ///< [n, L]
};

/// Maps of every class. The network is in eval mode.
/// @param inputs  [n, channels, H, W], on the network's device
NetworkMaps networkMaps(Network &network, const torch::Tensor &inputs, MapMethod method);

} // namespace mien
