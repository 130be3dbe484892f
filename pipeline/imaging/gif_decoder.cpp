#include "pipeline/imaging/gif_decoder.h"

#include <algorithm>
#include <array>
#include <optional>

namespace mien {

namespace {

using Colour = std::array<std::uint8_t, 3>;

Error damaged(const std::string &why)
{
    return {ErrorCode::Unreadable, "It is a damaged GIF picture (" + why + ")."};
}

/// Bytes from front to back; nothing behind the end.
class Bytes
{
public:
    explicit Bytes(std::span<const std::uint8_t> bytes)
        : m_bytes(bytes)
    {
    }

    std::optional<int> next() { return m_at < m_bytes.size() ? std::optional<int>(m_bytes[m_at++]) : std::nullopt; }
    std::optional<int> next16()
    {
        const auto low = next(), high = next();
        return low && high ? std::optional(*low | *high << 8) : std::nullopt;
    }
    void skip(std::size_t count) { m_at = std::min(m_bytes.size(), m_at + count); }

    /// Passes over the blocks up to and with the empty one.
    void skipBlocks()
    {
        while (const auto size = next()) {
            if (*size == 0)
                return;
            skip(std::size_t(*size));
        }
    }

    std::vector<Colour> colours(int count)
    {
        std::vector<Colour> table(std::size_t(count), Colour{});
        for (Colour &colour : table)
            for (std::uint8_t &part : colour)
                part = std::uint8_t(next().value_or(0));
        return table;
    }

private:
    std::span<const std::uint8_t> m_bytes;
    std::size_t m_at = 0;
};

/// Codes of growing width from the blocks of an image, lowest bit first.
class Codes
{
public:
    explicit Codes(Bytes &bytes)
        : m_bytes(bytes)
    {
    }

