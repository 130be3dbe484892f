#include "models/networks/residual_networks.h"

#include "models/backbones/resnet.h"

namespace mien {
namespace {

NetworkOption variantOption()
{
    return {.name = "variant",
            .standard = "torchvision",
            .values = {"torchvision", "vggface2"},
            .help = "vggface2: stride on the first 1x1 convolution and unpadded max pool, for weights of that origin"};
}

ResNetLayout basicLayout(const NetworkConfig &config)
{
    ResNetLayout layout;
    if (config.options.at("variant") == "vggface2")
        layout.stem = ResNetLayout::Stem::VggFace2;
    if (isTiny(config)) {
        layout.stemWidth = 16;
        layout.widths = {16, 32, 64, 128};
        layout.blocks = {1, 1, 1, 1};
    }
    return layout;
}

std::shared_ptr<Network> buildResNet18(const NetworkConfig &config)
{
    return std::make_shared<ResNet>(config, basicLayout(config));
}

std::shared_ptr<Network> buildResNet50(const NetworkConfig &config)
{
    ResNetLayout layout = basicLayout(config);
    layout.bottleneck = true;
    layout.strideOnFirst = config.options.at("variant") == "vggface2";
    if (!isTiny(config))
        layout.blocks = {3, 4, 6, 3};
    return std::make_shared<ResNet>(config, layout);
}

std::shared_ptr<Network> buildCompact(const NetworkConfig &config)
{
    const bool tiny = isTiny(config);
    const int width = tiny ? 16 : config.options.at("width").get<int>();
    const int blocks = tiny ? 1 : config.options.at("blocks").get<int>();
    ResNetLayout layout;
    layout.stem = config.options.at("stem") == "pool" ? ResNetLayout::Stem::CompactPool : ResNetLayout::Stem::Compact;
    layout.stemWidth = width;
    layout.widths = {width, 2 * width, 4 * width};
    layout.blocks = {blocks, blocks, blocks};
    return std::make_shared<ResNet>(config, layout);
}

SideRange compactSides(const nlohmann::json &)
{
    return {.standard = 48};
}

} // namespace

std::vector<NetworkPlan> residualNetworkPlans()
{
    return {{.name = "eac-compact",
             .title = "EAC on a compact residual network for small faces",
             .goodFor = "the first choice without a GPU: finds wrong labels and shows why",
             .needs = "little: an evening on a CPU for FER2013",
             .source = "Zhang et al., Learn From All: Erasing Attention Consistency, ECCV 2022; trunk our own",
             .channels = {1, 3},
             .options = {presetOption(),
                         {.name = "width",
                          .type = NetworkOption::Type::Integer,
                          .standard = 32,
                          .least = 8,
                          .most = 128,
                          .help = "channels of the first stage; the next two have twice and four times as many"},
                         {.name = "blocks",
                          .type = NetworkOption::Type::Integer,
                          .standard = 2,
                          .least = 1,
                          .most = 6,
                          .help = "residual blocks in each stage"},
                         {.name = "stem",
                          .standard = "stride",
                          .values = {"stride", "pool"},
                          .help = "pool: first convolution at full resolution, about a fifth slower"}},
             .sides = compactSides,
             .build = buildCompact},
            {.name = "eac-resnet18",
             .title = "EAC on ResNet-18",
             .goodFor = "finding wrong labels among photos, as published",
             .needs = "a GPU for more than a few thousand faces; weights of a face network help much",
             .weights = "ResNet-18 of torchvision (ImageNet, IMAGENET1K_V1, BSD-3-Clause), or the one for faces "
                        "(MS-Celeb-1M) that the authors of EAC and DAN offer beside their code",
             .source = "Zhang et al., Learn From All: Erasing Attention Consistency, ECCV 2022",
             .options = {presetOption(), variantOption()},
             .build = buildResNet18},
            {.name = "eac-resnet50",
             .title = "EAC on ResNet-50",
             .goodFor = "finding wrong labels among many photos",
             .needs = "a GPU with memory for pairs of pictures; weights of a face network help much",
             .weights = "ResNet-50 of torchvision (ImageNet, IMAGENET1K_V1, BSD-3-Clause), or the one for faces that "
                        "the VGGFace2 project offers",
             .source = "Zhang et al., Learn From All: Erasing Attention Consistency, ECCV 2022",
             .options = {presetOption(), variantOption()},
             .build = buildResNet50}};
}

std::vector<NetworkPlan> residualTrunkPlans()
{
    return {{.name = "resnet18",
             .kind = "trunk",
             .title = "ResNet-18",
             .goodFor = "a plain CNN: a baseline that the others are measured against",
             .needs = "a GPU for more than a few thousand faces; its ImageNet weights help much",
             .weights = "ResNet-18 of torchvision (ImageNet, BSD-3-Clause)",
             .source = "He et al., Deep Residual Learning for Image Recognition, CVPR 2016",
             .classes = 1000,
             .options = {presetOption(), variantOption()},
             .build = buildResNet18},
            {.name = "resnet50",
             .kind = "trunk",
             .title = "ResNet-50 (stride on the 3x3 convolution)",
             .goodFor = "a plain CNN: a baseline that the others are measured against",
             .needs = "a GPU; its ImageNet weights help much",
             .weights = "ResNet-50 of torchvision (ImageNet, BSD-3-Clause)",
             .source = "He et al., Deep Residual Learning for Image Recognition, CVPR 2016",
             .classes = 1000,
             .options = {presetOption(), variantOption()},
             .build = buildResNet50}};
}

} // namespace mien
