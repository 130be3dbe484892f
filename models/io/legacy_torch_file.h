#pragma once

#include "models/base/result.h"
#include "models/io/torch_state.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace mien {

/// Reads a state dictionary that PyTorch before 1.6 wrote (`models.md` 7.7): five pickles, then the raw storages.
///
/// The file is data and is distrusted. Of pickle only the opcodes are read that such a dictionary needs; of globals
/// only collections.OrderedDict, torch._utils._rebuild_tensor_v2 and _rebuild_parameter, and the classes of storages of
/// the types of `DType`, and they name what is built, nothing is called. Whatever else stands in the file ends the
/// reading with its name. Offsets and strides are honoured and may not reach outside their storage, a tensor may not
/// have more values than its storage, and all tensors together not more than four times what the file holds: memory
/// stays within a few times the file's size.
///
/// @param file   the bytes; values that lie there in order are not copied
/// @param name   begins the messages
/// @param owner  of the bytes, or null where the caller keeps them as long as the result
/// Fails with Invalid and the reason in words.
Result<TorchState> parseLegacyTorchFile(std::span<const std::byte> file, const std::string &name,
                                        std::shared_ptr<const void> owner = {});

} // namespace mien
