#include "models/networks/face_trunks.h"

#include "models/backbones/ir50.h"
#include "models/backbones/mobile_face_net.h"

namespace mien {
namespace {

std::shared_ptr<Network> buildIr50(const NetworkConfig &config)
{
    Ir50Layout layout;
    if (isTiny(config))
        layout = {.side = 32, .stemWidth = 16, .widths = {16, 32, 64}, .units = {1, 2, 2}};
    return std::make_shared<Ir50>(config, layout);
}

std::shared_ptr<Network> buildMobileFaceNet(const NetworkConfig &config)
{
    MobileFaceNetLayout layout;
    if (isTiny(config))
        layout = {.stemWidth = 16, .stages = {{{16, 32, 1, 32}, {32, 64, 1, 64}, {32, 64, 1, 64}}}, .lastWidth = 64};
    if (config.options.at("landmarks") == "68")
        layout.landmarks = 68;
    return std::make_shared<MobileFaceNet>(config, layout);
}

SideRange ir50Sides(const nlohmann::json &options)
{
    return {.standard = options.at("preset") == "tiny" ? 64 : 224};
}

SideRange mobileFaceNetSides(const nlohmann::json &options)
{
    if (options.at("landmarks") == "68")
        return {.standard = 112, .least = 112, .most = 112};
    return {.standard = options.at("preset") == "tiny" ? 64 : 112, .step = 16};
}

} // namespace

std::vector<NetworkPlan> faceTrunkPlans()
{
    return {{.name = "ir50",
             .kind = "trunk",
             .title = "IR-50, a trunk for face recognition",
             .source = "Deng et al., ArcFace: Additive Angular Margin Loss for Deep Face Recognition, CVPR 2019; as in "
                       "Mao et al., POSTER++, 2023",
             .classes = 0,
             .options = {presetOption()},
             .sides = ir50Sides,
             .build = buildIr50},
            {.name = "mobilefacenet",
             .kind = "trunk",
             .title = "MobileFaceNet, a trunk for facial landmarks",
             .source = "Chen et al., MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on Mobile "
                       "Devices, CCBR 2018; as in Mao et al., POSTER++, 2023",
             .classes = 0,
             .options = {presetOption(),
                         {.name = "landmarks",
                          .standard = "0",
                          .values = {"0", "68"},
                          .help = "68: with the layers that find 68 points of a face, as in published files"}},
             .sides = mobileFaceNetSides,
             .build = buildMobileFaceNet}};
}

} // namespace mien
