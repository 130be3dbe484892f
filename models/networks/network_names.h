#pragma once

#include <array>
#include <string_view>

namespace mien {

/// Networks that `mien train` trains: those of the kind "network", then trunks with a classifier, as plain baselines.
/// Free of LibTorch, so that the command line can offer them without loading it.
inline constexpr std::array<std::string_view, 29> trainedNetworkNames{
    "eac-compact",  "eac-resnet18",   "eac-resnet50",      "dan",         "thesis",    "arbex",
    "posterpp",     "mae-base",       "mae-grid9",         "mae-visi",    "qmask",     "crossvit-tiny",
    "crossvit-9",   "crossvit-small", "crossvit-15",       "crossvit-18", "visi",      "native-keras",
    "native-torch", "resnet50v2",     "efficientnetv2-b3", "resnet18",    "resnet50",  "vgg19",
    "inception-v3", "vit-tiny",       "vit-small",         "vit-base",    "vit-base32"};

} // namespace mien
