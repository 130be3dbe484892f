#pragma once

#include "models/base/result.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace mien {

/// Entries of a zip archive by their names, the bytes where they lie in the file.
using ZipEntries = std::map<std::string, std::span<const std::byte>, std::less<>>;

bool isZip(std::span<const std::byte> file); ///< Whether it begins as one.

/// Reads the directory of an archive whose entries are all stored, not compressed, as PyTorch and numpy.savez write it.
///
/// The file is data and is distrusted: the directory at the end of the file and the header before each entry must agree
/// in name, size and CRC-32, the contents must have that CRC-32, no two entries share a byte, none reaches into the
/// directory. Refused are compression, encryption, several disks, a comment, more than 100,000 entries, names that
/// occur twice, are longer than 512 bytes, or lead out of a folder (absolute, "..", backslashes). Sizes may be those of
/// zip64.
///
/// Fails with Invalid; the message is a clause without file name.
Result<ZipEntries> storedZipEntries(std::span<const std::byte> file);

} // namespace mien
