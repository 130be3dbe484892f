#include "pipeline/import/clip_import.h"

#include "pipeline/import/file_facts.h"
#include "pipeline/import/progress_pace.h"
#include "pipeline/jobs/reading_mark.h"
#include "pipeline/video/media_probe.h"
#include "pipeline/video/video.h"

#include <cmath>

namespace mien {

namespace {

/// Size, orientation and duration of a video; or why it is none, as a problem.
bool readHead(const Video &video, const ClipEntry &entry, ClipItem &item, ItemSink &sink)
{
    const ReadingMark mark(entry.clip.sourceKey);
    const auto reader = video.open(entry.path);
    if (!reader) {
        sink.problem({videoProblem(entry.path, reader.error()), entry.clip.sourceKey, entry.clip.displaySource, 0,
                      reader.error().message});
        return false;
    }
    const VideoFacts &facts = (*reader)->facts();
    item.media.widthPx = facts.widthPx;
    item.media.heightPx = facts.heightPx;
    item.media.orientation = facts.orientation;
    if (facts.durationS > 0)
        item.clip.durationUs = std::llround(facts.durationS * 1e6);
    return true;
}

} // namespace

Result<> importClips(std::vector<ClipEntry> entries, ItemSink &sink, const Job &job)
{
    const Video *module = nullptr;
    if (!sink.isDryRun() && !entries.empty()) {
        const auto loaded = video();
        if (!loaded)
            return fail(loaded.error());
        module = *loaded;
    }
    ProgressPace pace(job);
    std::int64_t done = 0;
    for (const ClipEntry &entry : entries) {
        if (pace.stopped())
            return fail(ErrorCode::Cancelled, "The import was stopped; what was read so far is kept.");
        pace.report(++done, [&] { return std::int64_t(entries.size()); }, entry.clip.displaySource);
        if (sink.isLeftOut(entry.clip.sourceKey, entry.clip.displaySource))
            continue;
        ClipItem item{newMedia(entry.path, "video"), entry.clip, entry.className};
        item.media.subject = entry.clip.subject;
        const auto wanted = sink.wants(entry.clip.sourceKey);
        if (!wanted)
            return fail(wanted.error());
        if (!*wanted) {
            sink.storedClip(item);
            continue;
        }
        if (item.media.bytes == 0) {
            sink.problem({"ZERO_BYTE", entry.clip.sourceKey, entry.clip.displaySource, 0, "It is empty."});
            continue;
        }
        if (module && !readHead(*module, entry, item, sink))
            continue;
        if (const auto kept = sink.clip(item); !kept)
            return kept;
    }
    return {};
}

} // namespace mien
