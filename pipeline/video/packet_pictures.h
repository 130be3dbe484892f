#pragma once

#include "pipeline/video/ffmpeg_objects.h"

#include <memory>

namespace mien {

/// Tells of a coded packet whether it is one picture that the decoder shows, and that it may leave out where no other
/// picture refers to it (AVDISCARD_NONREF) without a trace. Reads the heads of the packet, not its pixels.
///
/// Known of H.264 and HEVC alone. Of the others, MPEG-4 part 2 has packets that show nothing, VP8 and VP9 pictures that
/// are not shown, and MPEG-2 fields, which only their decoders know.
class PacketPictures
{
public:
    virtual ~PacketPictures() = default;

    /// Null where nothing is known of the codec or of its decoder.
    static std::unique_ptr<PacketPictures> of(const AVCodecParameters &form, const AVCodec &decoder);

    /// Called for each packet of the stream, in decoding order.
    virtual bool isOne(const AVPacket &packet) = 0;
};

} // namespace mien
