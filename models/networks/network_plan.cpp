#include "models/networks/network_plan.h"

namespace mien {

std::string SideRange::text() const
{
    if (least == most)
        return std::to_string(least) + " pixels";
    return (step > 1 ? "multiples of " + std::to_string(step) + " from " : "") + std::to_string(least) + " to " +
           std::to_string(most) + " pixels";
}

NetworkOption presetOption(const std::vector<std::string> &others, const std::string &help)
{
    NetworkOption option{.name = "preset",
                         .standard = "default",
                         .values = {"default"},
                         .help = (help.empty() ? "" : help + "; ") +
                                 "tiny: a narrow copy that trains in seconds, for tests"};
    option.values.insert(option.values.end(), others.begin(), others.end());
    option.values.push_back("tiny");
    return option;
}

bool isTiny(const NetworkConfig &config)
{
    return config.options.at("preset") == "tiny";
}

} // namespace mien
