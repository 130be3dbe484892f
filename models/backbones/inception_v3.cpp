#include "models/backbones/inception_v3.h"

#include <utility>

namespace mien {
namespace {

using Pool = InceptionBlock::Pool;
using Step = InceptionBlock::Step;

constexpr NormSettings kNorm{.eps = 1e-3};
constexpr double kDropout = 0.5;
constexpr double kAuxiliaryWeight = 0.4; // as torchvision trains it

torch::Tensor pooled(const torch::Tensor &x, Pool pool)
{
    switch (pool) {
    case Pool::Average: return torch::avg_pool2d(x, 3, 1, 1);
    case Pool::Max: return torch::max_pool2d(x, 3, 2);
    case Pool::None: break;
    }
    return x;
}

} // namespace

InceptionConvolution::InceptionConvolution(torch::nn::Conv2dOptions options)
    : m_convolution(*this, "conv", std::move(options), "bn", kNorm)
{
}

torch::Tensor InceptionConvolution::forward(const torch::Tensor &x)
{
    return m_convolution(x).relu_();
}

std::shared_ptr<InceptionConvolution> InceptionBlock::addStep(const Step &step, int in)
{
    auto options = torch::nn::Conv2dOptions(in, step.width, {step.rows, step.columns}).stride(step.stride);
    if (step.stride == 1)
        options.padding({step.rows / 2, step.columns / 2});
    return register_module(step.name, std::make_shared<InceptionConvolution>(options));
}

void InceptionBlock::addBranch(Pool pool, const std::vector<Step> &steps, const std::vector<Step> &ends)
{
    Branch branch{.pool = pool, .steps = {}, .ends = {}};
    int width = m_in;
    for (const Step &step : steps) {
        branch.steps.push_back(addStep(step, width));
        width = step.width;
    }
    int out = ends.empty() ? width : 0;
    for (const Step &end : ends) {
        branch.ends.push_back(addStep(end, width));
        out += end.width;
    }
    m_out += out;
    m_branches.push_back(std::move(branch));
}

torch::Tensor InceptionBlock::forward(const torch::Tensor &x)
{
    std::vector<torch::Tensor> parts;
    for (const Branch &branch : m_branches) {
        auto y = pooled(x, branch.pool);
        for (const auto &step : branch.steps)
            y = step->forward(y);
        if (branch.ends.empty())
            parts.push_back(y);
        for (const auto &end : branch.ends)
            parts.push_back(end->forward(y));
    }
    return torch::cat(parts, 1);
}

InceptionV3::InceptionV3(NetworkConfig config, const InceptionV3Layout &layout)
    : TrunkNetwork(std::move(config), "pm1")
    , m_secondStemPool(layout.secondStemPool)
{
    const auto w = [&](int width) { return width / layout.widthDivisor; };
    int in = this->config().channels;
    const auto stem = [&](const char *name, int width, int kernel, int stride, int padding) {
        m_stem.push_back(
            register_module(name, std::make_shared<InceptionConvolution>(
                                      torch::nn::Conv2dOptions(in, w(width), kernel).stride(stride).padding(padding))));
        in = w(width);
    };
    stem("Conv2d_1a_3x3", 32, 3, 2, 0);
    stem("Conv2d_2a_3x3", 32, 3, 1, 0);
    stem("Conv2d_2b_3x3", 64, 3, 1, 1);
    stem("Conv2d_3b_1x1", 80, 1, 1, 0);
    stem("Conv2d_4a_3x3", 192, 3, 1, 0);

    const auto block = [&](auto &half, const std::string &name, auto addBranches) {
        const auto made = std::make_shared<InceptionBlock>(in);
        addBranches(*made);
        half.push_back(register_module(name, made));
        in = made->outChannels();
    };
    for (const auto &[name, poolWidth] :
         {std::pair("Mixed_5b", 32), std::pair("Mixed_5c", 64), std::pair("Mixed_5d", 64)})
        block(m_first, name, [&, poolWidth = poolWidth](InceptionBlock &b) {
            b.addBranch(Pool::None, {{"branch1x1", w(64)}});
            b.addBranch(Pool::None, {{"branch5x5_1", w(48)}, {"branch5x5_2", w(64), 5, 5}});
            b.addBranch(Pool::None,
                        {{"branch3x3dbl_1", w(64)}, {"branch3x3dbl_2", w(96), 3, 3}, {"branch3x3dbl_3", w(96), 3, 3}});
            b.addBranch(Pool::Average, {{"branch_pool", w(poolWidth)}});
        });
    block(m_first, "Mixed_6a", [&](InceptionBlock &b) {
        b.addBranch(Pool::None, {{"branch3x3", w(384), 3, 3, 2}});
        b.addBranch(Pool::None,
                    {{"branch3x3dbl_1", w(64)}, {"branch3x3dbl_2", w(96), 3, 3}, {"branch3x3dbl_3", w(96), 3, 3, 2}});
        b.addBranch(Pool::Max, {});
    });
    for (const auto &[name, inner] : {std::pair("Mixed_6b", 128), std::pair("Mixed_6c", 160),
                                      std::pair("Mixed_6d", 160), std::pair("Mixed_6e", 192)})
        block(m_first, name, [&, inner = inner](InceptionBlock &b) {
            b.addBranch(Pool::None, {{"branch1x1", w(192)}});
            b.addBranch(Pool::None,
                        {{"branch7x7_1", w(inner)}, {"branch7x7_2", w(inner), 1, 7}, {"branch7x7_3", w(192), 7, 1}});
            b.addBranch(Pool::None, {{"branch7x7dbl_1", w(inner)},
                                     {"branch7x7dbl_2", w(inner), 7, 1},
                                     {"branch7x7dbl_3", w(inner), 1, 7},
                                     {"branch7x7dbl_4", w(inner), 7, 1},
                                     {"branch7x7dbl_5", w(192), 1, 7}});
            b.addBranch(Pool::Average, {{"branch_pool", w(192)}});
        });
    if (layout.auxiliaryClassifier && this->config().classes > 0) {
        const auto auxiliary = register_module("AuxLogits", std::make_shared<torch::nn::Module>());
        m_auxiliary = {auxiliary->register_module(
                           "conv0", std::make_shared<InceptionConvolution>(torch::nn::Conv2dOptions(in, w(128), 1))),
                       auxiliary->register_module("conv1", std::make_shared<InceptionConvolution>(
                                                               torch::nn::Conv2dOptions(w(128), w(768), 5)))};
        m_auxiliaryClassifier = auxiliary->register_module("fc", torch::nn::Linear(w(768), this->config().classes));
    }
    block(m_second, "Mixed_7a", [&](InceptionBlock &b) {
        b.addBranch(Pool::None, {{"branch3x3_1", w(192)}, {"branch3x3_2", w(320), 3, 3, 2}});
        b.addBranch(Pool::None, {{"branch7x7x3_1", w(192)},
                                 {"branch7x7x3_2", w(192), 1, 7},
                                 {"branch7x7x3_3", w(192), 7, 1},
                                 {"branch7x7x3_4", w(192), 3, 3, 2}});
        b.addBranch(Pool::Max, {});
    });
    for (const char *name : {"Mixed_7b", "Mixed_7c"})
        block(m_second, name, [&](InceptionBlock &b) {
            b.addBranch(Pool::None, {{"branch1x1", w(320)}});
            b.addBranch(Pool::None, {{"branch3x3_1", w(384)}},
                        {{"branch3x3_2a", w(384), 1, 3}, {"branch3x3_2b", w(384), 3, 1}});
            b.addBranch(Pool::None, {{"branch3x3dbl_1", w(448)}, {"branch3x3dbl_2", w(384), 3, 3}},
                        {{"branch3x3dbl_3a", w(384), 1, 3}, {"branch3x3dbl_3b", w(384), 3, 1}});
            b.addBranch(Pool::Average, {{"branch_pool", w(192)}});
        });
    addClassifier(in, "fc", kDropout);
    initialiseConvolutions(*this);
}

torch::Tensor InceptionV3::firstHalf(torch::Tensor x)
{
    for (std::size_t i = 0; i < m_stem.size(); ++i) {
        x = m_stem[i]->forward(x);
        const bool last = i + 1 == m_stem.size();
        if (i == 2 || (last && m_secondStemPool))
            x = torch::max_pool2d(x, 3, 2);
    }
    for (const auto &block : m_first)
        x = block->forward(x);
    return x;
}

torch::Tensor InceptionV3::secondHalf(torch::Tensor x)
{
    for (const auto &block : m_second)
        x = block->forward(x);
    return x;
}

torch::Tensor InceptionV3::auxiliaryLogits(const torch::Tensor &middle)
{
    auto x = torch::avg_pool2d(middle, 5, 3);
    for (const auto &convolution : m_auxiliary)
        x = convolution->forward(x);
    return m_auxiliaryClassifier(x.mean({2, 3}));
}

NetworkViews InceptionV3::forwardAll(NetworkInput faces)
{
    const auto middle = firstHalf(std::move(faces.images));
    NetworkViews views = viewsOf(secondHalf(middle));
    if (m_auxiliaryClassifier && is_training())
        views.parts["auxiliary"] = auxiliaryLogits(middle);
    return views;
}

torch::Tensor InceptionV3::loss(const NetworkViews &views, const torch::Tensor &labels, const LossSettings &settings)
{
    const auto loss = Network::loss(views, labels, settings);
    const auto auxiliary = views.parts.find("auxiliary");
    if (auxiliary == views.parts.end())
        return loss;
    LossSettings classification = settings;
    classification.lambda = 0; // it has no maps
    NetworkViews halfway;
    halfway.logits = auxiliary->second;
    return loss + kAuxiliaryWeight * Network::loss(halfway, labels, classification);
}

void InceptionV3::foldNormalisation()
{
    for (const auto &part : modules(/*include_self=*/false))
        if (auto *convolution = part->as<InceptionConvolution>())
            convolution->foldNormalisation();
}

} // namespace mien
