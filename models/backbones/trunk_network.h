#pragma once

#include "models/networks/network.h"

#include <string>

namespace mien {

/// A trunk as a network by itself: its last map, the mean of that over space and, where classes are asked for, one
/// linear layer on the mean.
class TrunkNetwork : public Network
{
public:
    NetworkViews forwardAll(NetworkInput faces) override;
    torch::Tensor classifierWeight() const override;

protected:
    using Network::Network;

    virtual torch::Tensor lastMap(torch::Tensor images) = 0; ///< [N, C, h, w]

    NetworkViews viewsOf(torch::Tensor lastMap);

    /// The linear layer, where the configuration has classes.
    /// @param width    channels of the last map
    /// @param dropout  before it, while training
    void addClassifier(int width, const std::string &name = "fc", double dropout = 0);

private:
    double m_dropout = 0;
    torch::nn::Linear m_classifier{nullptr};
};

} // namespace mien
