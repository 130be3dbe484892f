#pragma once

#include "models/base/result.h"
#include "models/io/stored_zip.h"
#include "models/io/torch_state.h"

#include <memory>
#include <string>

namespace mien {

/// Reads a state dictionary that PyTorch 1.6 and later wrote (`models.md` 0.8): a zip archive of stored entries
/// `<root>/data.pkl`, which describes the tensors, and `<root>/data/<key>`, their storages; `<root>/byteorder`, where
/// there is one, says "little". The pickle is distrusted as in legacy_torch_file.h; each storage has exactly the bytes
/// that it says. A TorchScript program (`<root>/constants.pkl`, `<root>/code/…`) is refused.
///
/// @param entries  of the archive
/// @param name     begins the messages
/// @param owner    of the bytes, or null where the caller keeps them as long as the result
/// Fails with Invalid and the reason in words.
Result<TorchState> parseTorchZipFile(const ZipEntries &entries, const std::string &name,
                                     std::shared_ptr<const void> owner = {});

} // namespace mien
