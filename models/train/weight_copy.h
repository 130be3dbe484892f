#pragma once

#include "models/base/result.h"
#include "models/io/safetensors.h"
#include "models/networks/network.h"

#include <torch/torch.h>

#include <string>
#include <vector>

namespace mien {

/// A copy of a network's weights and buffers beside those that are trained.
class WeightCopy
{
public:
    explicit WeightCopy(const Network &network);

    void take(const Network &network); ///< Copies the network's.
    /// Exponential moving average: own = decay * own + (1 - decay) * the network's; counters are copied.
    void follow(const Network &network, double decay);
    void give(Network &network) const; ///< The network gets these.
    void swap(Network &network);       ///< Each gets the other's; twice changes nothing.

    void store(SafetensorsWriter &writer, const std::string &prefix) const;
    /// Fails with Invalid where the file holds those of another network.
    Result<> restore(const SafetensorsFile &file, const std::string &prefix);

private:
    std::vector<std::string> m_names;
    std::vector<torch::Tensor> m_values;
};

} // namespace mien
