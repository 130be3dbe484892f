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
    /// Fills at most `into`; 0 at the end. Unreadable when the medium or the compression fails; Invalid when a
    /// compressed file ends too early.
    virtual Result<std::size_t> read(std::span<char> into) = 0;
    /// Bytes of the file consumed so far (compressed ones for .xz), for progress.
    virtual std::int64_t consumed() const = 0;
    /// Bytes that consumed() will have reached at the end; 0: not known.
    virtual std::int64_t size() const { return 0; }
};

/// Opens a plain or xz-compressed file, told apart by its first bytes. NotFound, Unreadable, or
/// Invalid for a pipe (refusePipe()).
Result<std::unique_ptr<ByteStream>> openByteStream(const std::filesystem::path &path);

/// A file that is read twice. What is unpacked the first time is kept in a nameless temporary file for the second, as
/// far as the disk has room for it; a plain file is opened again.
class TwiceRead
{
public:
    explicit TwiceRead(std::filesystem::path path)
        : m_path(std::move(path))
    {
    }
    TwiceRead(const TwiceRead &) = delete;
    TwiceRead &operator=(const TwiceRead &) = delete;
    ~TwiceRead();

    /// The first time; to be read to its end. It must not outlive this.
    Result<std::unique_ptr<ByteStream>> first();
    Result<std::unique_ptr<ByteStream>> second();

private:
    std::filesystem::path m_path;
    int m_kept = -1; ///< Descriptor of the unpacked copy.
};

/// The same bytes as UTF-8: a byte-order mark of UTF-16 decides, anything else passes unchanged. Unpaired surrogates
/// become U+FFFD.
Result<std::unique_ptr<ByteStream>> openTextStream(const std::filesystem::path &path);
std::unique_ptr<ByteStream> asUtf8(std::unique_ptr<ByteStream> bytes);

/// At most `count` bytes from the front, uncompressed: what a probe looks at. A compressed file that ends early gives
/// what there is of it: a head is still told from it. A medium that fails is an error, also after some bytes.
Result<std::string> headOf(const std::filesystem::path &path, std::size_t count);
/// The same of a table, as UTF-8.
Result<std::string> textHeadOf(const std::filesystem::path &path, std::size_t count);

/// The whole file, uncompressed and at most as many bytes as it has on disk: for pictures, which are read in one piece.
/// @param most  only so many bytes from its front
Result<std::vector<std::uint8_t>> wholeFile(const std::filesystem::path &path, std::size_t most = SIZE_MAX);

/// The path for a message: UTF-8, bytes that are none shown as \xNN.
std::string shown(const std::filesystem::path &path);

} // namespace mien
