#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace mien {

/// What can be shown of where a network looks (`models.md` 8), by the names of `mien explain --kind`. Free of LibTorch,
/// so that the command line can offer them without loading it; not every network has every kind. In the order in which
/// they suit a network that has several.
///     cam           raw class maps of the network that did not see the sample, [L, h, w]
///     gradcam       ReLU of the gradient-weighted maps, [L, h, w]; gradcam++ likewise
///     queries       what the queries of left eye, right eye, nose and mouth attend to (VISI), [4, h, w]
///     rollout       attention of transformer blocks from the class token to the patches, [L, h, w], for every class
///                   alike
///     levels        the same of each level of features, where a transformer sees several (POSTER++, ARBEx), [3, h, w]
///     windows       how much of each window of image features is looked at by the landmarks, mean of the heads of each
///                   level (POSTER++, ARBEx), [3, h, w]; coarser levels with their cells repeated
///     window-heads  the same of each head, [heads of all levels, h, w]
///     heads         the spatial map of each attention head (DAN), [heads, h, w]
inline constexpr std::array<std::string_view, 9> networkMapKinds{
    "cam", "gradcam", "gradcam++", "queries", "rollout", "levels", "windows", "window-heads", "heads"};

/// Those, one that is no map, and two that are answered by what a network has.
///     reconstruction  a face of which some patches are hidden, as a masked auto-encoder draws it, and its errors
///     attention       the first of all these that the network has
///     flip            of its first map, [T + 1, 2, L, h, w]: draw (0 without erasing), view and mirrored view as
///                     computed
inline constexpr std::array<std::string_view, 12> mapKinds{"cam",     "gradcam",        "gradcam++", "queries",
                                                           "rollout", "levels",         "windows",   "window-heads",
                                                           "heads",   "reconstruction", "attention", "flip"};
static_assert(std::equal(networkMapKinds.begin(), networkMapKinds.end(), mapKinds.begin()));

constexpr bool isMapKind(std::string_view name)
{
    return std::find(mapKinds.begin(), mapKinds.end(), name) != mapKinds.end();
}

/// Maps of parts of a network, which are the same for every class.
constexpr bool isOfParts(std::string_view kind)
{
    return kind == "heads" || kind == "queries" || kind == "levels" || kind == "windows" || kind == "window-heads";
}

/// What each map of a kind belongs to: a class, a part of the network, or the whole face; of what is no map: picture.
constexpr std::string_view ownerOfMaps(std::string_view kind)
{
    return isOfParts(kind) ? "part" : kind == "rollout" ? "face" : kind == "reconstruction" ? "picture" : "class";
}

} // namespace mien
