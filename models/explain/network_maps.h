#pragma once

#include "models/explain/map_kinds.h"
#include "models/networks/network.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// How a network's attention is made visible (`models.md` 8), in the order of networkMapKinds.
enum class MapMethod {
    Cam,             ///< cam: class maps M_j of 2.2, raw.
    GradCam,         ///< gradcam: at `NetworkViews.features`, for the logit of each class.
    GradCamPlusPlus, ///< gradcam++
    Rollout,         ///< rollout: from the class token to the patches through all blocks; the same for every class.
    Heads,           ///< heads: Network::partMaps() of that kind.
    Queries          ///< queries: likewise.
};

std::string nameOf(MapMethod method);

/// What a network can show; the first is what it is shown by where nobody asks for another.
std::vector<MapMethod> mapMethods(const Network &network);

/// The method of that name, or the first for "attention". Fails with Invalid, listing what the network has.
Result<MapMethod> mapMethodNamed(const Network &network, std::string_view name);

/// fp32, on the CPU.
struct NetworkMaps
{
    torch::Tensor maps;   ///< [n, L, h, w], at the resolution of the features; of parts [n, parts, h, w].
    torch::Tensor logits; ///< [n, L]
};

/// Maps of every class, or of every part. The network is in eval mode.
/// @param inputs  n faces, on the network's device
NetworkMaps networkMaps(Network &network, const NetworkInput &inputs, MapMethod method);

} // namespace mien
