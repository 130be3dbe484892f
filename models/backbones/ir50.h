#pragma once

#include "models/backbones/normalised_convolution.h"
#include "models/backbones/trunk_network.h"

#include <array>
#include <memory>
#include <vector>

namespace mien {

struct Ir50Layout
{
    int side = 112; ///< Pictures are brought to this many pixels first, by their nearest pixels.
    int stemWidth = 64;
    std::array<int, 3> widths{64, 128, 256}; ///< Of `body1`, `body2`, `body3`; each halves the map.
    std::array<int, 3> units{3, 4, 14};
};

/// One unit of IR-50 (`models.md` 1.6): normalisation, 3x3, PReLU, 3x3 (stride), normalisation, plus the shortcut;
/// nothing after the sum.
class Ir50Unit : public torch::nn::Module
{
public:
    Ir50Unit(int in, int out, int stride);
    torch::Tensor forward(const torch::Tensor &x);
    void foldNormalisation();

private:
    int m_stride;
    std::shared_ptr<torch::nn::Module> m_residual, m_shortcut; ///< Names `res_layer`, `shortcut_layer`.
    torch::nn::BatchNorm2d m_norm{nullptr};
    PackableConv2d m_first{nullptr};
    torch::nn::PReLU m_activation{nullptr};
    NormalisedConvolution m_second, m_projection;
};

/// Face recognition trunk of POSTER and ARBEx (`models.md` 1.6): names `input_layer body1 body2 body3` of its published
/// files. 17,611,968 parameters without `fc`; the files' `output_layer` has no part in it.
/// Initialised as 0.5 says for convolutions; PReLU 0.25.
class Ir50 : public TrunkNetwork
{
public:
    explicit Ir50(NetworkConfig config, const Ir50Layout &layout = {});

    /// Output of the three bodies: [N, 64, s/2, s/2], [N, 128, s/4, s/4], [N, 256, s/8, s/8] for layout.side s.
    /// @param images  [N, 3, H, W]
    std::array<torch::Tensor, 3> maps(torch::Tensor images);

    void foldNormalisation() override;

protected:
    torch::Tensor lastMap(torch::Tensor images) override { return maps(std::move(images)).back(); }

private:
    int m_side;
    std::shared_ptr<torch::nn::Module> m_input; ///< Name `input_layer`.
    NormalisedConvolution m_stem;
    torch::nn::PReLU m_activation{nullptr};
    std::array<std::vector<std::shared_ptr<Ir50Unit>>, 3> m_bodies;
};

} // namespace mien
