#pragma once

#include "models/base/result.h"
#include "pipeline/imaging/imaging.h"
#include "pipeline/video/frame_choice.h"
#include "pipeline/video/video_loss.h"
#include "pipeline/video/video_writer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace mien {

/// What the file says about its first video stream, before anything is decoded.
struct VideoFacts
{
    std::string container;         ///< FFmpeg's name of the demuxer, e.g. "mov,mp4,m4a,3gp,3g2,mj2".
    std::string codec;             ///< e.g. "h264"
    int widthPx = 0, heightPx = 0; ///< As stored.
    int orientation = 1;           ///< What turns it upright, as EXIF numbers it: 1–8 (imaging.h, upright()).
    double durationS = 0;          ///< 0: not known.
    double framesPerS = 0;         ///< Average; 0: not known. A frame's time never comes from it.
};

/// When a decoded frame is shown.
struct VideoFrame
{
    std::int64_t pts = 0;   ///< In units of the stream's time base; may be negative, is not shifted to 0.
    double timeS = 0;       ///< The same in seconds.
    bool isDamaged = false; ///< The decoder filled in what the data did not hold.
};

/// The frames of one video in the order in which they are shown, found by decoding forward: no frame is reached by its
/// number. Used by one thread at a time.
class VideoReader
{
public:
    virtual ~VideoReader() = default;

    virtual const VideoFacts &facts() const = 0;

    /// Decodes the next frame that choice() takes; empty at the end. A frame that cannot be decoded costs the rest of
    /// its group up to the next key frame, which loss() counts. Fails with Internal when memory runs out, with
    /// Cancelled where it is asked to stop on the way.
    virtual Result<std::optional<VideoFrame>> next(const std::stop_token &stop = {}) = 0;

    /// From here on next() goes on behind the newest frame and gives only those that `choice` takes: others are not
    /// decoded where no frame refers to them and their packets tell surely when they are shown. Those that are given,
    /// and what choice() was asked for, are as if all had been decoded; what a damaged file lacks may be filled in
    /// otherwise. Holds up to at() or rewind(); a second call before that has all decoded again.
    virtual void choose(const FrameChoice &choice) = 0;

    /// Asked for all frames up to the newest, or to the end where next() has come there.
    virtual const FrameChoice &choice() const = 0;

    /// The frame that is on the screen at `timeS`: the newest that is not later (by more than half a microsecond), or
    /// the first one of the file. Goes to a key frame before it and decodes from there where that is shorter. next()
    /// then gives the frame behind it, whatever was chosen before. Where frames lost their times there is none to find.
    /// NotFound: the file has none.
    virtual Result<VideoFrame> at(double timeS) = 0;

    /// Back to before the first frame: next() gives that one again. Unreadable: the file is gone or was changed.
    virtual Result<> rewind() = 0;

    /// The newest frame, as stored (not rotated), 3 channels. `mostSidePx` > 0 shrinks so that no side is longer.
    /// Colours follow the stream's own matrix and range, BT.601 and limited range where it names none.
    virtual Result<Picture> picture(int mostSidePx = 0) const = 0;

    /// The newest frame's luma plane at full range, 1 channel.
    virtual Result<Picture> luma() const = 0;

    /// The newest frame as JPEG, upright, 4:2:0 from its own planes: no colour conversion where none is needed.
    /// @param quality  1–100
    virtual Result<std::vector<std::uint8_t>> jpeg(int quality) = 0;

    /// Of everything decoded so far. Damage to frames that were not decoded is not noticed.
    virtual const VideoLoss &loss() const = 0;
};

/// FFmpeg's libraries, in a module of their own (lib/libmien-video.so) that is loaded at first use. Thread-safe.
class Video
{
public:
    virtual ~Video() = default;

    /// Only containers of known kinds are opened, only from the file itself, and no frame of more than 40 Mpx or
    /// 20,000 px a side, and none of which a decoder holds more than 320 MB at a time. Decodes on one thread: who has
    /// many files opens several. NotFound; Unreadable: the message says what the file is instead, or that it holds no
    /// video.
    virtual Result<std::unique_ptr<VideoReader>> open(const std::filesystem::path &file) const = 0;

    /// A new video; a file of that name is replaced. Invalid: a form that is out of range; NoSpace: it cannot be made.
    virtual Result<std::unique_ptr<VideoWriter>> create(const std::filesystem::path &file,
                                                        const VideoForm &form) const = 0;
};

/// Loads the module on the first call; fails with NotFound when it is missing.
Result<const Video *> video();

} // namespace mien

extern "C" const mien::Video *mienVideo();
