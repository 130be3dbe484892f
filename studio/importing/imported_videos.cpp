#include "studio/importing/imported_videos.h"

#include "pipeline/store/clips.h"

namespace mien {

Result<std::vector<ImportedVideo>> importedVideos(const Project &project)
{
    const auto media = extractableMedia(project);
    if (!media)
        return fail(media.error());
    std::vector<ImportedVideo> searched, unsearched;
    for (const ExtractableMedia &one : *media) {
        if (one.sample)
            continue;
        const auto clip = clipOf(project, one.media.id);
        if (!clip)
            return fail(clip.error());
        if (clip->nativeSpace == "uta-rldd" && clip->nativeLabel == "5")
            continue;
        (one.settingsHash.empty() ? unsearched : searched)
            .push_back({QString::fromStdString(one.media.path.string()), QString::fromStdString(one.source),
                        clip->durationUs ? double(*clip->durationUs) / 1e6 : 0, one.media.id, one.media.turnDeg});
    }
    return unsearched.empty() ? searched : unsearched;
}

} // namespace mien
