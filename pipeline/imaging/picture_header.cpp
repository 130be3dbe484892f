#include "pipeline/imaging/picture_header.h"

#include <cctype>
#include <optional>
#include <string>

namespace mien {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// Reads numbers at checked offsets; outside the data everything is absent.
class Cursor
{
public:
    Cursor(Bytes bytes, bool bigEndian)
        : m_bytes(bytes)
        , m_bigEndian(bigEndian)
    {
    }

    std::optional<std::uint32_t> u16(std::size_t at) const { return number(at, 2); }
    std::optional<std::uint32_t> u32(std::size_t at) const { return number(at, 4); }

private:
    std::optional<std::uint32_t> number(std::size_t at, int count) const
    {
        if (at > m_bytes.size() || m_bytes.size() - at < std::size_t(count))
            return std::nullopt;
        std::uint32_t value = 0;
        for (int i = 0; i < count; ++i)
            value |= std::uint32_t(m_bytes[at + std::size_t(i)]) << (8 * (m_bigEndian ? count - 1 - i : i));
        return value;
    }

    Bytes m_bytes;
    bool m_bigEndian;
};

struct Size
{
    std::int64_t width = 0, height = 0;
    int orientation = 1;
    bool isAnimated = false;
};

/// First image directory of TIFF data, which is also the form of an EXIF block.
std::optional<Size> tiffDirectory(Bytes tiff)
{
    if (tiff.size() < 8)
        return std::nullopt;
    const bool bigEndian = tiff[0] == 'M';
    const Cursor in(tiff, bigEndian);
    const auto start = in.u32(4);
    const auto count = start ? in.u16(*start) : std::nullopt;
    if (!count)
        return std::nullopt;
    Size size;
    for (std::uint32_t i = 0; i < *count; ++i) {
        const std::size_t entry = std::size_t(*start) + 2 + 12 * std::size_t(i);
        const auto tag = in.u16(entry), type = in.u16(entry + 2);
        if (!tag || !type)
            return std::nullopt;
        const auto value = *type == 3 ? in.u16(entry + 8) : in.u32(entry + 8);
        if (!value)
            return std::nullopt;
        if (*tag == 256)
            size.width = *value;
        else if (*tag == 257)
            size.height = *value;
        else if (*tag == 274 && *value >= 1 && *value <= 8)
            size.orientation = int(*value);
    }
    return size;
}

std::optional<Size> jpegSize(Bytes bytes)
{
    const Cursor in(bytes, true);
    Size size;
    std::size_t at = 2;
    while (at + 4 <= bytes.size()) {
        if (bytes[at] != 0xff) { // junk between segments is skipped, as decoders do
            ++at;
            continue;
        }
        const std::uint8_t marker = bytes[at + 1];
        if (marker == 0xff || marker == 0x00 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
            at += marker == 0xff ? 1 : 2;
            continue;
        }
        const auto length = in.u16(at + 2);
        if (!length || *length < 2)
            return std::nullopt;
        const bool isFrame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (isFrame) {
            const auto height = in.u16(at + 5), width = in.u16(at + 7);
            if (!height || !width)
                return std::nullopt;
            size.width = *width;
            size.height = *height;
            return size;
        }
        if (marker == 0xe1 && at + 4 + 6 < bytes.size() && *length >= 8 && bytes[at + 4] == 'E' &&
            bytes[at + 5] == 'x' && bytes[at + 6] == 'i' && bytes[at + 7] == 'f') {
            const std::size_t from = at + 10;
            const std::size_t size2 = std::min<std::size_t>(*length - 8, bytes.size() - from);
            if (const auto exif = tiffDirectory(bytes.subspan(from, size2)))
                size.orientation = exif->orientation;
        }
        if (marker == 0xda || marker == 0xd9)
            return std::nullopt;
        at += 2 + *length;
    }
    return std::nullopt;
}

std::optional<Size> pngSize(Bytes bytes)
{
    const Cursor in(bytes, true);
    const auto width = in.u32(16), height = in.u32(20);
    if (!width || !height)
        return std::nullopt;
    Size size{std::int64_t(*width), std::int64_t(*height), 1};
    for (std::size_t at = 8; at + 12 <= bytes.size();) {
        const auto length = in.u32(at), kind = in.u32(at + 4);
        if (!length || !kind || *kind == 0x49444154) // IDAT: eXIf comes before it or is not worth the search
            break;
        if (*kind == 0x6163544c) // acTL: the number of pictures
            size.isAnimated = in.u32(at + 8).value_or(0) > 1;
        if (*kind == 0x65584966 && at + 8 + *length <= bytes.size()) {
            if (const auto exif = tiffDirectory(bytes.subspan(at + 8, *length)))
                size.orientation = exif->orientation;
        }
        at += 12 + std::size_t(*length);
    }
    return size;
}

std::optional<Size> bmpSize(Bytes bytes)
{
    const Cursor in(bytes, false);
    if (bytes.size() > 14 && bytes[14] == 12) {
        const auto width = in.u16(18), height = in.u16(20);
        return width && height ? std::optional(Size{std::int64_t(*width), std::int64_t(*height), 1}) : std::nullopt;
    }
    const auto width = in.u32(18), height = in.u32(22);
    if (!width || !height)
        return std::nullopt;
    const std::int64_t rows = std::int32_t(*height); // negative: stored from the top
    return Size{std::int64_t(std::int32_t(*width)), rows < 0 ? -rows : rows, 1};
}

/// Whether a second picture follows the first one; a loop tells so where the bytes end before that.
bool isAnimatedGif(Bytes bytes)
{
    const auto coloursOf = [](unsigned packed) { return packed & 0x80 ? std::size_t(3) << ((packed & 7) + 1) : 0; };
    const auto behindBlocks = [&](std::size_t at) {
        while (at < bytes.size() && bytes[at] != 0)
            at += 1 + std::size_t(bytes[at]);
        return at + 1;
    };
    bool hasLoop = false, hasPicture = false;
    for (std::size_t at = bytes.size() > 13 ? 13 + coloursOf(bytes[10]) : bytes.size(); at < bytes.size();) {
        if (bytes[at] == 0x21 && at + 1 < bytes.size()) { // an extension
            constexpr std::string_view loop = "NETSCAPE2.0";
            hasLoop = hasLoop || (bytes[at + 1] == 0xff && at + 3 + loop.size() <= bytes.size() &&
                                  std::equal(loop.begin(), loop.end(), bytes.begin() + std::ptrdiff_t(at) + 3));
            at = behindBlocks(at + 2);
        } else if (bytes[at] == 0x2c) { // a picture
            if (hasPicture)
                return true;
            hasPicture = true;
            if (at + 10 >= bytes.size())
                return hasLoop;
            at = behindBlocks(at + 11 + coloursOf(bytes[at + 9]));
        } else {
            return false;
        }
    }
    return hasLoop;
}

std::optional<Size> gifSize(Bytes bytes)
{
    const Cursor in(bytes, false);
    const auto width = in.u16(6), height = in.u16(8);
    if (!width || !height)
        return std::nullopt;
    return Size{std::int64_t(*width), std::int64_t(*height), 1, isAnimatedGif(bytes)};
}

std::optional<Size> webpSize(Bytes bytes)
{
    if (bytes.size() < 30)
        return std::nullopt;
    const Cursor in(bytes, false);
    const auto u24 = [&](std::size_t at) {
        return std::int64_t(bytes[at]) | std::int64_t(bytes[at + 1]) << 8 | std::int64_t(bytes[at + 2]) << 16;
    };
    switch (bytes[15]) {
    case ' ': return Size{std::int64_t(*in.u16(26) & 0x3fff), std::int64_t(*in.u16(28) & 0x3fff), 1};
    case 'L': {
        const std::uint32_t bits = *in.u32(21);
        return Size{std::int64_t(bits & 0x3fff) + 1, std::int64_t((bits >> 14) & 0x3fff) + 1, 1};
    }
    case 'X': return Size{u24(24) + 1, u24(27) + 1, 1, (bytes[20] & 0x02) != 0};
    default: return std::nullopt;
    }
}

std::optional<Size> pnmSize(Bytes bytes)
{
    std::size_t at = 2;
    const auto number = [&]() -> std::optional<std::int64_t> {
        while (at < bytes.size() && (std::isspace(bytes[at]) || bytes[at] == '#')) {
            if (bytes[at] == '#')
                while (at < bytes.size() && bytes[at] != '\n')
                    ++at;
            else
                ++at;
        }
        std::int64_t value = 0;
        int digits = 0;
        for (; at < bytes.size() && std::isdigit(bytes[at]) && digits < 9; ++at, ++digits)
            value = value * 10 + (bytes[at] - '0');
        return digits > 0 ? std::optional(value) : std::nullopt;
    };
    const auto width = number();
    const auto height = width ? number() : std::nullopt;
    return height ? std::optional(Size{*width, *height, 1}) : std::nullopt;
}

} // namespace

