#pragma once

#include "models/networks/network.h"
#include "models/networks/network_options.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mien {

/// Sides in pixels that a network takes; pictures are square.
struct SideRange
{
    int standard = 224;
    int least = 32, most = 1024; ///< Inclusive.
    int step = 1;                ///< Every side is a multiple of it: a patch, say.

    std::string text() const; ///< As "32 to 1024 pixels", "48 pixels", "multiples of 16 from 32 to 1024 pixels".
};

/// Everything known about a network before it is built: one line of the catalogue. A family of networks is a file pair
/// that gives its plans; `network.cpp` lists the families.
struct NetworkPlan
{
    std::string name;
    std::string kind = "network"; ///< network, or trunk: a part of networks that can be described by itself.
    std::string title;
    std::string goodFor{}; ///< What it is good at, in plain words, as a clause without a full stop.
    std::string needs{};   ///< Likewise what it asks for: hardware, weights, data.
    /// Which published weights it can start from, and who publishes them; empty: there are none. `mien convert` reads
    /// them.
    std::string weights{};
    std::string source;
    std::vector<int> channels{3}; ///< First: the default.
    int classes = 7;              ///< Where nothing is asked for.
    std::vector<NetworkOption> options{};
    SideRange (*sides)(const nlohmann::json &options) = [](const nlohmann::json &) { return SideRange{}; };
    std::shared_ptr<Network> (*build)(const NetworkConfig &) = nullptr; ///< Of a complete configuration.
};

/// `preset`: `default`, `tiny`, and what a network has besides.
NetworkOption presetOption(const std::vector<std::string> &others = {}, const std::string &help = {});

/// `drop_path` of transformers: NetworkConfig::options holds it as a number.
NetworkOption dropPathOption();

bool isTiny(const NetworkConfig &config); ///< Its preset is `tiny`.

} // namespace mien
