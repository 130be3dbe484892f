#include "pipeline/face/video_turn.h"

#include <utility>
#include <vector>

namespace mien {

Result<int> turnOfVideo(const std::filesystem::path &file, const Video &module, const FaceCutter &cutter)
{
    const auto reader = module.open(file);
    if (!reader)
        return fail(reader.error());
    std::vector<Picture> frames;
    for (const double share : {0.25, 0.5, 0.75}) {
        const auto frame = (*reader)->at(share * (*reader)->facts().durationS);
        if (!frame)
            continue; // none there; what is wrong with the file is found when it is read
        auto picture = (*reader)->picture();
        if (!picture)
            return fail(picture.error());
        picture->orientation = (*reader)->facts().orientation;
        frames.push_back(std::move(*picture));
    }
    return frames.empty() ? Result<int>(0) : cutter.turnOf(frames);
}

} // namespace mien
