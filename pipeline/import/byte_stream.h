#pragma once

#include "models/base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mien {

/// Bytes of a file from front to back, in pieces: memory stays bounded whatever its size.
class ByteStream
{
public:
    virtual ~ByteStream() = default;
    /// Fills at most `into`; 0 at the end. Unreadable when the medium or the compression fails.
    virtual Result<std::size_t> read(std::span<char> into) = 0;
    /// Bytes of the file consumed so far (compressed ones for .xz), for progress.
    virtual std::int64_t consumed() const = 0;
};

/// Opens a plain or xz-compressed file, told apart by its first bytes. NotFound or Unreadable.
Result<std::unique_ptr<ByteStream>> openByteStream(const std::filesystem::path &path);

/// At most `count` bytes from the front, uncompressed: what a probe looks at.
Result<std::string> headOf(const std::filesystem::path &path, std::size_t count);

/// The whole file, uncompressed and at most as many bytes as it has on disk: for pictures, which are read in one piece.
Result<std::vector<std::uint8_t>> wholeFile(const std::filesystem::path &path);

/// The path for a message: UTF-8, bytes that are none shown as \xNN.
std::string shown(const std::filesystem::path &path);

} // namespace mien
