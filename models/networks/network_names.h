#pragma once

#include <array>
#include <string_view>

namespace mien {

/// Networks that `mien train` trains: those of the kind "network". Free of LibTorch, so that the command line can offer
/// them without loading it.
inline constexpr std::array<std::string_view, 21> trainedNetworkNames{
    "eac-compact", "eac-resnet18", "eac-resnet50", "dan",          "thesis",        "arbex",      "posterpp",
    "mae-base",    "mae-grid9",    "mae-visi",     "qmask",        "crossvit-tiny", "crossvit-9", "crossvit-small",
    "crossvit-15", "crossvit-18",  "visi",         "native-keras", "native-torch",  "resnet50v2", "efficientnetv2-b3"};

} // namespace mien
