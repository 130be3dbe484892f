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

NetworkOption dropPathOption()
{
    return {.name = "drop_path",
            .type = NetworkOption::Type::Number,
            .standard = 0.0,
            .least = 0,
            .most = 0.9,
            .help = "share of the faces for which a step leaves out a branch of the last block, earlier ones less: "
                    "holds large transformers back from learning by heart"};
}

bool isTiny(const NetworkConfig &config)
{
    return config.options.at("preset") == "tiny";
}

} // namespace mien
