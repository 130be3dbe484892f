#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mien {

/// What the first bytes of a file say it is, whatever its name claims.
enum class ContentKind {
    Empty,
    LfsPointer, ///< Git LFS pointer: the real file was never downloaded.
    Html,       ///< A web page saved under the name of the data.
    Script,     ///< A program text ("#!…", "import …").
    Jpeg,
    Png,
    Bmp,
    Gif,
    Tiff,
    Webp,
    Pnm,
    Archive, ///< zip, gzip, tar, 7z, rar
    Xz,
    Text, ///< Printable, none of the above.
    Unknown,
};

/// @param head  at least the first 512 bytes, or the whole file when it is shorter
ContentKind contentKindOf(std::span<const std::uint8_t> head);

bool isPicture(ContentKind kind);

/// Whether the extension (without dot, any case) is one a picture of this kind usually has.
bool extensionFits(ContentKind kind, std::string_view extension);

/// For messages: "a Git LFS pointer (run `git lfs pull` to get the file itself)", "a web page (HTML)", "a PNG picture".
std::string describe(ContentKind kind);

} // namespace mien
