#include "models/detect/mtcnn_catalogue.h"

#include "models/detect/mtcnn_networks.h"

namespace mien {
namespace {

constexpr const char *kSource = "Zhang et al., Joint Face Detection and Alignment Using Multitask Cascaded "
                                "Convolutional Networks, IEEE Signal Processing Letters 2016";

std::string networkName(MtcnnStage stage)
{
    return "mtcnn-" + std::string(name(stage));
}

nlohmann::json row(MtcnnStage stage, const char *title, int sidePx, const torch::nn::Module &network)
{
    std::int64_t numbers = 0;
    for (const auto &parameter : network.parameters())
        numbers += parameter.numel();
    return {{"network", networkName(stage)},
            {"kind", "detector"},
            {"title", title},
            {"source", kSource},
            {"classes", 2},
            {"input", {3, sidePx, sidePx}},
            {"normalisation", "mtcnn"},
            {"parameters", numbers},
            {"trainable", numbers},
            {"buffers", 0},
            {"settings", nlohmann::json::object()},
            {"options", nlohmann::json::array()}};
}

} // namespace

std::optional<MtcnnStage> detectorStage(std::string_view network)
{
    for (const MtcnnStage stage : allMtcnnStages)
        if (network == networkName(stage))
            return stage;
    return std::nullopt;
}

std::vector<std::string> detectorNames()
{
    std::vector<std::string> names;
    for (const MtcnnStage stage : allMtcnnStages)
        names.push_back(networkName(stage));
    return names;
}

nlohmann::json detectorRow(MtcnnStage stage)
{
    switch (stage) {
    case MtcnnStage::PNet:
        return row(stage, "MTCNN, proposals: windows of 12 pixels in pictures of any size", 12, PNet());
    case MtcnnStage::RNet: return row(stage, "MTCNN, refinement of proposals", 24, RNet());
    case MtcnnStage::ONet: return row(stage, "MTCNN, decision and five landmarks", 48, ONet());
    }
    return {};
}

} // namespace mien