Result<PictureHeader> pictureHeader(std::span<const std::uint8_t> bytes)
{
    const ContentKind kind = contentKindOf(bytes);
    if (!isPicture(kind))
        return fail(ErrorCode::Unreadable, "It is " + describe(kind) + ".");
    std::optional<Size> size;
    switch (kind) {
    case ContentKind::Jpeg: size = jpegSize(bytes); break;
    case ContentKind::Png: size = pngSize(bytes); break;
    case ContentKind::Bmp: size = bmpSize(bytes); break;
    case ContentKind::Gif: size = gifSize(bytes); break;
    case ContentKind::Tiff: size = tiffDirectory(bytes); break;
    case ContentKind::Webp: size = webpSize(bytes); break;
    default: size = pnmSize(bytes); break;
    }
    if (!size)
        return fail(ErrorCode::Unreadable, "Its header is cut off or damaged, or its size is no number that a picture "
                                           "has (it begins like " +
                                               describe(kind) + "). Copy it again from where it came from.");
    if (size->width <= 0 || size->height <= 0)
        return fail(ErrorCode::Unreadable, "Its header says " + std::to_string(size->width) + " x " +
                                               std::to_string(size->height) +
                                               " pixels. Copy it again from where it came from.");
    if (size->width > maxPictureSidePx || size->height > maxPictureSidePx ||
        size->width * size->height > maxPicturePixels)
        return fail(ErrorCode::Unreadable,
                    "Its header says " + std::to_string(size->width) + " x " + std::to_string(size->height) +
                        " pixels; more than 20000 a side or 100 million in all is not read. Scale it down.");
    return PictureHeader{kind, int(size->width), int(size->height), size->orientation, size->isAnimated};
}

} // namespace mien
