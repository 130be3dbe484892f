#pragma once

#include "pipeline/video/ffmpeg_objects.h"

#include <cstddef>
#include <cstdint>

namespace mien {

/// Counts the bytes of the frames that a decoder holds, and gives it no more than `mostBytes`. Outlives all of them.
class FrameMemory
{
public:
    /// More than the sixteen frames that a 4K video may need, six of 8K.
    static constexpr std::size_t mostBytes = 320u << 20;

    /// The decoder takes its frames from here; to be called before it is opened.
    void serve(AVCodecContext &codec);

    bool hasRefused() const { return m_hasRefused; }

private:
    static int getBuffer(AVCodecContext *codec, AVFrame *frame, int flags);
    static void giveBack(void *memory, std::uint8_t *size);

    std::size_t m_held = 0;
    bool m_hasRefused = false;
};

} // namespace mien
