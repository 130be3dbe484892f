#include "models/train/face_scorer.h"

#include "models/train/row_block.h"

#include <utility>

namespace mien {

namespace {

constexpr std::int64_t kBlock = 32; // on a CPU as fast as any larger one: what it computes stays in the cache

} // namespace

FaceScorer::FaceScorer(std::shared_ptr<Network> network, InputTransform transform, torch::Device device)
    : m_network(std::move(network))
    , m_transform(std::move(transform))
    , m_device(device)
{
    m_network->to(device);
    m_network->eval();
}

torch::Tensor FaceScorer::inputs(const TrainingPack &pack, std::span<const std::int64_t> rows) const
{
    const auto &preprocessing = m_transform.preprocessing();
    torch::Tensor result =
        torch::empty({std::int64_t(rows.size()), preprocessing.channels, preprocessing.side, preprocessing.side});
    for (std::size_t i = 0; i < rows.size(); ++i)
        m_transform.normalise(m_transform.resized(pack.pixels(std::size_t(rows[i]))),
                              {result.data_ptr<float>() + i * m_transform.inputSize(), m_transform.inputSize()});
    return result;
}

torch::Tensor FaceScorer::input(std::span<const std::uint8_t> crop) const
{
    const auto &preprocessing = m_transform.preprocessing();
    torch::Tensor result = torch::empty({1, preprocessing.channels, preprocessing.side, preprocessing.side});
    m_transform.normalise(m_transform.resized(crop), {result.data_ptr<float>(), m_transform.inputSize()});
    return result;
}

FaceScorer::View FaceScorer::evaluate(const torch::Tensor &inputs, bool maps)
{
    if (!m_device.is_cpu())
        return evaluateAtOnce(inputs, maps);
    std::vector<torch::Tensor> logits, probabilities, pooled, classMaps;
    for (std::int64_t first = 0; first < inputs.size(0); first += kBlock) {
        const View block = evaluateAtOnce(rowBlock(inputs, first, kBlock), maps);
        logits.push_back(block.logits);
        probabilities.push_back(block.probabilities);
        pooled.push_back(block.pooled);
        classMaps.push_back(block.maps);
    }
    const auto joined = [&](const std::vector<torch::Tensor> &blocks) { return joinedBlocks(blocks, inputs.size(0)); };
    const bool mapped = !classMaps.empty() && classMaps.front().defined();
    return {joined(probabilities), joined(logits), joined(pooled), mapped ? joined(classMaps) : torch::Tensor()};
}

FaceScorer::View FaceScorer::evaluateAtOnce(const torch::Tensor &inputs, bool maps)
{
    const c10::InferenceMode noGradients;
    const NetworkViews views = m_network->forwardAll(inputs.to(m_device).contiguous(at::MemoryFormat::ChannelsLast));
    View result;
    result.logits = views.logits.to(torch::kFloat32).cpu();
    result.probabilities = torch::softmax(result.logits, 1);
    result.pooled = views.pooled.to(torch::kFloat32).cpu();
    if (maps && m_network->classifierWeight().defined())
        result.maps = classMaps(views.features, m_network->classifierWeight()).to(torch::kFloat32).cpu();
    return result;
}

torch::Tensor bothViewsProbabilities(FaceScorer &scorer, const torch::Tensor &inputs)
{
    const auto view = scorer.evaluate(inputs).probabilities;
    return 0.5 * (view + scorer.evaluate(inputs.flip(-1)).probabilities);
}

} // namespace mien
