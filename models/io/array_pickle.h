#pragma once

#include "models/base/result.h"
#include "models/io/torch_state.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace mien {

/// True for what pickle of protocol 2 wrote and no PyTorch: one pickle that fills the whole file.
bool isArrayPickle(std::span<const std::byte> file);

/// Reads a dictionary of NumPy arrays that Python pickled with protocol 2, as the weights of VGGFace2 are published
/// (`models.md` 1.1): names to arrays, from Python 2 or 3.
///
/// The file is data and is distrusted: of pickle only the opcodes are read that such a dictionary needs, of globals
/// only those that NumPy describes an array by, and nothing is called. Arrays of Python objects, of texts and of the
/// other byte order are refused; an array has exactly the bytes that its shape needs. Either order of axes becomes
/// row-major. Entries that are no arrays are skipped.
///
/// @param file   the bytes; values that lie there in order are not copied
/// @param name   begins the messages
/// @param owner  of the bytes, or null where the caller keeps them as long as the result
/// Fails with Invalid and the reason in words.
Result<TorchState> parseArrayPickle(std::span<const std::byte> file, const std::string &name,
                                    std::shared_ptr<const void> owner = {});

} // namespace mien
