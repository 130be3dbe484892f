#pragma once

#include "models/base/result.h"
#include "pipeline/imaging/imaging.h"

namespace mien {

/// What a new video is like.
struct VideoForm
{
    int widthPx = 0, heightPx = 0; ///< Even numbers, 16–4,096.
    int framesPerS = 25;           ///< 1–120
    int quality = 4;               ///< Of MPEG-4 part 2: 1 the best, 31 the smallest.
};

/// Writes one video without sound: MPEG-4 part 2 in a container of the mov family, by FFmpeg's own encoder. The same
/// frames give the same bytes. The file is there under its name once finish() succeeded, and gone where it was not
/// called. Used by one thread.
class VideoWriter
{
public:
    virtual ~VideoWriter() = default;

    /// The next frame, shown for 1 / framesPerS seconds.
    /// @param frame  3 channels, of the form's size
    /// Invalid: another size; NoSpace.
    virtual Result<> add(const Picture &frame) = 0;
    virtual Result<> finish() = 0; ///< NoSpace.
};

} // namespace mien
