#include "models/backbones/ir50.h"

#include <string>
#include <utility>

namespace mien {
namespace {

torch::nn::PReLU prelu(int channels)
{
    return torch::nn::PReLU(torch::nn::PReLUOptions().num_parameters(channels));
}

/// A module that gives its children's names a prefix, and does nothing by itself.
std::shared_ptr<torch::nn::Module> group(torch::nn::Module &owner, const std::string &name)
{
    return owner.register_module(name, std::make_shared<torch::nn::Module>());
}

} // namespace

Ir50Unit::Ir50Unit(int in, int out, int stride)
    : m_stride(stride)
    , m_residual(group(*this, "res_layer"))
{
    m_norm = m_residual->register_module("0", torch::nn::BatchNorm2d(in));
    m_first = m_residual->register_module("1", PackableConv2d(sameSizeConvolution(in, out, 3)));
    m_activation = m_residual->register_module("2", prelu(out));
    m_second = NormalisedConvolution(*m_residual, "3", sameSizeConvolution(out, out, 3, stride), "4");
    if (in != out) {
        m_shortcut = group(*this, "shortcut_layer");
        m_projection = NormalisedConvolution(*m_shortcut, "0", sameSizeConvolution(in, out, 1, stride), "1");
    }
}

torch::Tensor Ir50Unit::forward(const torch::Tensor &x)
{
    torch::Tensor y = m_second(m_activation(m_first(m_norm(x))));
    if (m_projection)
        y += m_projection(x);
    else
        y += m_stride == 1 ? x : torch::max_pool2d(x, 1, m_stride);
    return y;
}

void Ir50Unit::foldNormalisation()
{
    m_second.fold(*m_residual);
    if (m_projection)
        m_projection.fold(*m_shortcut);
}

Ir50::Ir50(NetworkConfig config, const Ir50Layout &layout)
    : TrunkNetwork(std::move(config), "imagenet")
    , m_side(layout.side)
    , m_input(group(*this, "input_layer"))
{
    m_stem =
        NormalisedConvolution(*m_input, "0", sameSizeConvolution(this->config().channels, layout.stemWidth, 3), "1");
    m_activation = m_input->register_module("2", prelu(layout.stemWidth));
    int in = layout.stemWidth;
    for (std::size_t b = 0; b < m_bodies.size(); ++b) {
        const auto body = group(*this, "body" + std::to_string(b + 1));
        for (int u = 0; u < layout.units[b]; ++u) {
            m_bodies[b].push_back(body->register_module(
                std::to_string(u), std::make_shared<Ir50Unit>(in, layout.widths[b], u == 0 ? 2 : 1)));
            in = layout.widths[b];
        }
    }
    addClassifier(in);
    initialiseConvolutions(*this);
}

std::array<torch::Tensor, 3> Ir50::maps(torch::Tensor images)
{
    if (images.size(2) != m_side || images.size(3) != m_side)
        images = torch::upsample_nearest2d(images, {m_side, m_side});
    torch::Tensor x = m_activation(m_stem(images));
    std::array<torch::Tensor, 3> result;
    for (std::size_t b = 0; b < m_bodies.size(); ++b) {
        for (const auto &unit : m_bodies[b])
            x = unit->forward(x);
        result[b] = x;
    }
    return result;
}

void Ir50::foldNormalisation()
{
    m_stem.fold(*m_input);
    for (const auto &body : m_bodies)
        for (const auto &unit : body)
            unit->foldNormalisation();
}

} // namespace mien
