#pragma once

#include "models/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// One tensor of a state dictionary, its values copied out in row-major order whatever its strides were.
struct NamedTensor
{
    std::string name;
    std::vector<std::int64_t> shape; ///< Empty: a scalar.
    std::vector<float> values;
};

/// Reads a state dictionary that PyTorch before 1.6 wrote (`models.md` 7.7): five pickles, then the raw storages.
///
/// The file is data and is distrusted. Of pickle only the opcodes are read that such a dictionary needs; of globals
/// only collections.OrderedDict, torch._utils._rebuild_tensor_v2 and torch.FloatStorage, and they name what is built,
/// nothing is called. Whatever else stands in the file ends the reading with its name. Offsets and strides are honoured
/// and may not reach outside their storage, a tensor may not have more values than its storage, and all tensors
/// together not more than four times what the file holds: memory stays within a few times the file's size.
///
/// @return tensors in the order of the file, names unique
/// Fails with NotFound, Unreadable, or Invalid with the reason in words (larger than 4 GB, cut off, …).
Result<std::vector<NamedTensor>> readLegacyTorchFile(const std::filesystem::path &path);

/// The same from bytes in memory; `name` begins the messages.
Result<std::vector<NamedTensor>> parseLegacyTorchFile(std::span<const std::byte> file, const std::string &name);

} // namespace mien
