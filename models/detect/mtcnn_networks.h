#pragma once

#include "models/detect/mtcnn_weights.h"

#include <torch/torch.h>

namespace mien {

/// The three networks of MTCNN (`models.md` 7.2) with the names of the published weights. Convolutions are valid, pools
/// use ceil mode, activations are PReLU with a slope a channel, and class 1 of the softmax is "face". They are
/// evaluated only, and take pictures of the preset `mtcnn`: (u - 127.5) / 128.
///
/// Source: Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks", IEEE
/// Signal Processing Letters 23(10), 2016.

/// What a network says of a picture. The trailing dimensions h, w are there for PNet only.
struct FaceViews
{
    torch::Tensor probability; ///< [N, 2(, h, w)]: no face, face; sums to 1.
    torch::Tensor regression;  ///< [N, 4(, h, w)]: x1, y1, x2, y2 as shares of the box's width and height.
    torch::Tensor landmarks;   ///< [N, 10]: five x, then five y as shares of the box; undefined but for ONet.
};

/// Proposes: looks at every window of 12 pixels, two pixels apart. 6,632 parameters.
class PNet : public torch::nn::Module
{
public:
    PNet();

    /// @param x  [N, 3, H, W], H and W at least 12; gives maps of ceil((H - 2) / 2) - 4 by ceil((W - 2) / 2) - 4
    /// @throws c10::Error when the picture is smaller: a bug of the caller
    FaceViews forward(torch::Tensor x);

    torch::nn::Conv2d conv1, conv2, conv3, conv4_1, conv4_2;
    torch::nn::PReLU prelu1, prelu2, prelu3;
};

/// Refines. 100,178 parameters.
class RNet : public torch::nn::Module
{
public:
    RNet();

    /// @param x  [N, 3, 24, 24]
    FaceViews forward(torch::Tensor x);

    torch::nn::Conv2d conv1, conv2, conv3;
    torch::nn::Linear dense4, dense5_1, dense5_2;
    torch::nn::PReLU prelu1, prelu2, prelu3, prelu4;
};

/// Decides, and finds the landmarks. 389,040 parameters.
class ONet : public torch::nn::Module
{
public:
    ONet();

    /// @param x  [N, 3, 48, 48]
    FaceViews forward(torch::Tensor x);

    torch::nn::Conv2d conv1, conv2, conv3, conv4;
    torch::nn::Linear dense5, dense6_1, dense6_2, dense6_3;
    torch::nn::PReLU prelu1, prelu2, prelu3, prelu4, prelu5;
};

/// Copies weights that are complete (checkWeights()) into the network of their stage.
/// @throws c10::Error where one is missing or has another shape: a bug of the caller
void setWeights(torch::nn::Module &network, const WeightMap &weights);

} // namespace mien
