#include "models/networks/network.h"

#include "models/backbones/vision_transformer.h"
#include "models/detect/mtcnn_catalogue.h"
#include "models/losses/cross_entropy.h"
#include "models/losses/eac.h"
#include "models/networks/arbex.h"
#include "models/networks/convolution_trunks.h"
#include "models/networks/crossvit.h"
#include "models/networks/dan.h"
#include "models/networks/face_trunks.h"
#include "models/networks/fine_tuned_networks.h"
#include "models/networks/landmark_query.h"
#include "models/networks/masked_autoencoder.h"
#include "models/networks/native_cnns.h"
#include "models/networks/network_plan.h"
#include "models/networks/poster.h"
#include "models/networks/residual_networks.h"
#include "models/networks/skip_initialisation.h"

#include <algorithm>
#include <cmath>

namespace mien {
namespace {

const std::vector<NetworkPlan> &plans()
{
    static const std::vector<NetworkPlan> all = [] {
        std::vector<NetworkPlan> result;
        for (const auto &family :
             {residualNetworkPlans(), danPlans(), arbexPlans(), posterPlans(), maskedAutoencoderPlans(),
              crossVitPlans(), landmarkQueryPlans(), nativeCnnPlans(), fineTunedNetworkPlans(), residualTrunkPlans(),
              convolutionTrunkPlans(), visionTransformerPlans(), faceTrunkPlans()})
            result.insert(result.end(), family.begin(), family.end());
        return result;
    }();
    return all;
}

Result<const NetworkPlan *> planNamed(const std::string &name)
{
    for (const NetworkPlan &plan : plans())
        if (plan.name == name)
            return &plan;
    if (detectorStage(name))
        return fail(ErrorCode::Invalid, name + " is part of the face detector: it is used as published, not trained.");
    std::string known;
    for (const NetworkPlan &plan : plans())
        known += (known.empty() ? "" : ", ") + plan.name;
    for (const std::string &detector : detectorNames())
        known += ", " + detector;
    return fail(ErrorCode::Invalid, "There is no network \"" + name + "\"; there are: " + known + ".");
}

Result<NetworkConfig> completed(const NetworkPlan &plan, NetworkConfig config)
{
    if (config.channels == 0)
        config.channels = plan.channels.front();
    if (std::find(plan.channels.begin(), plan.channels.end(), config.channels) == plan.channels.end())
        return fail(ErrorCode::Invalid, "Network " + plan.name + " does not take pictures of " +
                                            std::to_string(config.channels) + " channels.");
    if (config.classes < 0 || config.classes > 100'000)
        return fail(ErrorCode::Invalid, "A network cannot have " + std::to_string(config.classes) + " classes.");
    auto options = completeOptions(plan.options, config.options, plan.name);
    if (!options)
        return fail(options.error());
    config.options = std::move(*options);
    const SideRange sides = plan.sides(config.options);
    if (config.side == 0)
        config.side = sides.standard;
    if (config.side < sides.least || config.side > sides.most || config.side % sides.step != 0)
        return fail(ErrorCode::Invalid, "Network " + plan.name + " takes faces of " + sides.text() + ", not " +
                                            std::to_string(config.side) + ".");
    return config;
}

std::vector<torch::Tensor> withGradient(const torch::nn::Module &module)
{
    std::vector<torch::Tensor> result;
    for (const auto &parameter : module.parameters())
        if (parameter.requires_grad())
            result.push_back(parameter);
    return result;
}

std::int64_t numbers(const std::vector<torch::Tensor> &tensors)
{
    std::int64_t sum = 0;
    for (const auto &tensor : tensors)
        sum += tensor.numel();
    return sum;
}

nlohmann::json describe(const NetworkPlan &plan, const Network &network)
{
    std::vector<torch::Tensor> statistics;
    for (const auto &buffer : network.named_buffers())
        if (buffer.key().ends_with("running_mean") || buffer.key().ends_with("running_var"))
            statistics.push_back(buffer.value());
    auto options = nlohmann::json::array();
    for (const NetworkOption &option : plan.options)
        options.push_back(option.row());
    const NetworkConfig &config = network.config();
    return {{"network", plan.name},
            {"kind", plan.kind},
            {"title", plan.title},
            {"good_for", plan.goodFor},
            {"needs", plan.needs},
            {"weights", plan.weights},
            {"source", plan.source},
            {"classes", config.classes},
            {"input", {config.channels, config.side, config.side}},
            {"normalisation", network.normalisation()},
            {"landmarks", network.usesLandmarks()},
            {"parameters", numbers(network.parameters())},
            {"trainable", numbers(withGradient(network))},
            {"buffers", numbers(statistics)},
            {"settings", config.options},
            {"options", options}};
}

} // namespace

torch::Tensor LossSettings::targetsOr(const torch::Tensor &labels, bool bothViews) const
{
    const auto &given = targets.defined() ? targets : labels;
    return bothViews ? torch::cat({given, given}) : given;
}

torch::Tensor Network::patchMap(const torch::Tensor &patches) const
{
    const auto side = std::int64_t(std::lround(std::sqrt(double(patches.size(1)))));
    return patches.unflatten(1, {side, side});
}

NetworkViews Network::forwardAttentive(NetworkInput faces, std::vector<torch::Tensor> &weights)
{
    weights = attentions(faces);
    return forwardPooled(std::move(faces));
}

torch::Tensor Network::patchLevelMaps(const torch::Tensor &patches) const
{
    return patchMap(patches).unsqueeze(1);
}

PartViews Network::partViews(NetworkInput, const std::string &kind)
{
    TORCH_CHECK(false, "network ", m_config.name, " has no maps of kind ", kind);
}

std::vector<torch::Tensor> Network::trainedParameters() const
{
    auto result = withGradient(*this);
    if (m_lossState)
        for (const auto &parameter : withGradient(*m_lossState))
            result.push_back(parameter);
    return result;
}

NetworkViews Network::forwardTraining(NetworkInput faces, std::int64_t, const LossSettings &)
{
    return forwardAll(std::move(faces));
}

torch::Tensor Network::loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings)
{
    const auto size = labels.size(0);
    const bool paired = views.logits.size(0) > size;
    const bool both = paired && settings.classifyBoth;
    const auto logits = (both ? views.logits : views.logits.narrow(0, 0, size)).to(torch::kFloat32);
    auto loss = crossEntropy(logits, settings.targetsOr(labels, both), settings.classWeights, settings.weighting,
                             settings.labelSmoothing);
    if (paired && settings.lambda > 0) {
        const auto weight = classifierWeight().detach(); // the consistency trains only the trunk
        const auto maps = classMaps(views.features.to(torch::kFloat32), weight);
        loss = loss + settings.lambda * flipConsistencyLoss(maps.narrow(0, 0, size), maps.narrow(0, size, size));
    }
    return loss;
}

torch::Tensor classMaps(const torch::Tensor &features, const torch::Tensor &weight)
{
    return torch::matmul(weight, features.flatten(2)).unflatten(2, {features.size(2), features.size(3)});
}

Result<std::shared_ptr<Network>> makeNetwork(const NetworkConfig &config)
{
    const auto plan = planNamed(config.name);
    if (!plan)
        return fail(plan.error());
    const auto complete = completed(**plan, config);
    if (!complete)
        return fail(complete.error());
    return (*plan)->build(*complete);
}

std::vector<std::string> networkNames()
{
    std::vector<std::string> names;
    for (const NetworkPlan &plan : plans())
        names.push_back(plan.name);
    return names;
}

Result<nlohmann::json> describeNetwork(const NetworkConfig &config)
{
    if (const auto stage = detectorStage(config.name)) {
        if (const auto options = completeOptions({}, config.options, config.name); !options)
            return fail(options.error());
        return detectorRow(*stage);
    }
    const auto plan = planNamed(config.name);
    if (!plan)
        return fail(plan.error());
    const SkipInitialisation countedOnly;
    const auto network = makeNetwork(config);
    if (!network)
        return fail(network.error());
    return describe(**plan, **network);
}

std::vector<nlohmann::json> networkCatalogue()
{
    std::vector<nlohmann::json> rows;
    for (const NetworkPlan &plan : plans())
        rows.push_back(*describeNetwork({.name = plan.name, .classes = plan.classes}));
    for (const MtcnnStage stage : allMtcnnStages)
        rows.push_back(detectorRow(stage));
    return rows;
}

} // namespace mien
