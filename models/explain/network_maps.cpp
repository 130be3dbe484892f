#include "models/explain/network_maps.h"

#include "models/explain/attention_rollout.h"
#include "models/explain/class_attention.h"

#include <algorithm>

namespace mien {
namespace {

NetworkMaps gradientMaps(Network &network, const NetworkInput &inputs, MapMethod method)
{
    const torch::AutoGradMode withGradients(true);
    // Frozen trunks have a gradient this way.
    const auto views = network.forwardAll({inputs.images.detach().requires_grad_(), inputs.landmarks});
    const auto layers = network.explainedLayers(views);
    std::vector<torch::Tensor> maps;
    for (std::int64_t k = 0; k < views.logits.size(1); ++k) {
        const auto gradients = torch::autograd::grad({views.logits.select(1, k).sum()}, layers, {},
                                                     /*retain_graph=*/k + 1 < views.logits.size(1));
        std::vector<torch::Tensor> ofLayers;
        for (std::size_t i = 0; i < layers.size(); ++i)
            ofLayers.push_back(method == MapMethod::GradCam ? gradCam(layers[i].detach(), gradients[i])
                                                            : gradCamPlusPlus(layers[i].detach(), gradients[i]));
        maps.push_back(torch::stack(ofLayers).mean(0));
    }
    return {torch::stack(maps, 1).detach(), views.logits.detach()};
}

} // namespace

std::string nameOf(MapMethod method)
{
    return std::string(networkMapKinds.at(std::size_t(method)));
}

std::vector<MapMethod> mapMethods(const Network &network)
{
    std::vector<MapMethod> methods;
    if (network.classifierWeight().defined())
        methods.push_back(MapMethod::Cam);
    if (network.classifiesFeatures())
        methods.insert(methods.end(), {MapMethod::GradCam, MapMethod::GradCamPlusPlus});
    if (network.hasAttention())
        methods.push_back(MapMethod::Rollout);
    if (!network.patchLevels().empty())
        methods.push_back(MapMethod::Levels);
    for (const PartMaps &parts : network.partMaps())
        for (std::size_t number = 0; number < networkMapKinds.size(); ++number)
            if (parts.kind == networkMapKinds[number])
                methods.push_back(MapMethod(number));
    std::sort(methods.begin(), methods.end());
    return methods;
}

PartMaps partsOf(const Network &network, MapMethod method)
{
    if (method == MapMethod::Levels)
        return {nameOf(method), network.patchLevels()};
    for (PartMaps &parts : network.partMaps())
        if (parts.kind == nameOf(method))
            return std::move(parts);
    return {};
}

std::optional<MapMethod> mapMethodNamed(const Network &network, std::string_view name)
{
    for (const MapMethod method : mapMethods(network))
        if (nameOf(method) == name || name == "attention")
            return method;
    return std::nullopt;
}

NetworkMaps networkMaps(Network &network, const NetworkInput &inputs, MapMethod method)
{
    NetworkMaps result;
    if (method == MapMethod::GradCam || method == MapMethod::GradCamPlusPlus) {
        result = gradientMaps(network, inputs, method);
    } else if (method == MapMethod::Cam) {
        const torch::NoGradGuard noGradients;
        const auto views = network.forwardAll(inputs);
        result = {classMaps(views.features, network.classifierWeight()), views.logits};
    } else if (method == MapMethod::Rollout || method == MapMethod::Levels) {
        const torch::NoGradGuard noGradients;
        std::vector<torch::Tensor> attentions;
        result.logits = network.forwardAttentive(inputs, attentions).logits;
        const auto patches = attentionRollout(attentions).select(1, 0).slice(1, 1); // from the class token
        result.maps = method == MapMethod::Levels
                          ? network.patchLevelMaps(patches)
                          : network.patchMap(patches).unsqueeze(1).expand({-1, network.config().classes, -1, -1});
    } else {
        const torch::NoGradGuard noGradients;
        const PartViews parts = network.partViews(inputs, nameOf(method));
        result = {parts.maps, parts.logits};
    }
    return {result.maps.to(torch::kFloat32).cpu(), result.logits.to(torch::kFloat32).cpu()};
}

} // namespace mien
