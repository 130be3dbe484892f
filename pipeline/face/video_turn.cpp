#include "pipeline/face/video_turn.h"

#include <optional>
#include <utility>
#include <vector>

namespace mien {

Result<int> turnOfVideo(const MediaRow &media, const Video &module, const FaceCutter &cutter, int mostSidePx)
{
    return media.turnDeg ? Result<int>(*media.turnDeg) : turnOfVideo(media.path, module, cutter, mostSidePx);
}

Result<int> turnOfVideo(const std::filesystem::path &file, const Video &module, const FaceCutter &cutter,
                        int mostSidePx)
{
    const auto reader = module.open(file);
    if (!reader)
        return fail(reader.error());
    std::vector<Picture> frames;
    std::optional<double> lastS;
    for (const double share : {0.25, 0.5, 0.75}) {
        const auto frame = (*reader)->at(share * (*reader)->facts().durationS);
        if (!frame)
            continue; // none there; what is wrong with the file is found when it is read
        if (lastS && frame->timeS == *lastS)
            continue; // a short video: one face seen three times is one face
        lastS = frame->timeS;
        auto picture = (*reader)->picture(mostSidePx);
        if (!picture)
            return fail(picture.error());
        picture->orientation = (*reader)->facts().orientation;
        frames.push_back(std::move(*picture));
    }
    return frames.empty() ? Result<int>(0) : cutter.turnOf(frames);
}

} // namespace mien
