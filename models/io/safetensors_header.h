#pragma once

#include "models/io/safetensors.h"

namespace mien {

/// What the JSON header of a safetensors file says, checked against itself and against the size of the data.
struct SafetensorsHeader
{
    struct Entry
    {
        std::string name;
        DType dtype = DType::F32;
        std::vector<std::int64_t> shape;
        std::uint64_t begin = 0; ///< Byte offsets in the data that follows the header.
        std::uint64_t end = 0;
    };
    std::vector<Entry> entries; ///< Sorted by name, names unique.
    std::map<std::string, std::string> metadata;
};

/// @param text      the JSON header
/// @param dataSize  bytes that follow it in the file
/// Fails with Invalid; the message is a clause without file name, e.g. "tensor \"a\" overlaps \"b\"".
Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view text, std::uint64_t dataSize);

/// Whether header and size of a file fit each other, without reading the tensors. Fails as SafetensorsFile::open().
Result<> checkSafetensors(const std::filesystem::path &path);

} // namespace mien
