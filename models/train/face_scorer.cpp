#include "models/train/face_scorer.h"

#include "models/train/row_block.h"

#include <algorithm>
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

NetworkInput FaceScorer::emptyInput(std::size_t faces) const
{
    const auto &preprocessing = m_transform.preprocessing();
    const auto count = std::int64_t(faces);
    return {torch::empty({count, preprocessing.channels, preprocessing.side, preprocessing.side}),
            m_network->usesLandmarks() ? torch::empty({count, 5, 2}) : torch::Tensor()};
}

void FaceScorer::place(std::span<const std::uint8_t> crop, const FaceLandmarks &landmarks, NetworkInput &into,
                       std::size_t at) const
{
    m_transform.normalise(m_transform.resized(crop),
                          {into.images.data_ptr<float>() + at * m_transform.inputSize(), m_transform.inputSize()});
    if (!into.landmarks.defined())
        return;
    const FaceLandmarks points = m_transform.resized(landmarks);
    std::copy(points.begin(), points.end(), into.landmarks.data_ptr<float>() + at * points.size());
}

NetworkInput FaceScorer::inputs(const TrainingPack &pack, std::span<const std::int64_t> rows) const
{
    NetworkInput result = emptyInput(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        place(pack.pixels(std::size_t(rows[i])), pack.landmarks(std::size_t(rows[i])), result, i);
    return result;
}

NetworkInput FaceScorer::input(std::span<const std::uint8_t> crop, const FaceLandmarks &landmarks) const
{
    NetworkInput result = emptyInput(1);
    place(crop, landmarks, result, 0);
    return result;
}

FaceScorer::View FaceScorer::evaluate(const NetworkInput &inputs, bool maps)
{
    if (!m_device.is_cpu())
        return evaluateAtOnce(inputs, maps);
    const auto count = inputs.images.size(0);
    std::vector<torch::Tensor> logits, probabilities, pooled, classMaps;
    for (std::int64_t first = 0; first < count; first += kBlock) {
        const View block =
            evaluateAtOnce(inputs.with([&](const torch::Tensor &all) { return rowBlock(all, first, kBlock); }), maps);
        logits.push_back(block.logits);
        probabilities.push_back(block.probabilities);
        pooled.push_back(block.pooled);
        classMaps.push_back(block.maps);
    }
    const auto joined = [&](const std::vector<torch::Tensor> &blocks) { return joinedBlocks(blocks, count); };
    const bool mapped = !classMaps.empty() && classMaps.front().defined();
    return {joined(probabilities), joined(logits), joined(pooled), mapped ? joined(classMaps) : torch::Tensor()};
}

FaceScorer::View FaceScorer::evaluateAtOnce(const NetworkInput &inputs, bool maps)
{
    const c10::InferenceMode noGradients;
    NetworkInput faces = inputs.with([&](const torch::Tensor &part) { return part.to(m_device); });
    faces.images = faces.images.contiguous(at::MemoryFormat::ChannelsLast);
    const bool mapped = maps && m_network->classifierWeight().defined();
    const NetworkViews views =
        mapped ? m_network->forwardAll(std::move(faces)) : m_network->forwardPooled(std::move(faces));
    View result;
    result.logits = views.logits.to(torch::kFloat32).cpu();
    result.probabilities = torch::softmax(result.logits, 1);
    result.pooled = views.pooled.to(torch::kFloat32).cpu();
    if (mapped)
        result.maps = classMaps(views.features, m_network->classifierWeight()).to(torch::kFloat32).cpu();
    return result;
}

torch::Tensor bothViewsProbabilities(FaceScorer &scorer, const NetworkInput &inputs)
{
    const auto view = scorer.evaluate(inputs).probabilities;
    return 0.5 * (view + scorer.evaluate(mirrored(inputs)).probabilities);
}

} // namespace mien
