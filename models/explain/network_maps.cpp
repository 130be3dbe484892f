#include "models/explain/network_maps.h"

#include "models/explain/attention_rollout.h"
#include "models/explain/class_attention.h"

#include <algorithm>

namespace mien {
namespace {

NetworkMaps gradientMaps(Network &network, const NetworkInput &inputs, MapMethod method)
{
    const torch::AutoGradMode gradients(true);
    // Frozen trunks have a gradient this way.
    const auto views = network.forwardAll({inputs.images.detach().requires_grad_(), inputs.landmarks});
    const auto features = views.features.detach();
    std::vector<torch::Tensor> maps;
    for (std::int64_t k = 0; k < views.logits.size(1); ++k) {
        const auto gradient = torch::autograd::grad({views.logits.select(1, k).sum()}, {views.features}, {},
                                                    /*retain_graph=*/true)[0];
        maps.push_back(method == MapMethod::GradCam ? gradCam(features, gradient)
                                                    : gradCamPlusPlus(features, gradient));
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
    for (const MapMethod method : {MapMethod::Heads, MapMethod::Queries})
        if (network.partMaps().kind == nameOf(method))
            methods.push_back(method);
    return methods;
}

Result<MapMethod> mapMethodNamed(const Network &network, std::string_view name)
{
    const auto methods = mapMethods(network);
    if (name == "attention" && !methods.empty())
        return methods.front();
    std::string known;
    for (const MapMethod method : methods) {
        if (nameOf(method) == name)
            return method;
        known += (known.empty() ? "" : ", ") + nameOf(method);
    }
    return fail(ErrorCode::Invalid, "network " + network.config().name + " has no maps of kind \"" + std::string(name) +
                                        "\"; possible are " + (known.empty() ? "none" : known));
}

NetworkMaps networkMaps(Network &network, const NetworkInput &inputs, MapMethod method)
{
    NetworkMaps result;
    if (method == MapMethod::GradCam || method == MapMethod::GradCamPlusPlus) {
        result = gradientMaps(network, inputs, method);
    } else {
        const torch::NoGradGuard noGradients;
        const auto views = network.forwardAll(inputs);
        result.logits = views.logits;
        if (method == MapMethod::Cam) {
            result.maps = classMaps(views.features, network.classifierWeight());
        } else if (method == MapMethod::Heads || method == MapMethod::Queries) {
            result.maps = network.partMaps(views);
        } else {
            const auto rollout = attentionRollout(network.attentions(inputs));
            const auto map = network.patchMap(rollout.select(1, 0).slice(1, 1));
            result.maps = map.unsqueeze(1).expand({-1, network.config().classes, -1, -1});
        }
    }
    return {result.maps.to(torch::kFloat32).cpu(), result.logits.to(torch::kFloat32).cpu()};
}

} // namespace mien
