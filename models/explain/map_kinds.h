#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mien {

/// What can be shown of where a network looks (`models.md` 8), by the names of `mien explain --kind`. Free of LibTorch,
/// so that the command line can offer them without loading it; not every network has every kind.
///     cam        raw class maps of the network that did not see the sample, [L, h, w]
///     gradcam    ReLU of the gradient-weighted maps, [L, h, w]; gradcam++ likewise
///     rollout    attention of transformer blocks from the class token to the patches, [L, h, w], for every class alike
///     heads      the spatial map of each attention head (DAN), [heads, h, w]
///     queries    what the queries of left eye, right eye, nose and mouth attend to (VISI), [4, h, w]
inline constexpr std::array<std::string_view, 6> networkMapKinds{"cam",     "gradcam", "gradcam++",
                                                                 "rollout", "heads",   "queries"};

/// Those, and two that are answered by what a network has.
///     attention  the first of them that the network has
///     flip       of that, [T + 1, 2, L, h, w]: draw (0 without erasing), view and mirrored view as computed
inline constexpr std::array<std::string_view, 8> mapKinds{"cam",   "gradcam", "gradcam++", "rollout",
                                                          "heads", "queries", "attention", "flip"};
static_assert(std::equal(networkMapKinds.begin(), networkMapKinds.end(), mapKinds.begin()));

constexpr bool isMapKind(std::string_view name)
{
    return std::find(mapKinds.begin(), mapKinds.end(), name) != mapKinds.end();
}

/// Maps of parts of a network, which are the same for every class.
constexpr bool isOfParts(std::string_view kind)
{
    return kind == "heads" || kind == "queries";
}

/// What each map of a kind belongs to: a class, a part of the network, or the whole face.
constexpr std::string_view ownerOfMaps(std::string_view kind)
{
    return isOfParts(kind) ? "part" : kind == "rollout" ? "face" : "class";
}

} // namespace mien
