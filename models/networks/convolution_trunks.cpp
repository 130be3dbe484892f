#include "models/networks/convolution_trunks.h"

#include "models/backbones/inception_v3.h"
#include "models/backbones/vgg.h"

namespace mien {
namespace {

std::shared_ptr<Network> buildVgg19(const NetworkConfig &config)
{
    VggLayout layout;
    if (config.options.at("head") == "gap")
        layout.head = VggLayout::Head::Gap;
    if (isTiny(config)) {
        layout.widths = {16, 16, 32, 32, 32};
        layout.convolutions = {1, 1, 1, 1, 1};
        layout.hidden = {64, 64};
    }
    return std::make_shared<Vgg>(config, layout);
}

std::shared_ptr<Network> buildInceptionV3(const NetworkConfig &config)
{
    InceptionV3Layout layout;
    layout.auxiliaryClassifier = config.options.at("auxiliary") == "on";
    if (isTiny(config)) {
        layout.widthDivisor = 8;
        layout.secondStemPool = false;
    }
    return std::make_shared<InceptionV3>(config, layout);
}

SideRange vggSides(const nlohmann::json &options)
{
    return {.standard = options.at("preset") == "tiny" ? 64 : 224};
}

/// Least sides for which every unpadded convolution has something to see.
SideRange inceptionSides(const nlohmann::json &options)
{
    const bool tiny = options.at("preset") == "tiny";
    if (options.at("auxiliary") == "on")
        return {.standard = tiny ? 155 : 299, .least = tiny ? 155 : 299};
    return {.standard = tiny ? 64 : 224, .least = tiny ? 43 : 75};
}

} // namespace

std::vector<NetworkPlan> convolutionTrunkPlans()
{
    return {{.name = "vgg19",
             .kind = "trunk",
             .title = "VGG19",
             .goodFor = "a plain, large CNN: a baseline that the others are measured against",
             .needs = "a GPU, and its ImageNet weights",
             .weights = "VGG19 of torchvision (ImageNet, BSD-3-Clause)",
             .source = "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, "
                       "ICLR 2015",
             .classes = 1000,
             .options = {presetOption(),
                         {.name = "head",
                          .standard = "full",
                          .values = {"full", "gap"},
                          .help = "full: three linear layers, as published; gap: the mean over space and one linear "
                                  "layer, a seventh of the weights"}},
             .sides = vggSides,
             .build = buildVgg19},
            {.name = "inception-v3",
             .kind = "trunk",
             .title = "InceptionV3",
             .goodFor = "a plain CNN: a baseline that the others are measured against",
             .needs = "a GPU, and its ImageNet weights",
             .weights = "InceptionV3 of torchvision (ImageNet, BSD-3-Clause)",
             .source = "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016",
             .classes = 1000,
             .options = {presetOption(),
                         {.name = "auxiliary",
                          .standard = "off",
                          .values = {"off", "on"},
                          .help = "on: a second classifier halfway helps training; needs pictures of 299 pixels"}},
             .sides = inceptionSides,
             .build = buildInceptionV3}};
}

} // namespace mien