    std::optional<int> next(int width)
    {
        while (m_count < width) {
            if (m_left == 0) {
                const auto size = m_bytes.next();
                if (!size || *size == 0)
                    return std::nullopt;
                m_left = *size;
            }
            const auto byte = m_bytes.next();
            if (!byte)
                return std::nullopt;
            --m_left;
            m_bits |= std::uint32_t(*byte) << m_count;
            m_count += 8;
        }
        const int code = int(m_bits & ((1u << width) - 1));
        m_bits >>= width;
        m_count -= width;
        return code;
    }

private:
    Bytes &m_bytes;
    std::uint32_t m_bits = 0;
    int m_count = 0, m_left = 0;
};

/// Palette indexes of `count` pixels; fewer where the data end or make no sense.
std::vector<std::uint8_t> unpacked(Bytes &bytes, std::size_t count)
{
    constexpr int longest = 4096;
    std::vector<std::uint8_t> pixels;
    const auto minimum = bytes.next();
    if (!minimum || *minimum < 1 || *minimum > 11)
        return pixels;
    pixels.reserve(count);
    const int clear = 1 << *minimum, end = clear + 1;
    // A code is another one and one index behind it.
    std::array<std::uint16_t, longest> before{};
    std::array<std::uint8_t, longest> last{};
    std::array<std::uint8_t, longest> reversed{};
    int width = *minimum + 1, known = end + 1, previous = -1;
    std::uint8_t first = 0;
    Codes codes(bytes);
    while (pixels.size() < count) {
        const auto code = codes.next(width);
        if (!code || *code == end)
            break;
        if (*code == clear) {
            width = *minimum + 1;
            known = end + 1;
            previous = -1;
            continue;
        }
        if (*code > known || (previous < 0 && *code >= clear))
            break;
        int length = 0;
        int at = *code;
        if (at == known) { // the code that is being made: the previous one with its own first index behind it
            if (previous < 0)
                break;
            reversed[std::size_t(length++)] = first;
            at = previous;
        }
        while (at > end && length < longest - 1) {
            reversed[std::size_t(length++)] = last[std::size_t(at)];
            at = before[std::size_t(at)];
        }
        if (at >= clear)
            break;
        first = std::uint8_t(at);
        reversed[std::size_t(length++)] = first;
        while (length > 0 && pixels.size() < count)
            pixels.push_back(reversed[std::size_t(--length)]);
        if (previous >= 0 && known < longest) {
            before[std::size_t(known)] = std::uint16_t(previous);
            last[std::size_t(known)] = first;
            ++known;
            if (known == 1 << width && width < 12)
                ++width;
        }
        previous = *code;
    }
    return pixels;
}

/// Row of the frame that the n-th stored row belongs to.
std::vector<int> rowOrder(int height, bool isInterlaced)
{
    std::vector<int> rows;
    if (!isInterlaced) {
        for (int y = 0; y < height; ++y)
            rows.push_back(y);
        return rows;
    }
    for (const auto &[start, step] : {std::pair(0, 8), {4, 8}, {2, 4}, {1, 2}})
        for (int y = start; y < height; y += step)
            rows.push_back(y);
    return rows;
}

} // namespace

Result<Picture> decodeGif(std::span<const std::uint8_t> data)
{
    Bytes bytes(data);
    bytes.skip(6);
    const auto width = bytes.next16(), height = bytes.next16(), packed = bytes.next(), background = bytes.next();
    if (!width || !height || !packed || !background || *width == 0 || *height == 0)
        return fail(damaged("its header is cut off"));
    bytes.skip(1);
    std::vector<Colour> global;
    if (*packed & 0x80)
        global = bytes.colours(2 << (*packed & 7));

    int transparent = -1;
    while (const auto kind = bytes.next()) {
        if (*kind == 0x3b)
            break;
        if (*kind == 0x21) {
            const auto label = bytes.next();
            if (label && *label == 0xf9) { // graphic control: size, flags, delay, transparent index
                bytes.skip(1);
                const auto flags = bytes.next();
                bytes.skip(2);
                const auto index = bytes.next();
                if (flags && index && (*flags & 1))
                    transparent = *index;
            }
            bytes.skipBlocks();
            continue;
        }
        if (*kind != 0x2c)
            return fail(damaged("there is no frame where one should be"));

        const auto left = bytes.next16(), top = bytes.next16(), frameWidth = bytes.next16(),
                   frameHeight = bytes.next16(), flags = bytes.next();
        if (!left || !top || !frameWidth || !frameHeight || !flags || *frameWidth == 0 || *frameHeight == 0)
            return fail(damaged("its first frame is cut off"));
        const std::vector<Colour> palette = *flags & 0x80 ? bytes.colours(2 << (*flags & 7)) : global;
        if (palette.empty())
            return fail(damaged("it has no colours"));

        const auto behind = std::size_t(*background) < global.size() ? global[std::size_t(*background)] : Colour{};
        Picture picture;
        picture.widthPx = *width;
        picture.heightPx = *height;
        picture.channels = 3;
        picture.pixels.resize(std::size_t(*width) * std::size_t(*height) * 3);
        for (std::size_t i = 0; i < picture.pixels.size(); ++i)
            picture.pixels[i] = behind[i % 3];
        const std::vector<std::uint8_t> indexes = unpacked(bytes, std::size_t(*frameWidth) * std::size_t(*frameHeight));
        const std::vector<int> rows = rowOrder(*frameHeight, *flags & 0x40);
        int complete = 0;
        for (std::size_t i = 0; i < indexes.size(); ++i) {
            const int x = *left + int(i % std::size_t(*frameWidth)), y = *top + rows[i / std::size_t(*frameWidth)];
            complete = int((i + 1) / std::size_t(*frameWidth));
            if (x >= *width || y >= *height || int(indexes[i]) == transparent || indexes[i] >= palette.size())
                continue;
            std::copy(palette[indexes[i]].begin(), palette[indexes[i]].end(),
                      picture.pixels.begin() + 3 * (std::ptrdiff_t(y) * *width + x));
        }
        if (complete == 0)
            return fail(damaged("it ends before its first row"));
        picture.truncated = complete < *frameHeight;
        picture.decodedRows = picture.truncated ? int(std::int64_t(complete) * *height / *frameHeight) : *height;
        return picture;
    }
    return fail(damaged("it holds no frame"));
}

} // namespace mien
