#pragma once

#include "models/explain/map_kinds.h"
#include "models/networks/network.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// How a network's attention is made visible (`models.md` 8), in the order of networkMapKinds. Gradients are taken at
/// Network::explainedLayers(); of several layers the maps' mean is shown.
enum class MapMethod {
    Cam,             ///< cam: class maps M_j of 2.2, raw.
    GradCam,         ///< gradcam: for the logit of each class.
    GradCamPlusPlus, ///< gradcam++
    Queries,         ///< queries: Network::partViews() of that kind.
    Rollout,         ///< rollout: from the class token to the patches through all blocks; the same for every class.
    Levels,          ///< levels: the same of each of Network::patchLevels().
    Windows,         ///< windows: Network::partViews(); so are the others.
    WindowHeads,     ///< window-heads
    Heads            ///< heads
};

std::string nameOf(MapMethod method);

/// What a network can show; the first is what it is shown by where nobody asks for another.
std::vector<MapMethod> mapMethods(const Network &network);

/// What the maps of a method belong to; without names where that is the classes.
PartMaps partsOf(const Network &network, MapMethod method);

/// The method of that name, or the first for "attention"; none where the network has no such maps.
std::optional<MapMethod> mapMethodNamed(const Network &network, std::string_view name);

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
