#include "pipeline/video/packet_pictures.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mien {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// A field of an interlaced picture may be a packet of its own: only whole frames count.
class H264Packets final : public PacketPictures
{
public:
    static std::unique_ptr<PacketPictures> of(const AVCodecParameters &form)
    {
        auto made = std::make_unique<H264Packets>();
        made->m_codec.reset(avcodec_alloc_context3(nullptr));
        made->m_parser.reset(av_parser_init(AV_CODEC_ID_H264));
        if (!made->m_codec || !made->m_parser || avcodec_parameters_to_context(made->m_codec.get(), &form) < 0)
            return nullptr;
        made->m_parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
        return made;
    }

    bool isOne(const AVPacket &packet) override
    {
        std::uint8_t *parsed = nullptr;
        int bytes = 0;
        av_parser_parse2(m_parser.get(), m_codec.get(), &parsed, &bytes, packet.data, packet.size, packet.pts,
                         packet.dts, packet.pos);
        return m_parser->picture_structure == AV_PICTURE_STRUCTURE_FRAME;
    }

private:
    FfmpegOwner<AVCodecContext> m_codec; ///< The parser's own: it writes there what it learns.
    FfmpegOwner<AVCodecParserContext> m_parser;
};

/// ITU-T H.265, 7.3.1.2 and 7.3.6.1. A picture that is not referred to in its temporal layer may be referred to in a
/// higher one: only streams of one layer count.
class HevcPackets final : public PacketPictures
{
public:
    /// @param lengthBytes  of the size in front of a unit; 0: units begin behind 00 00 01
    explicit HevcPackets(std::size_t lengthBytes)
        : m_lengthBytes(lengthBytes)
    {
    }

    static std::unique_ptr<PacketPictures> of(const AVCodecParameters &form)
    {
        // ISO/IEC 14496-15, 8.3.3.1: version 1, lengthSizeMinusOne in byte 21.
        constexpr int lengthByte = 21;
        const bool hasLengths = form.extradata_size > lengthByte && form.extradata[0] == 1;
        return std::make_unique<HevcPackets>(hasLengths ? (form.extradata[lengthByte] & 3u) + 1 : 0);
    }

    bool isOne(const AVPacket &packet) override
    {
        Bytes rest(packet.data, std::size_t(packet.size));
        int pictures = 0;
        while (const auto unit = m_lengthBytes > 0 ? takeByLength(rest) : takeByStartCode(rest)) {
            if (!isHarmless(*unit))
                return false;
            pictures += isSlice(*unit) && isFirst(*unit);
        }
        return pictures == 1 && rest.empty();
    }

private:
    static constexpr std::size_t headBytes = 2;

    std::optional<Bytes> takeByLength(Bytes &rest) const
    {
        if (rest.size() < m_lengthBytes)
            return std::nullopt;
        std::size_t size = 0;
        for (std::size_t i = 0; i < m_lengthBytes; ++i)
            size = size << 8 | rest[i];
        if (size > rest.size() - m_lengthBytes)
            return std::nullopt;
        const Bytes unit = rest.subspan(m_lengthBytes, size);
        rest = rest.subspan(m_lengthBytes + size);
        return unit;
    }

    static std::optional<Bytes> takeByStartCode(Bytes &rest)
    {
        static constexpr std::array<std::uint8_t, 3> code{0, 0, 1};
        const auto begin = std::search(rest.begin(), rest.end(), code.begin(), code.end());
        if (begin == rest.end()) {
            rest = {};
            return std::nullopt;
        }
        const auto from = begin + std::ptrdiff_t(code.size());
        const auto end = std::search(from, rest.end(), code.begin(), code.end());
        const Bytes unit(from, end);
        rest = Bytes(end, rest.end());
        return unit;
    }

    static int typeOf(Bytes unit) { return unit[0] >> 1 & 0x3f; }
    static bool isSlice(Bytes unit) { return typeOf(unit) < 32; }
    static bool isFirst(Bytes unit) { return unit[headBytes] & 0x80; } ///< first_slice_segment_in_pic_flag

    static bool isHarmless(Bytes unit)
    {
        if (unit.size() <= headBytes)
            return false;
        const int layer = (unit[0] & 1) << 5 | unit[1] >> 3, temporalLayer = (unit[1] & 7) - 1;
        if (layer != 0 || temporalLayer != 0)
            return false;
        const int type = typeOf(unit);
        const bool isBrokenLink = type >= 16 && type <= 18, isKey = type >= 16 && type <= 23;
        const bool isEnd = type == 36 || type == 37; // of the sequence or the stream: leading pictures are dropped
        const bool dropsThoseBefore = isKey && (unit[headBytes] & 0x40); // no_output_of_prior_pics_flag
        return !isBrokenLink && !isEnd && !dropsThoseBefore;
    }

    std::size_t m_lengthBytes;
};

} // namespace

std::unique_ptr<PacketPictures> PacketPictures::of(const AVCodecParameters &form, const AVCodec &decoder)
{
    const std::string_view name = decoder.name; // of FFmpeg's own ones
    if (name == "h264")
        return H264Packets::of(form);
    return name == "hevc" ? HevcPackets::of(form) : nullptr;
}

} // namespace mien
