#pragma once

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

namespace mien {

/// All parameters and buffers of a module by their names.
inline std::map<std::string, torch::Tensor> namedState(const torch::nn::Module &module)
{
    std::map<std::string, torch::Tensor> result;
    for (const auto &item : module.named_parameters())
        result[item.key()] = item.value();
    for (const auto &item : module.named_buffers())
        result[item.key()] = item.value();
    return result;
}

/// "a, b, c and 5 more": names for a message.
inline std::string firstThree(const std::vector<std::string> &names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 3; ++i)
        text += (i ? ", " : "") + names[i];
    return names.size() > 3 ? text + " and " + std::to_string(names.size() - 3) + " more" : text;
}

} // namespace mien
