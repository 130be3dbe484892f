#include "pipeline/video/frame_memory.h"

#include <cstring>

namespace mien {

void FrameMemory::serve(AVCodecContext &codec)
{
    codec.opaque = this;
    codec.get_buffer2 = getBuffer;
}

int FrameMemory::getBuffer(AVCodecContext *codec, AVFrame *frame, int flags)
{
    auto *const memory = static_cast<FrameMemory *>(codec->opaque);
    const int bytes = av_image_get_buffer_size(AVPixelFormat(frame->format), frame->width, frame->height, 32);
    if (bytes < 0)
        return bytes;
    if (memory->m_held + std::size_t(bytes) > mostBytes) {
        memory->m_hasRefused = true;
        return AVERROR(ENOMEM);
    }
    if (const int got = avcodec_default_get_buffer2(codec, frame, flags); got < 0)
        return got;
    // A note that goes with the frame into every reference to it, and is freed with the last one.
    auto *const size = new std::uint8_t[sizeof(std::size_t)];
    const auto held = std::size_t(bytes);
    std::memcpy(size, &held, sizeof held);
    frame->opaque_ref = av_buffer_create(size, sizeof held, giveBack, memory, 0);
    if (!frame->opaque_ref) {
        delete[] size;
        av_frame_unref(frame);
        return AVERROR(ENOMEM);
    }
    memory->m_held += held;
    return 0;
}

void FrameMemory::giveBack(void *memory, std::uint8_t *size)
{
    std::size_t held = 0;
    std::memcpy(&held, size, sizeof held);
    static_cast<FrameMemory *>(memory)->m_held -= held;
    delete[] size;
}

} // namespace mien
